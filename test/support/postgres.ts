import { join } from 'node:path';
import pg from 'pg';
import { program, run, type ServerProcess, startServer, unprivileged, versioned } from './server-process.ts';

/** A PostgreSQL with an empty database `shop` and a user `tester` without a password. */
export interface Postgres extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  sql(...statements: readonly string[]): Promise<void>;
  rows(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const where = { folders: versioned('/usr/lib/postgresql'), debian: 'postgresql' };

export async function postgresServer(): Promise<Postgres> {
  const user = await unprivileged(['postgres', 'nobody']);
  const server = await startServer({
    name: 'postgres',
    program: await program(['postgres'], where),
    ready: /database system is ready to accept connections/,
    user,
    prepare: async (folder, port) => {
      const data = join(folder, 'data');
      const initdb = await program(['initdb'], where);
      const words = ['-D', data, '-U', 'tester', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
      await run(initdb, words, user);
      const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, fsync: 'off' };
      return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    },
  });
  try {
    return await withDatabase(server);
  } catch (thrown) {
    await server[Symbol.asyncDispose]();
    throw thrown;
  }
}

async function withDatabase(server: ServerProcess): Promise<Postgres> {
  const { port } = server;
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'tester', database });
    // It is cut off when the server ends.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const first = await connect('postgres');
  await first.query('CREATE DATABASE shop');
  await first.end();
  const client = await connect('shop');
  return {
    port,
    url: `postgres://tester@127.0.0.1:${port}/shop`,
    sql: async (...statements) => {
      for (const statement of statements) await client.query(statement);
    },
    rows: async (statement) => (await client.query<Record<string, unknown>>(statement)).rows,
    [Symbol.asyncDispose]: async () => {
      await client.end().catch(() => undefined);
      await server[Symbol.asyncDispose]();
    },
  };
}
