import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { program, run, type ServerProcess, startServer, unprivileged } from './server-process.ts';

/** A MariaDB with an empty database `shop` and a user `root` without a password. */
export interface Mariadb extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  sql(...statements: readonly string[]): Promise<void>;
  rows(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const where = { folders: ['/usr/sbin', '/usr/local/sbin', '/usr/libexec'], debian: 'mariadb-server' };

export interface ServerOptions {
  /** Makes a certificate and its key in a folder, `node.pem` and `node.key`, for a server that takes TLS. */
  readonly certificates?: (folder: string) => Promise<void>;
}

export async function mariadb({ certificates }: ServerOptions = {}): Promise<Mariadb> {
  const server = await startServer({
    name: 'mariadb',
    program: await program(['mariadbd', 'mysqld'], where),
    ready: /ready for connections/,
    user: await unprivileged(['mysql', 'nobody']),
    prepare: async (folder, port) => {
      const user = await unprivileged(['mysql', 'nobody']);
      const data = `--datadir=${join(folder, 'data')}`;
      const install = await program(['mariadb-install-db', 'mysql_install_db'], { ...where, folders: ['/usr/bin'] });
      await run(install, ['--no-defaults', data, '--auth-root-authentication-method=normal', '--skip-test-db'], user);
      const small = ['--innodb-buffer-pool-size=64M', '--innodb-flush-log-at-trx-commit=0', '--performance-schema=OFF'];
      const own = [`--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`, `--port=${port}`];
      const secured = certificates === undefined ? [] : await securedWith(folder, certificates);
      return ['--no-defaults', data, '--bind-address=127.0.0.1', ...own, ...small, ...secured];
    },
  });
  try {
    return await withDatabase(server);
  } catch (thrown) {
    await server[Symbol.asyncDispose]();
    throw thrown;
  }
}

async function securedWith(
  folder: string,
  certificates: (folder: string) => Promise<void>,
): Promise<readonly string[]> {
  await certificates(folder);
  const user = await unprivileged(['mysql', 'nobody']);
  if (user !== null) await chown(join(folder, 'node.key'), user.uid, user.gid);
  return [`--ssl-cert=${join(folder, 'node.pem')}`, `--ssl-key=${join(folder, 'node.key')}`];
}

async function withDatabase(server: ServerProcess): Promise<Mariadb> {
  const { port } = server;
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', charset: 'utf8mb4' });
  await connection.query('CREATE DATABASE shop CHARACTER SET utf8mb4');
  await connection.query('USE shop');
  return {
    port,
    url: `mysql://root@127.0.0.1:${port}/shop`,
    sql: async (...statements) => {
      for (const statement of statements) await connection.query(statement);
    },
    rows: async (statement) => {
      const [found] = await connection.query<RowDataPacket[]>(statement);
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      connection.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}
