import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRows } from '../../src/cassandra/rows.ts';
import { cassandra } from '../../src/cassandra.ts';
import { copy, t, table, udt } from '../../src/index.ts';
import type { SourceAddress } from '../../src/ports/source.ts';
import { type FaultProxy, faultProxy } from '../cassandra/fault-proxy.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { baseTime, type CopyFixture, copyFixture, type RunOptions } from './copy-fixture.ts';

/** The other cluster is the same node behind a line of its own, and another keyspace of it. */
const [own, there] = ['copy_cluster', 'copy_cluster_there'];
const rowCount = 2000;
const address = udt('address', { street: t.text(), zip: t.int() });
const turned = udt('address', { zip: t.int(), street: t.text(), country: t.text() });

const parts = { tags: t.set(t.text()), names: t.map(t.text(), t.int()), words: t.list(t.text()) };
const source = {
  parts: cassandra.table('parts', {
    connection: 'other',
    columns: { id: t.int(), ...parts, home: address, past: t.frozen(t.list(t.frozen(address))), v: t.text() },
    partitionKey: ['id'],
  }),
  many: cassandra.table('many', {
    connection: 'other',
    columns: { id: t.int(), n: t.int(), note: t.text() },
    partitionKey: ['id'],
  }),
};
const target = {
  parts: table('parts', {
    columns: { id: t.int(), ...parts, home: turned, past: t.frozen(t.list(t.frozen(turned))), v: t.text() },
    partitionKey: ['id'],
  }),
  many: table('many', { columns: { id: t.int(), n: t.int(), note: t.text() }, partitionKey: ['id'] }),
  straight: table('straight', { columns: { id: t.int(), n: t.int(), note: t.text() }, partitionKey: ['id'] }),
};

let line: FaultProxy;
let fixture: CopyFixture;
const places: { nodes: readonly string[] } = { nodes: [] };
const other: SourceAddress = {
  kind: 'cluster',
  at: { kind: 'nodes', contactPoints: () => places.nodes, localDataCenter: null, tls: null },
  keyspace: there,
  credentials: null,
  consistency: 'LOCAL_ONE',
};

async function reconnected(): Promise<void> {
  line = await faultProxy(cassandraAddress());
  places.nodes = [line.address];
}

