import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Mariadb, mariadb } from '../support/mariadb.ts';
import { type Postgres, postgresServer } from '../support/postgres.ts';
import { ended, type TestProject, testProject } from '../support/project.ts';
import { copyInto, Following, type Round } from './following.ts';

const id = '20260101000000_orders';
const source = `
import { copy, migration, t, table } from 'cqlform';
import { mysql } from 'cqlform/mysql';
import { postgres } from 'cqlform/postgres';
const orders = mysql.table('orders', { connection: 'maria', key: ['id'], fractions: 'truncate', columns: {
  id: mysql.int(), note: mysql.varchar(), changed: mysql.datetime() } });
const users = postgres.table('users', { connection: 'pg', key: ['id'], fractions: 'truncate', columns: {
  id: postgres.int(), note: postgres.text(), changed: postgres.timestamptz() } });
const columns = { id: t.int(), note: t.text(), changed: t.timestamp() };
const intoOrders = table('orders', { columns, partitionKey: ['id'] });
const intoUsers = table('users', { columns, partitionKey: ['id'] });
export default migration({ description: 'Orders and users', schema: [intoOrders, intoUsers], data: [
  copy({ from: orders, into: intoOrders, since: { column: 'changed', overlap: '10s' } }), copy({ from: users, into: intoUsers, since: 'changed' }) ] });
`;
const many = 24_000;

