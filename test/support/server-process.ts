import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A database server of a test file's own, with a data folder of its own; it ends with the test, and with the process. */
export interface ServerProcess extends AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  /** Kills the server and starts it again with its data, on the same port. */
  restart(): Promise<void>;
}

export interface ServerPlan {
  readonly name: string;
  /** Makes the data folder; the words of the server itself. */
  readonly prepare: (folder: string, port: number) => Promise<readonly string[]>;
  readonly program: string;
  /** A text of the log that says it takes connections. */
  readonly ready: RegExp;
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

export async function startServer(plan: ServerPlan): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), `cqlform-${plan.name}-`));
  if (plan.user !== null) await chown(folder, plan.user.uid, plan.user.gid);
  const port = await freePort();
  try {
    const words = await plan.prepare(folder, port);
    const start = (): ChildProcess =>
      spawn(plan.program, words, { ...(plan.user ?? {}), stdio: ['ignore', 'pipe', 'pipe'] });
    let child = start();
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    await untilReady(plan, child);
    return {
      folder,
      port,
      restart: async () => {
        await ended(child);
        child = start();
        await untilReady(plan, child);
      },
      [Symbol.asyncDispose]: async () => {
        process.off('exit', kill);
        await ended(child);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

async function untilReady({ name, ready }: ServerPlan, child: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      log = (log + chunk.toString()).slice(-20_000);
      if (ready.test(log)) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready:\n${log}`)));
  });
}

/** Ends it at once: nobody needs its data again. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

export async function run(program: string, words: readonly string[], user: ServerPlan['user'] = null): Promise<string> {
  const child = spawn(program, words, { ...(user ?? {}), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}`);
  return output;
}

/** The first of the programs that is there, in the PATH or the folders; installed with apt where nothing is and that can be. */
export async function program(
  names: readonly string[],
  { folders, debian }: { readonly folders: readonly string[]; readonly debian: string },
): Promise<string> {
  const found = find(names, folders);
  if (found !== null) return found;
  const missing = `the tests need ${names[0]}; install the package ${debian} (apt-get install ${debian})`;
  if (process.getuid?.() !== 0 || find(['apt-get'], []) === null) throw new Error(missing);
  try {
    await run('apt-get', ['update']).catch(() => '');
    await run('apt-get', ['install', '-y', '--no-install-recommends', debian]);
  } catch (thrown) {
    throw new Error(missing, { cause: thrown });
  }
  const installed = find(names, folders);
  if (installed === null) throw new Error(missing);
  return installed;
}

function find(names: readonly string[], folders: readonly string[]): string | null {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...folders];
  for (const name of names) {
    const place = places.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (place !== undefined) return place;
  }
  return null;
}

/** The folders `<base>/<anything>/bin`, the newest version first. */
export function versioned(base: string): readonly string[] {
  if (!existsSync(base)) return [];
  return readdirSync(base)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(base, version, 'bin'));
}

/** The ids of an account for servers that refuse to run as root; null when nobody is root. */
export async function unprivileged(names: readonly string[]): Promise<ServerPlan['user']> {
  if (process.getuid?.() !== 0) return null;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of names) {
    const account = accounts.find(([known]) => known === name);
    if (account !== undefined) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(`the tests need one of the accounts ${names.join(', ')}: the server refuses to run as root`);
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const bound = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('no free port');
  return bound.port;
}