beforeAll(async () => {
  await reconnected();
  const bundle: SourceAddress = { ...other, at: { kind: 'bundle', path: import.meta.filename } };
  fixture = await copyFixture(own, { addresses: { other, bundle, file: { kind: 'file', path: 'x.db' } } });
  const { client } = fixture.base.connection;
  const ddl = [
    `DROP KEYSPACE IF EXISTS ${there}`,
    `CREATE KEYSPACE ${there} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    `CREATE TYPE ${there}.address (street text, zip int)`,
    `CREATE TABLE ${there}.parts (id int PRIMARY KEY, tags set<text>, names map<text, int>, words list<text>, home address,
       past frozen<list<frozen<address>>>, v text, extra int)`,
    `CREATE TABLE ${there}.many (id int PRIMARY KEY, n int, note text)`,
    `CREATE TABLE ${there}.masked (id int PRIMARY KEY, v text MASKED WITH DEFAULT)`,
  ];
  for (const statement of ddl) await client.execute(statement);
  const insert = `INSERT INTO ${there}.many (id, n, note) VALUES (?, ?, ?) USING TIMESTAMP ${baseTime}`;
  for (let from = 0; from < rowCount; from += 500) {
    const ids = Array.from({ length: 500 }, (_, at) => from + at);
    await Promise.all(ids.map((id) => client.execute(insert, [id, id, `note ${id}`], { prepare: true })));
  }
  await fixture.create(turned, target.parts, target.many, target.straight);
});
afterAll(async () => {
  await fixture?.base.cql(`DROP KEYSPACE IF EXISTS ${there}`);
  await fixture?.close();
  await line?.[Symbol.asyncDispose]();
});

const run = (data: Parameters<CopyFixture['run']>[0], options?: RunOptions): ReturnType<CopyFixture['run']> =>
  fixture.run(data, options);

describe('a table of another cluster', () => {
  it('comes over with the times and TTLs of its elements and fields, its types by the names of their fields', async () => {
    const at = (micros: number): string => `USING TIMESTAMP ${baseTime + BigInt(micros)}`;
    const statements = [
      `INSERT INTO ${there}.parts (id, v, tags) VALUES (1, 'one', {'a'}) ${at(1)}`,
      `UPDATE ${there}.parts ${at(2)} AND TTL 86400 SET tags = tags + {'b'} WHERE id = 1`,
      `UPDATE ${there}.parts ${at(3)} SET names = names + {'x': 1}, home.zip = 7 WHERE id = 1`,
      `UPDATE ${there}.parts ${at(4)} SET names = names + {'y': 2}, home.street = 's' WHERE id = 1`,
      `UPDATE ${there}.parts ${at(5)} SET words = ['w', 'w'], past = [{street: 'p', zip: 1}, {street: null, zip: 2}] WHERE id = 1`,
      `INSERT INTO ${there}.parts (id, home, v) VALUES (2, {street: null, zip: 3}, null) ${at(6)}`,
      `INSERT INTO ${there}.parts (id) VALUES (3)`,
    ];
    for (const statement of statements) await fixture.base.cql(statement);
    const { result } = await run(copy({ from: source.parts, into: target.parts }));
    expect(result).toMatchObject({ read: 3, written: 3, rejected: 0 });
    const shown = async (keyspace: string): Promise<unknown> =>
      fixture.query(`SELECT JSON id, v, tags, writetime(tags) AS tw, names, writetime(names) AS nw, words, home.zip AS zip,
        writetime(home.zip) AS zw, home.street AS street, writetime(home.street) AS sw, writetime(past) AS pw FROM ${keyspace}.parts`);
    expect(await shown(own)).toEqual(await shown(there));
    const [past] = await fixture.query('SELECT JSON past FROM KS.parts WHERE id = 1');
    const { past: addresses } = JSON.parse(String(past?.['[json]'])) as { readonly past: unknown };
    const [left] = await fixture.query("SELECT ttl(tags['a']) AS a, ttl(tags['b']) AS b FROM KS.parts WHERE id = 1");
    expect(addresses).toEqual([
      { street: 'p', zip: 1, country: null },
      { street: null, zip: 2, country: null },
    ]);
    expect(left?.['a']).toBeNull();
    expect(Math.abs(Number(left?.['b']) - 86_400)).toBeLessThan(60);
  });

  it('goes on as it is where types are equal', async () => {
    const { result } = await run(copy({ from: source.many, into: target.straight }));
    expect(result).toMatchObject({ read: rowCount, transformed: rowCount, written: rowCount, collisions: 0 });
    const times = await fixture.query(
      'SELECT min(writetime(n)) AS a, max(writetime(n)) AS b, count(*) AS c FROM KS.straight',
    );
    expect(String([times[0]?.['a'], times[0]?.['b'], times[0]?.['c']])).toBe(`${baseTime},${baseTime},${rowCount}`);
  });

  it('is read on where it was left when its nodes went away', { timeout: 120_000 }, async () => {
    let seen = 0;
    const counted = copy({
      from: source.many,
      into: target.many,
      columns: {
        n: ({ n }) => {
          seen += 1;
          if (seen === rowCount / 2) void line[Symbol.asyncDispose]();
          return n;
        },
      },
    });
    await expect(run(counted)).rejects.toMatchObject({
      code: 'SOURCE_CONNECTION_LOST',
      message: expect.stringContaining('source other'),
    });
    const finished = fixture.checkpoints();
    const done = finished.filter(({ state }) => state === 'done');
    const read = done.reduce((sum, { accounts }) => sum + (accounts?.read ?? 0), 0);
    expect(done.length).toBeGreaterThan(5);
    await expect(run(counted, { attempt: 2, finished })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });

    await reconnected();
    seen = rowCount;
    const { result, checkpoints } = await run(counted, { attempt: 2, finished });
    expect(seen - rowCount).toBe(rowCount - read);
    expect(checkpoints.filter(({ range }) => done.some((one) => one.range === range))).toEqual([]);
    expect(result).toMatchObject({ read: rowCount, written: rowCount });
    const [count] = await fixture.query('SELECT count(*) AS c FROM KS.many');
    expect(String(count?.['c'])).toBe(String(rowCount));
  });

  it('is read anew when it is another table by now', async () => {
    const first = await run(copy({ from: source.many, into: target.straight }));
    const finished = first.checkpoints.map((one) => ({
      ...one,
      detail: { ...one.detail, identity: 'an earlier one' },
    }));
    const { checkpoints } = await run(copy({ from: source.many, into: target.straight }), { attempt: 2, finished });
    expect(checkpoints.length).toBe(first.checkpoints.length);
  });

  it.each([
    [{ connection: 'nowhere' }, 'SOURCE_CONNECTION_UNKNOWN', 'no source nowhere'],
    [{ connection: 'file' }, 'SOURCE_ADDRESS_INVALID', 'source file is not the address of a cluster'],
    [{ connection: 'bundle' }, 'SECURE_BUNDLE_INVALID', 'other-cluster.test.ts cannot be used'],
    [{ keyspace: 'not_there' }, 'SOURCE_TABLE_MISSING', 'no keyspace not_there'],
    [{ name: 'mani' }, 'SOURCE_TABLE_MISSING', `no table ${there}.mani`],
    [{ columns: { id: t.int(), note: t.ascii() } }, 'SOURCE_COLUMNS', 'column note: live text, wanted ascii'],
    [{ columns: { id: t.int(), m: t.int() } }, 'SOURCE_COLUMNS', 'it has no column m int'],
    [
      { name: 'parts', columns: { id: t.int(), home: turned } },
      'SOURCE_COLUMNS',
      'type address: live (street text, zip int), wanted (zip int, street text, country text)',
    ],
  ])('says what is wrong: %#', async (wrong, code, message) => {
    const { name = 'many', ...rest }: { readonly name?: string; readonly keyspace?: string } & object = wrong;
    const definition = { connection: 'other', columns: { id: t.int() }, partitionKey: ['id'] as const, ...rest };
    const from = cassandra.table(name, definition);
    await expect(run(copy({ from, into: target.many }))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('is refused when its key is another one', async () => {
    const columns = { id: t.int(), n: t.int() };
    const from = cassandra.table('many', { connection: 'other', columns, partitionKey: ['id'], clusteringKey: ['n'] });
    await expect(run(copy({ from, into: target.many }))).rejects.toMatchObject({ code: 'SOURCE_COLUMNS' });
  });

  it('is read at the consistency of its source, and its errors name it', async () => {
    const rows = createRows(fixture.base.connection, { source: 'other' });
    const from = fixture.table('many');
    const [range] = rows.split(1);
    if (range === undefined) throw new Error('the ring has no range');
    const request = { keyspace: 'gone', table: from, types: {}, columns: ['n'], range, times: true } as const;
    const scan = rows.scan({ ...request, consistency: 'LOCAL_ONE' })[Symbol.asyncIterator]();
    await expect(scan.next()).rejects.toMatchObject({
      code: 'READ_REFUSED',
      message: expect.stringContaining('gone.many of source other'),
    });
  });
});
