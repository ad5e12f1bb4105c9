import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'cassandra-driver';
import type { CassandraAddress } from './cassandra.ts';

const program = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's project in a folder of its own, with a keyspace of its own on the node given; gone when disposed. */
export interface TestProject extends AsyncDisposable {
  readonly folder: string;
  readonly keyspace: string;
  readonly client: Client;
  /** Writes `migrations/<id>.ts`, or any other file when the name has an ending. */
  write(name: string, source: string): Promise<void>;
  /** Runs the built program to its end. */
  run(...words: readonly string[]): Promise<Ended>;
  /** Starts the built program; what reads its standard input is ended by whoever started it. */
  start(...words: readonly string[]): ChildProcess;
  /** Rows of a query on the keyspace, as plain objects. */
  rows(cql: string): Promise<Record<string, unknown>[]>;
}

export interface ProjectOptions {
  readonly address: CassandraAddress;
  /** Source by migration id. */
  readonly migrations?: Readonly<Record<string, string>>;
  /** Members of the configuration besides keyspace and replication. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds, see the configuration: less than usual where no application writes meanwhile. */
  readonly dropMargin?: number;
  /** What the test's own client logs in with; the program has its own from `config`. */
  readonly login?: { readonly username: string; readonly password: string };
}

let count = 0;

export async function testProject(options: ProjectOptions): Promise<TestProject> {
  const folder = await mkdtemp(join(tmpdir(), 'cqlform-project-'));
  count += 1;
  const keyspace = `t${process.pid}_${Date.now().toString(36)}_${count}`;
  const { host, port, localDataCenter } = options.address;
  const client = new Client({
    contactPoints: [`${host}:${port}`],
    localDataCenter,
    ...(options.login === undefined ? {} : { credentials: options.login }),
    socketOptions: { readTimeout: 60_000 },
  });
  await client.connect();
  const write = async (name: string, source: string): Promise<void> => {
    const path = join(folder, name.includes('.') ? name : `migrations/${name}.ts`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, source);
  };
  await mkdir(join(folder, 'migrations'));
  await write(
    'cqlform.config.ts',
    configSource(keyspace, `dropMargin: ${options.dropMargin ?? 1}, ${options.config ?? ''}`),
  );
  for (const [id, source] of Object.entries(options.migrations ?? {})) await write(id, source);
  const env = { ...withoutCi(), CQLFORM_CONTACT_POINTS: `${host}:${port}`, NO_COLOR: '1', ...options.env };
  const start = (...words: readonly string[]): ChildProcess =>
    spawn(process.execPath, [program, ...words], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  return {
    folder,
    keyspace,
    client,
    write,
    start,
    run: (...words) => {
      const child = start(...words);
      child.stdin?.end();
      return ended(child);
    },
    rows: async (cql) => {
      const { rows } = await client.execute(cql.replaceAll('$ks', keyspace));
      return rows.map((row) => Object.fromEntries(row.keys().map((key) => [key, row.get(key) as unknown])));
    },
    [Symbol.asyncDispose]: async () => {
      await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`, [], { readTimeout: 60_000 });
      await client.shutdown();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Everything that a child prints, and how it ends. */
export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

function configSource(keyspace: string, more: string): string {
  return `import { defineConfig, env } from 'cqlform';\nexport default defineConfig({ keyspace: '${keyspace}', replication: 1, ${more} });\n`;
}

/** Tests say themselves when they mean to run in CI. */
function withoutCi(): NodeJS.ProcessEnv {
  const { CI: _, ...env } = process.env;
  return env;
}
