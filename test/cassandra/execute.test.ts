import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { faultProxy } from './fault-proxy.ts';
import { dropKeyspaces, type Half, openHalf, ownKeyspace, thrownBy } from './schema-fixture.ts';

const keyspace = ownKeyspace('execute');
let half: Half;

beforeAll(async () => {
  half = await openHalf({ keyspace });
  await half.createKeyspace();
});
afterAll(async () => {
  await half[Symbol.asyncDispose]();
  await dropKeyspaces(keyspace, `${keyspace}_ledger`);
});

const tables = async (one: Half): Promise<readonly string[]> =>
  Object.keys((await one.cluster.describe(keyspace)).schema.tables);

describe('a schema statement', () => {
  it('is done when the server says so, with its warnings', async () => {
    expect(await half.cluster.execute(`CREATE TABLE ${keyspace}.base (a int, b int, PRIMARY KEY (a))`)).toEqual({
      kind: 'done',
      warnings: [],
    });
    const view = `CREATE MATERIALIZED VIEW ${keyspace}.v AS SELECT * FROM ${keyspace}.base WHERE a IS NOT NULL AND b IS NOT NULL PRIMARY KEY (b, a)`;
    expect(await half.cluster.execute(view)).toEqual({
      kind: 'done',
      warnings: [expect.stringContaining('Materialized views are experimental')],
    });
  });

  it.each([
    ['0x2000', 'CREATE TABEL x', 'no viable alternative'],
    ['0x2200', `ALTER TABLE ${keyspace}.base ADD (a int)`, 'already exists'],
    ['0x2300', `ALTER TABLE ${keyspace}.base WITH compaction = {'class': 'NoSuchStrategy'}`, 'NoSuchStrategy'],
    ['0x2400', `CREATE TABLE ${keyspace}.base (a int PRIMARY KEY)`, 'already existing'],
    ['0x2200', `ALTER TABLE ${keyspace}.base DROP b`, 'materialized view'],
  ])('that the server refuses (%s) throws its words: %s', async (serverCode, statement, words) => {
    const before = await half.cluster.describe(keyspace);
    const thrown = await thrownBy(half.cluster.execute(statement));
    expect(thrown).toMatchObject({ code: 'DDL_REFUSED', fields: { serverCode, statement } });
    expect(String(thrown)).toContain(words);
    expect(await half.cluster.describe(keyspace)).toEqual(before);
  });

  it('is quoted in an error only as far as a line goes', async () => {
    const statement = `CREATE TABLE ${keyspace}.base (\n  ${Array.from({ length: 200 }, (_none, index) => `c${index} int`).join(',\n  ')}, PRIMARY KEY (c0))`;
    const thrown = await thrownBy(half.cluster.execute(statement));
    expect(String(thrown).length).toBeLessThan(400);
    expect(thrown).toMatchObject({ fields: { statement } });
  });

  it('of which no answer comes is unknown; after the barrier it has happened, once', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    await using cutOff = await openHalf({ keyspace, contactPoints: [proxy.address], ddlTimeoutMs: 1_000 });
    for (let round = 0; round < 3; round++) {
      proxy.stall();
      const outcome = await cutOff.cluster.execute(`CREATE TABLE ${keyspace}.late${round} (a int PRIMARY KEY)`);
      expect(outcome).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('timeout') });
      proxy.flow();
      await cutOff.cluster.barrier();
      await cutOff.cluster.agree(10_000);
      expect(await tables(cutOff)).toContain(`late${round}`);
    }
  });

  it('whose connection breaks is unknown; it is not sent again', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    await using cutOff = await openHalf({ keyspace, contactPoints: [proxy.address] });
    proxy.stall();
    // Sent again it would be refused, and that would be thrown.
    const executing = cutOff.cluster.execute(`CREATE TABLE ${keyspace}.broken (a int PRIMARY KEY)`);
    await wait(300);
    proxy.flow();
    proxy.cut();
    const outcome = await executing;
    expect(['done', 'unknown']).toContain(outcome.kind);
    await cutOff.cluster.barrier();
    expect(await tables(cutOff)).toContain('broken');
  });

  it('that no node takes is not sent, and says so', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    const cutOff = await openHalf({ keyspace, contactPoints: [proxy.address] });
    await proxy[Symbol.asyncDispose]();
    await expect
      .poll(async () => thrownBy(cutOff.cluster.execute(`CREATE TABLE ${keyspace}.never (a int PRIMARY KEY)`)), {
        timeout: 10_000,
      })
      .toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
    await cutOff.connection.shutdown();
    expect(await tables(half)).not.toContain('never');
  });
});

