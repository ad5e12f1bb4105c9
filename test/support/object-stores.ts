import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder } from '../../src/devcluster/jars.ts';
import { withLock } from '../../src/devcluster/lock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { program, run, type ServerProcess, startServer } from './server-process.ts';

/**
 * Servers that speak the real APIs of the clouds: Amazon's (moto), Google's (gcp-storage-emulator) and Azure's (Azurite).
 * They are installed into the user's cache folder, once for each machine.
 */

const packages = ['moto[s3]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.2', 'gcp-storage-emulator==2026.7.19'];
const azurite = 'azurite@3.35.0';

/** The account that Azurite is born with, and its key, which its documentation prints. */
export const azuriteAccount = 'devstoreaccount1';
export const azuriteKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Installing takes a minute where nothing is cached. */
export const installTimeoutMs = 300_000;

/** The address of a server as `http://127.0.0.1:PORT`. */
export interface ObjectServer extends AsyncDisposable {
  readonly endpoint: string;
}

export async function s3Server(): Promise<ObjectServer> {
  return pythonServer('moto', {
    ready: /Running on http/,
    words: (port) => ['-m', 'moto.server', '-H', '127.0.0.1', '-p', port],
  });
}

export async function gcsServer(): Promise<ObjectServer> {
  return pythonServer('gcs', {
    ready: /All services started/,
    words: (port) => ['-m', 'gcp_storage_emulator', 'start', '--host=127.0.0.1', `--port=${port}`, '--in-memory'],
  });
}

export async function azureServer(): Promise<ObjectServer> {
  const folder = await cached(azurite, (draft) =>
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save', '--prefix', draft, azurite]),
  );
  const server = await startServer({
    name: 'azurite',
    program: process.execPath,
    ready: /successfully listens/,
    user: null,
    prepare: async (_folder, port) => [
      join(folder, 'node_modules/azurite/dist/src/blob/main.js'),
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
    ],
  });
  return at(server);
}

async function pythonServer(
  name: string,
  { ready, words }: { readonly ready: RegExp; readonly words: (port: string) => readonly string[] },
): Promise<ObjectServer> {
  const python = await program(['python3'], { folders: [], debian: 'python3-pip' });
  const folder = await cached(packages.join(' '), (draft) => {
    const flags = ['--quiet', '--disable-pip-version-check', '--target', draft];
    return run(python, ['-m', 'pip', 'install', ...flags, ...packages]);
  });
  const path = [folder, process.env['PYTHONPATH'] ?? ''].filter((one) => one !== '').join(delimiter);
  const server = await startServer({
    name,
    program: 'env',
    ready,
    user: null,
    prepare: async (_folder, port) => [`PYTHONPATH=${path}`, 'PYTHONUNBUFFERED=1', python, ...words(String(port))],
  });
  return at(server);
}

function at(server: ServerProcess): ObjectServer {
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A folder of the cache that was installed as a whole. */
async function cached(what: string, install: (draft: string) => Promise<unknown>): Promise<string> {
  const folder = join(cacheFolder(process.env), `object-stores-${sha256(what).slice(0, 12)}`);
  await withLock(`${folder}.lock`, { waitMs: installTimeoutMs }, async () => {
    if (existsSync(folder)) return;
    const draft = `${folder}.part`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(dirname(draft), { recursive: true });
    await install(draft);
    await rename(draft, folder);
  });
  return folder;
}
