import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { ServerOptions } from './mariadb.ts';
import { program, run, type ServerProcess, startServer, unprivileged, versioned } from './server-process.ts';

/** A PostgreSQL with an empty database `shop` and a user `tester` without a password. */
export interface Postgres extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  sql(...statements: readonly string[]): Promise<void>;
  rows(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const where = { folders: versioned('/usr/lib/postgresql'), debian: 'postgresql' };

/** With certificates, other users than `tester` need TLS and their password. */
const secureLogins = `host all tester 127.0.0.1/32 trust
hostssl all all 127.0.0.1/32 scram-sha-256
hostssl all all ::1/128 scram-sha-256
`;

export async function postgresServer({ certificates }: ServerOptions = {}): Promise<Postgres> {
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
      const key = join(data, 'node.key');
      if (certificates !== undefined) {
        await certificates(data);
        await writeFile(join(data, 'pg_hba.conf'), secureLogins);
        for (const path of [key, join(data, 'node.pem'), join(data, 'pg_hba.conf')]) {
          if (user !== null) await chown(path, user.uid, user.gid);
        }
      }
      const tls =
        certificates === undefined ? {} : { ssl: 'on', ssl_cert_file: join(data, 'node.pem'), ssl_key_file: key };
      const settings = { ...tls, listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, fsync: 'off' };
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
  // Of a collation that orders texts otherwise than their bytes, as most databases have one.
  const { rows } = await first.query<{ icu: boolean }>(
    "SELECT current_setting('server_version_num')::int >= 150000 AS icu",
  );
  await first.query(
    `CREATE DATABASE shop${rows[0]?.icu === true ? " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" : ''}`,
  );
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