describe('the barrier', () => {
  it('changes nothing, with a ledger and without one', async () => {
    // Every change of a keyspace's schema writes these rows anew.
    const written = async (name: string): Promise<unknown> =>
      half.cql('SELECT table_name, id, WRITETIME(comment) FROM system_schema.tables WHERE keyspace_name = ?', [name]);
    const before = await written(keyspace);
    await half.cluster.barrier();
    expect(await written(keyspace)).toEqual(before);
    await half.journal.prepare();
    const made = await written(half.ledgerKeyspace);
    expect(made).toHaveLength(3);
    await half.cluster.barrier();
    expect(await written(half.ledgerKeyspace)).toEqual(made);
    expect(await written(keyspace)).toEqual(before);
  });

  it('fails when its coordinator does not answer', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    await using cutOff = await openHalf({ keyspace, contactPoints: [proxy.address], ddlTimeoutMs: 500 });
    proxy.stall();
    expect(await thrownBy(cutOff.cluster.barrier())).toMatchObject({ code: 'BARRIER_FAILED', retryable: true });
    proxy.flow();
  });
});

describe('an index', () => {
  it('is queryable once it is built, of whatever kind', async () => {
    await half.cql(`CREATE TABLE ${keyspace}.indexed (k int PRIMARY KEY, a int, b text, "C" text)`);
    await half.cql(`CREATE INDEX by_a ON ${keyspace}.indexed (a)`);
    await half.cql(`CREATE INDEX by_b ON ${keyspace}.indexed (b) USING 'sai'`);
    await half.cql(
      `CREATE CUSTOM INDEX "By_C" ON ${keyspace}.indexed ("C") USING 'org.apache.cassandra.index.sasi.SASIIndex'`,
    );
    for (const index of ['by_a', 'by_b', 'By_C']) {
      await expect.poll(() => half.cluster.indexQueryable(keyspace, index), { timeout: 20_000 }).toBe(true);
    }
    expect(await half.cluster.indexQueryable(keyspace, 'by_nothing')).toBe(false);
  });
});

describe('estimates', () => {
  it('are exact for small tables, near for larger ones, absent for what is not there', async () => {
    await half.cql(`CREATE TABLE ${keyspace}.none (k int PRIMARY KEY)`);
    await half.cql(`CREATE TABLE ${keyspace}.few (k int, c int, "T" text, PRIMARY KEY (k, c))`);
    await half.cql(`CREATE TABLE ${keyspace}.many ("K" int, k2 text, c int, t text, PRIMARY KEY (("K", k2), c))`);
    await half.cql(`CREATE TABLE ${keyspace}.one_partition (k int, c int, PRIMARY KEY (k, c))`);
    await fill(`INSERT INTO ${keyspace}.few (k, c, "T") VALUES (?, ?, 'x')`, 300, (index) => [index % 7, index]);
    await fill(`INSERT INTO ${keyspace}.many ("K", k2, c, t) VALUES (?, 'x', ?, 'some text')`, 12_000, (index) => [
      index % 4_000,
      index,
    ]);
    for (let start = 0; start < 66_000; start += 1_000) {
      const rows = Array.from({ length: 1_000 }, (_none, index) => ({
        query: `INSERT INTO ${keyspace}.one_partition (k, c) VALUES (1, ?)`,
        params: [start + index],
      }));
      await half.connection.client.batch(rows, { prepare: true, logged: false });
    }
    const estimates = await half.cluster.estimate(keyspace, ['none', 'few', 'many', 'one_partition', 'missing']);
    expect(estimates).toMatchObject({ none: { rows: 0, bytes: 0 }, few: { rows: 300 }, one_partition: { rows: null } });
    expect(Object.keys(estimates)).not.toContain('missing');
    expect(estimates['many']?.rows).toBeGreaterThan(9_000);
    expect(estimates['many']?.rows).toBeLessThan(15_000);
    expect(estimates['many']?.bytes).toBeGreaterThan(12_000 * 20);
  });
});

async function fill(statement: string, count: number, params: (index: number) => readonly unknown[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await half.cql(statement, params(index));
  };
  await Promise.all(Array.from({ length: 128 }, work));
}
