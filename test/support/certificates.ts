import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/devcluster/processes.ts';

/** An authority of a test's own, and a server's certificate that it has signed. PEM files, and the server's PKCS #12 store. */
export interface Certificates {
  readonly authority: string;
  /** An authority that has signed nothing here. */
  readonly stranger: string;
  readonly keystore: string;
  readonly keystorePassword: string;
}

/** Makes them with OpenSSL, for a server that is known by this one name. */
export async function certificatesFor(name: string, folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true });
  const openssl = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run('openssl', args, { cwd: folder });
    if (code !== 0) throw new Error(`openssl ${args.join(' ')} failed; is OpenSSL installed? ${stderr}`);
  };
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  for (const one of ['authority', 'stranger'])
    await openssl(
      'req',
      '-x509',
      ...key,
      '-days',
      '2',
      '-subj',
      `/CN=${one}`,
      '-keyout',
      `${one}.key`,
      '-out',
      `${one}.pem`,
    );
  await writeFile(join(folder, 'names'), `subjectAltName=DNS:${name}\n`);
  await openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', 'node.key', '-out', 'node.csr');
  const signer = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'node.csr', ...signer, '-days', '2', '-out', 'node.pem');
  const keystorePassword = 'k3ystore-secret';
  const into = ['-out', 'node.p12', '-passout', `pass:${keystorePassword}`];
  await openssl('pkcs12', '-export', '-in', 'node.pem', '-inkey', 'node.key', ...into);
  const file = (one: string): string => join(folder, one);
  return {
    authority: file('authority.pem'),
    stranger: file('stranger.pem'),
    keystore: file('node.p12'),
    keystorePassword,
  };
}
