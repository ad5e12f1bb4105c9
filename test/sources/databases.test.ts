import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copy, t, table } from '../../src/index.ts';
import { mysql } from '../../src/mysql.ts';
import type { Checkpoint } from '../../src/ports/journal.ts';
import { postgres } from '../../src/postgres.ts';
import { type FaultProxy, faultProxy } from '../cassandra/fault-proxy.ts';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Mariadb, mariadb } from '../support/mariadb.ts';
import { type Postgres, postgresServer } from '../support/postgres.ts';
import { ended, testProject } from '../support/project.ts';
import { expectToArrive, fuzzed } from './fuzz.ts';
import { fuzzMysql, fuzzPostgres, fuzzSqlite } from './fuzz-sql.ts';
import { byUrl } from './sql-source.ts';

type System = 'mysql' | 'postgres' | 'sqlite';

let maria: Mariadb;
let pg: Postgres;
let folder: string;
let fixture: CopyFixture;
const lines: Partial<Record<'mysql' | 'postgres', FaultProxy>> = {};
beforeAll(async () => {
  [maria, pg] = await Promise.all([mariadb(), postgresServer()]);
  folder = await mkdtemp(join(tmpdir(), 'cqlform-databases-'));
  lines.mysql = await faultProxy({ host: '127.0.0.1', port: maria.port });
  lines.postgres = await faultProxy({ host: '127.0.0.1', port: pg.port });
  fixture = await copyFixture('sources_databases', {
    addresses: {
      mysql: byUrl(`mysql://root@${lines.mysql.address}/shop`),
      postgres: byUrl(`postgres://tester@${lines.postgres.address}/shop`),
      sqlite: { kind: 'file', path: join(folder, 'shop.db') },
    },
  });
});
afterAll(async () => {
  await fixture.close();
  for (const line of Object.values(lines)) await line[Symbol.asyncDispose]();
  await maria[Symbol.asyncDispose]();
  await pg[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function sql(system: System, ...statements: readonly string[]): Promise<void> {
  if (system === 'mysql') return maria.sql(...statements);
  if (system === 'postgres') return pg.sql(...statements);
  const database = new DatabaseSync(join(folder, 'shop.db'));
  for (const statement of statements) database.exec(statement);
  database.close();
}

describe('random rows of random types', () => {
  const databases = { mysql: fuzzMysql, postgres: fuzzPostgres, sqlite: fuzzSqlite } as const;

  it.each(['mysql', 'postgres', 'sqlite'] as const)('arrive as they are: %s', async (system) => {
    const { kinds, statements, from } = databases[system];
    const rows = fuzzed(kinds);
    await sql(system, ...statements(rows));
    await expectToArrive(fixture, rows, { name: `fuzz_${system}`, from });
  });
});

const loaded = table('loaded', { columns: { id: t.int(), v: t.text() }, partitionKey: ['id'] });
const rowCount = 30_000;
/** A second, counted on: each of four connections brings a quarter of half a megabyte. */
const slowBytes = 100_000;
const sources = {
  mysql: mysql.table('loaded', {
    connection: 'mysql',
    columns: { id: mysql.int(), v: mysql.text() },
    key: ['id'],
  }),
  postgres: postgres.table('loaded', {
    connection: 'postgres',
    columns: { id: postgres.int(), v: postgres.text() },
    key: ['id'],
  }),
};

/** The same rows by a text, which both systems order otherwise than by its bytes. */
const mixed = {
  mysql: mysql.table('mixed', {
    connection: 'mysql',
    columns: { k: mysql.text(), id: mysql.int(), v: mysql.text() },
    key: ['k'],
    notNull: ['id'],
  }),
  postgres: postgres.table('mixed', {
    connection: 'postgres',
    columns: { k: postgres.text(), id: postgres.int(), v: postgres.text() },
    key: ['k'],
    notNull: ['id'],
  }),
};

/** Ends one connection of those that read, by the server's own means; the number of those that read before. */
const endOne: Readonly<Record<'mysql' | 'postgres', () => Promise<number>>> = {
  mysql: async () => {
    const readers = await maria.rows('SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx');
    await maria.sql(`KILL ${readers[0]?.['id']}`);
    return readers.length;
  },
  postgres: async () => {
    const readers = await pg.rows(
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%FROM pages%' AND pid <> pg_backend_pid()",
    );
    await pg.sql(`SELECT pg_terminate_backend(${readers[0]?.['pid']})`);
    return readers.length;
  },
};

describe('a copy that stops in the middle', () => {
  beforeEach(async () => {
    for (const system of ['mysql', 'postgres'] as const) await sql(system, `DELETE FROM loaded WHERE id > ${rowCount}`);
  });
  afterAll(async () => {
    for (const line of Object.values(lines)) line.slow(null);
    for (const system of ['mysql', 'postgres'] as const) await sql(system, `DELETE FROM loaded WHERE id > ${rowCount}`);
  });
  beforeAll(async () => {
    // Else the source is read to its end before anybody can break anything.
    for (const line of Object.values(lines)) line.slow(slowBytes);
    await fixture.create(loaded);
    await maria.sql(
      'CREATE TABLE loaded (id INT PRIMARY KEY, v TEXT NOT NULL)',
      `INSERT INTO loaded SELECT seq, CONCAT('value ', seq) FROM seq_1_to_${rowCount}`,
      'CREATE TABLE mixed (k VARCHAR(40) PRIMARY KEY, id INT, v TEXT NOT NULL)',
      "INSERT INTO mixed SELECT CONCAT(LPAD(id DIV 97, 4, '0'), IF(id % 2, 'K', 'k'), LPAD(id, 6, '0')), id, v FROM loaded",
      'ANALYZE TABLE loaded, mixed',
    );
    await pg.sql(
      'CREATE TABLE loaded (id int PRIMARY KEY, v text NOT NULL)',
      `INSERT INTO loaded SELECT n, 'value ' || n FROM generate_series(1, ${rowCount}) n`,
      'CREATE TABLE mixed (k text PRIMARY KEY, id int, v text NOT NULL)',
      "INSERT INTO mixed SELECT lpad((id / 97)::text, 4, '0') || CASE id % 2 WHEN 1 THEN 'K' ELSE 'k' END || lpad(id::text, 6, '0'), id, v FROM loaded",
    );
  });

  it.each(['mysql', 'postgres'] as const)('because the line was cut goes on: %s', async (system) => {
    await fixture.base.cql('TRUNCATE sources_databases.loaded');
    const data = copy({ from: sources[system], into: loaded });
    let isCut = false;
    const cut = fixture.run(data, {
      onDone: async () => {
        if (!isCut) lines[system]?.cut();
        isCut = true;
      },
    });
    await expect(cut).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_LOST', retryable: true });
    const finished: readonly Checkpoint[] = fixture.checkpoints();
    const done = finished.filter(({ state }) => state === 'done');
    expect(done.length).toBeGreaterThan(0);
    // What was there when the copy began is copied; the table may grow meanwhile.
    await sql(system, `INSERT INTO loaded VALUES (${rowCount + 1}, 'late')`);
    const { result, checkpoints } = await fixture.run(data, { attempt: 2, finished });
    expect(result).toMatchObject({ read: rowCount + 1, written: rowCount + 1, rejected: 0, collisions: 0 });
    const ranges = new Set(done.map(({ range }) => range));
    expect(checkpoints.filter(({ range }) => ranges.has(range))).toEqual([]);
    const [count] = await fixture.query('SELECT count(*) AS n FROM KS.loaded');
    expect(String(count?.['n'])).toBe(String(rowCount + 1));
  });

  it.each(['mysql', 'postgres'] as const)(
    'reads on in the same view when one connection is ended: %s',
    async (system) => {
      await fixture.base.cql('TRUNCATE sources_databases.loaded');
      const data = copy({ from: mixed[system], into: loaded, columns: { id: 'id', v: 'v' } });
      let ending: Promise<number> | null = null;
      const late = async (): Promise<number> => {
        await sql(system, `INSERT INTO mixed VALUES ('late', ${rowCount + 2}, 'late')`);
        return endOne[system]();
      };
      const { result } = await fixture.run(data, {
        onProgress: ({ done }) => {
          if (done > rowCount / 10) ending ??= late();
        },
        verify: 'full',
      });
      expect(await ending).toBeGreaterThan(1);
      expect(result).toMatchObject({ read: rowCount, written: rowCount, rejected: 0, collisions: 0 });
    },
  );
});

describe('a migration', { timeout: 180_000 }, () => {
  const migration = (columns: string): string => `
import { copy, migration, t, table } from 'cqlform';
import { mysql } from 'cqlform/mysql';
const loaded = mysql.table('loaded', { connection: 'shop', columns: ${columns}, key: ['id'] });
const into = table('loaded', { columns: { id: t.bigint(), v: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'x', schema: [into], data: [copy({ from: loaded, into, columns: { id: 'id', v: 'v' } })] });
`;
  const id = '20260101000000_loaded';

  it('that is killed is finished by the next run, which begins with what is missing', async () => {
    await using project = await testProject({
      address: cassandraAddress(),
      config: `sources: { shop: { url: { kind: 'env', name: 'SHOP_URL' } } }`,
      migrations: { [id]: migration('{ id: mysql.int(), v: mysql.text() }') },
      env: { SHOP_URL: maria.url },
    });
    const killed = project.start('apply', '--auto-approve', '--no-check', '--json');
    killed.stdout?.on('data', (chunk: Buffer) => {
      const last = [...chunk.toString().matchAll(/"done":(\d+)/g)].at(-1)?.[1];
      if (Number(last ?? 0) > rowCount / 4) killed.kill('SIGKILL');
    });
    expect(await ended(killed)).toMatchObject({ signal: 'SIGKILL' });
    const applied = await project.run('apply', '--auto-approve', '--no-check');
    expect(applied.code, applied.stderr).toBe(0);
    const rows = await project.client.execute(`SELECT id, v FROM ${project.keyspace}.loaded`, [], { autoPage: true });
    const values: string[] = [];
    for await (const row of rows) values[Number(row['id'])] = String(row['v']);
    expect(values.filter(() => true)).toHaveLength(rowCount);
    expect(values.every((value, at) => value === `value ${at}`)).toBe(true);
  });

  it.each(['mysql', 'postgres'] as const)(
    'has rejected rows replayed when the file of them is mended: %s',
    async (system) => {
      const odd = `
import { migration, reject, t, table, to, transform } from 'cqlform';
import { ${system} } from 'cqlform/${system}';
const odd = ${system}.table('odd', { connection: 'shop', columns: { id: ${system}.int(), day: ${system}.text(), n: ${system}.bigint() }, key: ['id'] });
const into = table('odd', { columns: { id: t.int(), day: t.date(), n: t.bigint() }, partitionKey: ['id'] });
export default migration({ description: 'x', schema: [into], data: [transform({ from: odd, into, maxRejects: 5,
  rows: ({ id, day, n }, out) => { if (n === 13n) return reject('unlucky'); out.emit({ id, day: to.date(day ?? ''), n }); } })] });
`;
      await sql(
        system,
        'CREATE TABLE odd (id INT PRIMARY KEY, day TEXT, n BIGINT)',
        "INSERT INTO odd VALUES (1, '2026-01-02', 9007199254740993), (2, 'yesterday', 2), (3, '2026-01-03', 13)",
      );
      await using project = await testProject({
        address: cassandraAddress(),
        config: `sources: { shop: { url: { kind: 'env', name: 'SHOP_URL' } } }`,
        migrations: { [id]: odd },
        env: { SHOP_URL: system === 'mysql' ? maria.url : pg.url },
      });
      const applied = await project.run('apply', '--auto-approve', '--no-check', '--json');
      expect(applied.code, applied.stderr).toBe(0);
      const [, rejects = ''] = /"rejectsFile":"([^"]+)"/.exec(applied.stdout) ?? [];
      const lines = (await readFile(rejects, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.map(({ place, reason }) => [place, reason])).toEqual([
        ['odd(id=2)', expect.stringContaining('yesterday')],
        ['odd(id=3)', 'unlucky'],
      ]);
      lines[0].row.day = '2026-01-04';
      lines[1].row.n = '9007199254740995';
      await writeFile(rejects, lines.map((line) => JSON.stringify(line)).join('\n'));
      const replayed = await project.run('replay', rejects);
      expect(replayed.code, replayed.stderr).toBe(0);
      const rows = await project.rows('SELECT JSON id, day, n FROM $ks.odd');
      expect(rows.map((row) => String(row['[json]'])).sort()).toEqual([
        '{"id": 1, "day": "2026-01-02", "n": 9007199254740993}',
        '{"id": 2, "day": "2026-01-04", "n": 2}',
        '{"id": 3, "day": "2026-01-03", "n": 9007199254740995}',
      ]);
    },
  );

  it('is compared with the source when it is planned', async () => {
    await using project = await testProject({
      address: cassandraAddress(),
      config: `sources: { shop: { host: '127.0.0.1', port: ${maria.port}, database: 'shop', user: 'root' } }`,
      migrations: { [id]: migration('{ id: mysql.int(), v: mysql.text() }') },
    });
    const plan = async (): Promise<string> => {
      const { stdout, stderr } = await project.run('plan', '--no-check');
      return (stdout + stderr).replaceAll(/\s+/g, ' ');
    };
    expect(await plan()).toContain('converted without loss: id (int → bigint)');
    expect(await plan()).toContain(`~${rowCount.toLocaleString('en-US')} rows`);
    await project.write(id, migration('{ id: mysql.int(), v: mysql.enum("value 1") }'));
    const enumerated = await plan();
    expect(enumerated).toContain('SOURCE_TYPE_DIFFERS');
    expect(enumerated).toContain('loaded.v is text, and mysql.enum is declared');
    await maria.sql(
      'CREATE TABLE holes (id INT PRIMARY KEY, v VARCHAR(9))',
      "INSERT INTO holes VALUES (1, NULL), (2, 'x')",
    );
    const strict = migration("{ id: mysql.int(), v: mysql.enum('y') }").replace(
      "table('loaded', { con",
      "table('holes', { con",
    );
    await project.write(id, strict.replace("key: ['id']", "key: ['id'], notNull: ['v']"));
    const holes = await plan();
    expect(holes).toContain('2 of 2 sampled rows would be rejected');
    expect(holes).toContain('holes(id=1): v: is missing; holes(id=2): v: "x" is not one of y');
  });
});