let maria: Mariadb;
let postgres: Postgres;
let project: TestProject;
beforeAll(async () => {
  [maria, postgres] = await Promise.all([mariadb(), postgresServer()]);
  await maria.sql(
    'CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(40), changed DATETIME(6) NOT NULL, KEY (changed))',
    `INSERT INTO orders SELECT seq, CONCAT('order ', seq), UTC_TIMESTAMP(6) - INTERVAL 1 HOUR FROM seq_1_to_${many}`,
    'ANALYZE TABLE orders',
  );
  await postgres.sql(
    'CREATE TABLE users (id int PRIMARY KEY, note text, changed timestamptz NOT NULL)',
    'CREATE INDEX ON users (changed)',
    "INSERT INTO users SELECT n, 'user ' || n, now() - interval '1 hour' FROM generate_series(1, 1000) n",
  );
  project = await testProject({
    address: cassandraAddress(),
    config: `sources: { maria: { url: env('MARIA_URL') }, pg: { url: env('PG_URL') } }`,
    migrations: { [id]: source },
    env: { MARIA_URL: maria.url, PG_URL: postgres.url },
  });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await maria[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** An application that never stops writing to both databases, one statement after another. */
class Application {
  #stopped = false;
  #statements = 0;
  readonly #work: Promise<unknown>;

  constructor(...databases: readonly ((statement: string, now: string) => Promise<unknown>)[]) {
    this.#work = Promise.all(databases.map((run) => this.#write(run)));
  }

  get statements(): number {
    return this.#statements;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
  }

  async #write(run: (statement: string, now: string) => Promise<unknown>): Promise<void> {
    for (let count = 0; !this.#stopped; count += 1) {
      await run(
        `UPDATE % SET note = ${count % 5 === 0 ? 'NULL' : `'changed ${count}'`}, changed = NOW WHERE id = ${1 + ((count * 37) % 900)}`,
        '',
      );
      await run(`INSERT INTO % VALUES (${100_000 + count}, 'new ${count}', NOW)`, '');
      this.#statements += 2;
      await sleep(10);
    }
  }
}

it('an application that writes all the time is moved without a stop', { timeout: 240_000 }, async () => {
  const mariaClient = await mysql.createConnection({
    host: '127.0.0.1',
    port: maria.port,
    user: 'root',
    database: 'shop',
  });
  const pgClient = new pg.Client({ connectionString: postgres.url });
  const late = new pg.Client({ connectionString: postgres.url });
  await Promise.all([pgClient.connect(), late.connect()]);
  const application = new Application(
    (statement) => mariaClient.query(statement.replace('%', 'orders').replace('NOW', 'UTC_TIMESTAMP(6)')),
    (statement) => pgClient.query(statement.replace('%', 'users').replace('NOW', 'clock_timestamp()')),
  );
  try {
    const ok = async (...words: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await project.run(...words);
      expect(code, stderr + stdout).toBe(0);
      return stdout;
    };
    await ok('apply', '--auto-approve', '--no-check');

    // A transaction that has changed its row, and is not committed while the passes go by.
    await late.query('BEGIN');
    await late.query("UPDATE users SET note = 'committed late', changed = clock_timestamp() WHERE id = 999");
    {
      await using passes = new Following(project);
      const first = await passes.until((round) => (copyInto(round, 'users').accounts?.written ?? 0) > 0);
      await passes.until((round) => copyInto(round, 'users').watermark > copyInto(first, 'users').watermark);
      await late.query('COMMIT');
      const note = async (): Promise<unknown> =>
        (await project.rows('SELECT note FROM $ks.users WHERE id = 999'))[0]?.['note'];
      while ((await note()) !== 'committed late') await passes.until(() => true);
      expect((await passes.stop('SIGINT')).code).toBe(130);
    }

    // Every row changes, and the pass over them is killed in the middle.
    await maria.sql("UPDATE orders SET note = CONCAT('again ', id), changed = UTC_TIMESTAMP(6)");
    const killed = project.start('catch-up', id, '--rate', '8000');
    const end = ended(killed);
    let open: Pass | undefined;
    while (killed.exitCode === null && (open === undefined || (await finished(open)).length < 1)) {
      open = await openPass();
      await sleep(5);
    }
    killed.kill('SIGKILL');
    expect(await end).toMatchObject({ signal: 'SIGKILL' });
    if (open === undefined) throw new Error('it began no pass');
    expect(await openPass()).toEqual(open);
    const before = await finished(open);
    const [orders] = JSON.parse(await ok('catch-up', '--json')) as Round;
    expect(orders?.accounts?.read).toBeGreaterThanOrEqual(many);
    // What was finished before was not done again: each piece is there once.
    const ranges = await finished(open);
    expect(ranges.length).toBeGreaterThan(before.length);
    expect(new Set(ranges).size).toBe(ranges.length);

    await ok('catch-up', '--until-lag', '30s');
    expect(application.statements).toBeGreaterThan(20);
    await application.stop();
    await ok('catch-up');
    await ok('catch-up', '--gate', '--max-lag', '0s', '--max-pending', '0');
    const [verified, others] = JSON.parse(await ok('verify', '--json')) as { report: Record<string, number> }[];
    for (const one of [verified, others]) {
      expect(one?.report).toMatchObject({ missing: 0, extra: 0, different: 0, newer: 0, unexamined: 0 });
      expect(one?.report['expected']).toBe(one?.report['read']);
    }
  } finally {
    await application.stop();
    mariaClient.destroy();
    await Promise.all([pgClient.end(), late.end()]);
  }
});

interface Pass {
  readonly id: string;
  readonly step: string;
}

/** The passes that have begun and not ended. */
async function openPass(): Promise<Pass | undefined> {
  const { rows } = await project.client.execute(
    `SELECT entry, body FROM cqlform.journal WHERE keyspace_name = '${project.keyspace}'`,
  );
  const passes = rows.flatMap((row): readonly Pass[] => {
    if (!String(row['entry']).startsWith('watermark/')) return [];
    const { entry } = JSON.parse(String(row['body'])) as { entry: { step: string; open: { id: string } | null } };
    return entry.open === null ? [] : [{ id: entry.open.id, step: entry.step }];
  });
  return passes[0];
}

/** The pieces of a pass that are done. */
async function finished({ id: run, step }: Pass): Promise<readonly string[]> {
  const { rows } = await project.client.execute(
    `SELECT range, state FROM cqlform.checkpoints WHERE keyspace_name = '${project.keyspace}' AND run = '${run}' AND step = '${step}'`,
  );
  return rows.flatMap((row) => (row['state'] === 'done' ? [String(row['range'])] : []));
}
