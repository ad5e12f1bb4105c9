import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Source as Declared } from '../../src/index.ts';
import { mongo } from '../../src/mongodb.ts';
import { mysql } from '../../src/mysql.ts';
import type { SourceAddress } from '../../src/ports/source.ts';
import { postgres } from '../../src/postgres.ts';
import { type Certificates, certificatesFor } from '../support/certificates.ts';
import { buildTimeoutMs, type Ferretdb, ferretdb } from '../support/ferretdb.ts';
import { type Mariadb, mariadb } from '../support/mariadb.ts';
import { type Postgres, postgresServer } from '../support/postgres.ts';
import { reading } from './sql-source.ts';

/** The authority that signed the servers' certificates is known by configuration only. */
let folder: string;
let files: Certificates;
let maria: Mariadb;
let pg: Postgres;
let documents: Ferretdb;
let line: Server;
const password = 's3cret \'with "quotes" & ünïcode';
const ports: Record<string, number> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cqlform-secured-'));
  files = await certificatesFor('localhost', folder);
  const certificates = async (to: string): Promise<void> => {
    for (const name of ['node.pem', 'node.key']) await copyFile(join(folder, name), join(to, name));
  };
  [maria, pg, documents] = await Promise.all([mariadb({ certificates }), postgresServer({ certificates }), ferretdb()]);
  const text = password.replaceAll("'", "''");
  await maria.sql(
    'CREATE TABLE things (id INT PRIMARY KEY, v TEXT)',
    "INSERT INTO things VALUES (1, 'one')",
    `CREATE USER reader IDENTIFIED BY '${text}' REQUIRE SSL`,
    'GRANT SELECT ON shop.* TO reader',
  );
  await pg.sql(
    'CREATE TABLE things (id int PRIMARY KEY, v text)',
    "INSERT INTO things VALUES (1, 'one')",
    `CREATE ROLE reader LOGIN PASSWORD '${text}'`,
    'GRANT SELECT ON things TO reader',
  );
  await documents.insert('things', '{"_id": 1, "v": "one"}');
  // FerretDB takes no certificate where it is embedded: TLS ends in front of it
  const [key, cert] = await Promise.all(['node.key', 'node.pem'].map((name) => readFile(join(folder, name))));
  line = createServer({ ...(key && { key }), ...(cert && { cert }) }, (socket) => {
    const onward = connect(documents.port, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  const address = line.address();
  Object.assign(ports, {
    mysql: maria.port,
    postgres: pg.port,
    mongodb: typeof address === 'object' ? address?.port : 0,
  });
}, buildTimeoutMs);
afterAll(async () => {
  line.close();
  await Promise.all([maria, pg, documents].map((server) => server[Symbol.asyncDispose]()));
  await rm(folder, { recursive: true });
});

const things: Readonly<Record<string, Declared>> = {
  mysql: mysql.table('things', { connection: 'shop', columns: { id: mysql.int(), v: mysql.text() }, key: ['id'] }),
  postgres: postgres.table('things', {
    connection: 'shop',
    columns: { id: postgres.int(), v: postgres.text() },
    key: ['id'],
  }),
  mongodb: mongo.collection('things', {
    connection: 'shop',
    columns: { id: mongo.int(), v: mongo.string() },
    fields: { id: '_id' },
    key: ['id'],
  }),
};

interface Login {
  readonly ca: string | null;
  readonly password: string | null;
}

function addressOf(system: string, { ca, password: said }: Login): SourceAddress {
  const tls = ca === null ? null : { ca, cert: null, key: null, verify: true, serverName: null };
  if (system === 'mongodb') {
    const url = `mongodb://localhost:${ports[system]}/shop?serverSelectionTimeoutMS=1500`;
    return { kind: 'url', url: () => url, password: null, tls };
  }
  const secret = said === null ? null : () => said;
  const user = (): string => 'reader';
  return {
    kind: 'host',
    host: () => 'localhost',
    port: ports[system] ?? 0,
    database: 'shop',
    user,
    password: secret,
    tls,
  };
}

const read = async (system: string, login: Login): Promise<unknown> => {
  const declared = things[system];
  if (declared === undefined) throw new Error(`there is no ${system}`);
  const rows = await reading({ shop: addressOf(system, login) }).rows(declared);
  return rows.map(({ values, problem }) => ({ ...values, problem }));
};

describe.each(['mysql', 'postgres', 'mongodb'])('a source that wants TLS and a login: %s', (system) => {
  it('is read with both, its certificate checked against the authority that is named', async () => {
    expect(await read(system, { ca: files.authority, password })).toEqual([{ id: 1, v: 'one', problem: null }]);
  });

  it('is not read with another authority', { timeout: 60_000 }, async () => {
    await expect(read(system, { ca: files.stranger, password })).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringMatching(/certificate/i),
    });
  });

  it('is not read without TLS, nor with another password, which is never told', async () => {
    const wrong = 'another s3cret';
    // the server of the tests that speaks MongoDB's protocol asks for no password
    const logins = [
      { ca: null, password },
      { ca: files.authority, password: wrong },
      { ca: files.authority, password: null },
    ].slice(0, system === 'mongodb' ? 1 : 3);
    for (const login of logins) {
      const failed = read(system, login).then(
        () => 'it was read',
        (thrown: unknown) => thrown,
      );
      const thrown = await failed;
      expect(thrown).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
      expect(JSON.stringify([thrown, String(thrown)])).not.toContain('s3cret');
    }
  });
});
