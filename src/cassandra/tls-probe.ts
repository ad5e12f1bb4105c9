import { connect } from 'node:tls';

const probeTimeoutMs = 2_000;

/** Whether a port answers a TLS handshake, however that ends: nobody is trusted, and nothing is sent. */
export function speaksTls({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: probeTimeoutMs });
    const end = (speaks: boolean): void => {
      socket.destroy();
      resolve(speaks);
    };
    socket.once('secureConnect', () => end(true));
    // A server that wants a certificate of ours says so in TLS.
    socket.once('error', (error: NodeJS.ErrnoException) => end(/^ERR_SSL_.*ALERT/.test(error.code ?? '')));
    socket.once('timeout', () => end(false));
    socket.once('end', () => end(false));
  });
}
