import { connect } from 'node:net';

/** What a native-protocol port said. `starting`: it answers, but the superuser role is not there yet. */
export type NativeAnswer = 'ready' | 'starting' | 'silent';

const opcodes = { startup: 0x01, ready: 0x02, authenticate: 0x03, authResponse: 0x0f, authSuccess: 0x10 };

/**
 * Asks a native-protocol port (v4) whether it takes clients: STARTUP must be answered with READY. A server that
 * wants a login is ready once its default superuser can log in, or, where that password was changed, once it refuses.
 */
export function probeNative(host: string, port: number, options: { freshData: boolean }): Promise<NativeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    let loginTried = false;
    const end = (answer: NativeAnswer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => end('silent'));
    socket.once('error', () => end('silent'));
    socket.once('close', () => end('silent'));
    socket.once('connect', () => socket.write(frame(opcodes.startup, stringMap({ CQL_VERSION: '3.0.0' }))));
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      if (received.length < 9 || received.length < 9 + received.readInt32BE(5)) return;
      const opcode = received[4];
      received = received.subarray(9 + received.readInt32BE(5));
      if (opcode === opcodes.ready || opcode === opcodes.authSuccess) end('ready');
      else if (opcode === opcodes.authenticate) {
        loginTried = true;
        socket.write(frame(opcodes.authResponse, bytes('\0cassandra\0cassandra')));
      } else end(loginTried && !options.freshData ? 'ready' : 'starting');
    });
  });
}

function frame(opcode: number, body: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header[0] = 4;
  header[4] = opcode;
  header.writeInt32BE(body.length, 5);
  return Buffer.concat([header, body]);
}

function stringMap(entries: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(entries).flatMap(([name, value]) => [shortString(name), shortString(value)]);
  return Buffer.concat([uint16(parts.length / 2), ...parts]);
}

function shortString(text: string): Buffer {
  const encoded = Buffer.from(text, 'utf8');
  return Buffer.concat([uint16(encoded.length), encoded]);
}

function bytes(text: string): Buffer {
  const encoded = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeInt32BE(encoded.length);
  return Buffer.concat([length, encoded]);
}

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}
