import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDigest } from '../../src/cql/digest.ts';
import { int64Bytes } from '../../src/cql/int64.ts';
import type { StoredRow } from '../../src/model/row.ts';
import { cellColumns, type RowsFixture, ring, rowsFixture, tableOf } from './rows-fixture.ts';

const keyspace = 'rows_tables';
let fixture: RowsFixture;
beforeAll(async () => {
  fixture = await rowsFixture(keyspace);
});
afterAll(async () => {
  await fixture.close();
});

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const number = (bytes: Uint8Array | undefined): number => Buffer.from(bytes ?? []).readInt32BE();

describe('static columns', () => {
  const definition = {
    columns: { k: 'int', c: 'int', s: 'static text', z: 'static set<int>', v: 'text' },
    partitionKey: ['k'],
    clusteringKey: ['c'],
  };

  it('come once per partition, before its rows, and alone where there are no rows', async () => {
    const table = await fixture.table('statics', definition);
    const name = `${keyspace}.statics`;
    for (const c of [1, 2, 3])
      await fixture.cql(`INSERT INTO ${name} (k, c, v) VALUES (1, ${c}, 'v${c}') USING TIMESTAMP 10`);
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 20 SET s = 'one', z = {1, 2} WHERE k = 1`);
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 20 SET s = 'only' WHERE k = 2`);
    await fixture.cql(`INSERT INTO ${name} (k, c, v) VALUES (3, 1, 'none') USING TIMESTAMP 10`);
    const rows = await fixture.read(table);
    const shape = rows.map((row) => `${row.kind} ${number(row.partitionKey[0])}`);
    expect(shape.filter((line) => line.endsWith(' 1'))).toEqual(['static 1', 'row 1', 'row 1', 'row 1']);
    expect(shape.filter((line) => line.endsWith(' 2'))).toEqual(['static 2']);
    expect(shape.filter((line) => line.endsWith(' 3'))).toEqual(['row 3']);
    expect(rows.find((row) => row.kind === 'static' && number(row.partitionKey[0]) === 1)?.cells).toHaveLength(2);

    const twin = await fixture.table('statics_twin', definition);
    await fixture.write(twin, rows);
    expect(await fixture.read(twin)).toEqual(rows);

    const regular = await fixture.read(table, { columns: ['v'] });
    expect(regular.map((row) => `${row.kind} ${number(row.partitionKey[0])}`).sort()).toEqual([
      'row 1',
      'row 1',
      'row 1',
      'row 3',
    ]);
    const otherStatic = await fixture.read(table, { columns: ['z'] });
    expect(otherStatic.filter((row) => row.kind === 'static').map((row) => row.cells)).toEqual(
      expect.arrayContaining([[null], [expect.objectContaining({ kind: 'elements' })]]),
    );
  });

  it('do not repeat where a partition goes over many pages', async () => {
    const table = await fixture.table('long', definition);
    const writer = fixture.rows.write({ keyspace, table, types: {}, consistency: 'QUORUM' });
    const total = 30_000;
    for (let c = 0; c < total; c++) {
      await writer.write({
        kind: 'insert',
        partitionKey: [int(1)],
        clusteringKey: [int(c)],
        cells: { v: Buffer.from(`value ${c}`) },
        timestamp: 1000n,
        ttl: 0,
      });
    }
    await writer.write({
      kind: 'update',
      partitionKey: [int(1)],
      clusteringKey: null,
      cells: { s: Buffer.from('static') },
      add: {},
      fields: {},
      timestamp: 1000n,
      ttl: 0,
    });
    await writer.flush();
    let pages = 0;
    const rows: StoredRow[] = [];
    const request = { keyspace, table, types: {}, columns: ['s', 'v'], range: ring, consistency: 'ONE' as const };
    for await (const page of fixture.rows.scan({ ...request, times: false })) {
      pages++;
      rows.push(...page);
    }
    expect(rows.filter((row) => row.kind === 'static')).toHaveLength(1);
    expect(rows[0]?.kind).toBe('static');
    const clustering = rows.flatMap((row) => (row.kind === 'row' ? [number(row.clusteringKey[0])] : []));
    expect(clustering).toEqual(Array.from({ length: total }, (_, index) => index));
    expect(pages).toBeGreaterThan(3);
    expect(pages).toBeLessThan(40);
  });
});

describe('rows', () => {
  it('exist with nothing but their key, and come back with the time they are given', async () => {
    const definition = { columns: { k: 'int', c: 'int', v: 'text' }, partitionKey: ['k'], clusteringKey: ['c'] };
    const table = await fixture.table('key_only', definition);
    await fixture.cql(`INSERT INTO ${keyspace}.key_only (k, c) VALUES (1, 1) USING TIMESTAMP 10`);
    await fixture.cql(`INSERT INTO ${keyspace}.key_only (k, c, v) VALUES (1, 2, 'x') USING TIMESTAMP 10`);
    await fixture.cql(`DELETE v FROM ${keyspace}.key_only USING TIMESTAMP 20 WHERE k = 1 AND c = 2`);
    const rows = await fixture.read(table);
    expect(rows.map((row) => row.cells)).toEqual([[null], [null]]);
    const twin = await fixture.table('key_only_twin', definition);
    await fixture.write(twin, rows, { policy: { kind: 'original', floor: null, keyOnly: 5000n } });
    expect(await fixture.read(twin)).toEqual(rows);
    await fixture.cql(`DELETE FROM ${keyspace}.key_only_twin USING TIMESTAMP 4999 WHERE k = 1`);
    expect(await fixture.read(twin)).toEqual(rows);
    await fixture.cql(`DELETE FROM ${keyspace}.key_only_twin USING TIMESTAMP 5000 WHERE k = 1`);
    expect(await fixture.read(twin)).toEqual([]);
  });

  it('keep a marker at the time of their oldest cell, that lives as long as the longest', async () => {
    const definition = { columns: { k: 'int', a: 'text', b: 'text' }, partitionKey: ['k'] };
    const table = await fixture.table('markers', definition);
    await fixture.cql(`INSERT INTO ${keyspace}.markers (k, a) VALUES (1, 'a') USING TIMESTAMP 100`);
    await fixture.cql(`UPDATE ${keyspace}.markers USING TIMESTAMP 200 SET b = 'b' WHERE k = 1`);
    await fixture.write(table, await fixture.read(table), { policy: { kind: 'original', floor: null, keyOnly: 1n } });
    await fixture.cql(`DELETE a, b FROM ${keyspace}.markers USING TIMESTAMP 300 WHERE k = 1`);
    expect((await fixture.read(table)).map((row) => row.cells)).toEqual([[null, null]]);
    await fixture.cql(`DELETE FROM ${keyspace}.markers USING TIMESTAMP 99 WHERE k = 1`);
    expect(await fixture.read(table)).toHaveLength(1);
    await fixture.cql(`DELETE FROM ${keyspace}.markers USING TIMESTAMP 100 WHERE k = 1`);
    expect(await fixture.read(table)).toEqual([]);
  });

  it('raise to the floor, or all take one fixed time', async () => {
    const definition = { columns: { k: 'int', a: 'text', b: 'text' }, partitionKey: ['k'] };
    const table = await fixture.table('floors', definition);
    await fixture.cql(`INSERT INTO ${keyspace}.floors (k, a) VALUES (1, 'a') USING TIMESTAMP 100`);
    await fixture.cql(`UPDATE ${keyspace}.floors USING TIMESTAMP 200 SET b = 'b' WHERE k = 1`);
    const rows = await fixture.read(table);
    const times = async (name: string): Promise<unknown> =>
      (await fixture.read(tableOf(name, definition))).map((row) =>
        row.cells.map((cell) => (cell?.kind === 'value' ? cell.writeTime : null)),
      );
    const raised = await fixture.table('floors_raised', definition);
    await fixture.write(raised, rows, { policy: { kind: 'original', floor: 150n, keyOnly: 1n } });
    expect(await times('floors_raised')).toEqual([[150n, 200n]]);
    const fixed = await fixture.table('floors_fixed', definition);
    await fixture.write(fixed, rows, { policy: { kind: 'fixed', at: 777n } });
    expect(await times('floors_fixed')).toEqual([[777n, 777n]]);
  });

  it('stay for good in a table whose default lets rows expire', async () => {
    const columns = { k: 'int', v: 'text', s: 'set<int>', l: 'list<int>' };
    const table = await fixture.table('forever', { columns, partitionKey: ['k'] });
    await fixture.cql(`INSERT INTO ${keyspace}.forever (k, v, s, l) VALUES (1, 'v', {1}, [1]) USING TIMESTAMP 100`);
    const rows = await fixture.read(table);
    const options = { default_time_to_live: 100 };
    const twin = await fixture.table('forever_twin', { columns, partitionKey: ['k'], options });
    await fixture.write(twin, rows);
    expect(await fixture.read(twin)).toEqual(rows);
  });

  it('have names that need quotes, and types inside types', async () => {
    await fixture.type('Pair_X', { select: 'int', 'From "here"': 'frozen<list<text>>' });
    const definition = {
      columns: {
        'Key "1"': 'text',
        order: 'int',
        ['__proto__']: 'int',
        Select: 'frozen<map<text, frozen<set<int>>>>',
        token: 'tuple<int, text>',
        constructor: 'vector<float, 3>',
        pair: '"Pair_X"',
        ttl: 'frozen<"Pair_X">',
        writetime: 'list<frozen<"Pair_X">>',
        'cqlform raw': 'int',
      },
      partitionKey: ['Key "1"', 'order'],
    };
    const table = await fixture.table('OddNames', definition);
    const name = `${keyspace}."OddNames"`;
    await fixture.cql(`INSERT INTO ${name} ("Key ""1""", "order", "__proto__", "Select", "token", constructor, pair, "ttl", "writetime", "cqlform raw")
      VALUES ('k', 1, 2, {'a': {1, 2}}, (1, null), [1, 2.5, -3], {"select": 1, "From ""here""": ['x']}, {"select": null}, [{"select": 3}], 9) USING TIMESTAMP 77`);
    const rows = await fixture.read(table);
    expect(rows[0]?.cells.every((cell) => cell !== null)).toBe(true);
    const twin = await fixture.table('OddTwin', definition);
    await fixture.write(twin, rows);
    expect(await fixture.read(twin)).toEqual(rows);
  });

  it('are deleted, and set and unset cell by cell', async () => {
    const table = await fixture.table('cells', {
      columns: { k: 'int', c: 'int', a: 'text', b: 'text', s: 'set<int>' },
      partitionKey: ['k'],
      clusteringKey: ['c'],
    });
    const writer = fixture.rows.write({ keyspace, table, types: {}, consistency: 'LOCAL_QUORUM' });
    const key = (c: number): { partitionKey: Buffer[]; clusteringKey: Buffer[] } => ({
      partitionKey: [int(1)],
      clusteringKey: [int(c)],
    });
    const ab = { a: Buffer.from('a'), b: Buffer.from('b') };
    for (const c of [1, 2, 3]) await writer.write({ kind: 'insert', ...key(c), cells: ab, timestamp: 10n, ttl: 0 });
    await writer.write({ kind: 'insert', ...key(1), cells: { a: null }, timestamp: 20n, ttl: 0 });
    const update = { add: {}, fields: {}, timestamp: 20n, ttl: 0 };
    await writer.write({ kind: 'update', ...key(2), cells: { b: Buffer.from('B') }, ...update });
    await writer.write({ kind: 'delete-row', ...key(3), timestamp: 20n });
    await writer.flush();
    const rows = await fixture.read(table, { times: false });
    const cells = rows.map((row) => row.cells.map((cell) => (cell?.kind === 'value' ? text(cell.bytes) : cell)));
    expect(cells).toEqual([
      [null, 'b', null],
      ['a', 'B', null],
    ]);
  });

  it('count', async () => {
    const table = await fixture.table('counters', {
      columns: { k: 'int', c: 'int', n: 'counter', m: 'counter', t: 'static counter' },
      partitionKey: ['k'],
      clusteringKey: ['c'],
    });
    const writer = fixture.rows.write({ keyspace, table, types: {}, consistency: 'QUORUM' });
    const key = { partitionKey: [int(1)], clusteringKey: [int(2)] };
    await writer.write({ kind: 'count', ...key, add: { n: 2n ** 40n, m: -3n } });
    await writer.write({ kind: 'count', ...key, add: { n: 5n } });
    await writer.write({ kind: 'count', partitionKey: [int(1)], clusteringKey: null, add: { t: 7n } });
    await writer.flush();
    for (const times of [true, false]) {
      expect(await fixture.read(table, { times })).toEqual([
        { kind: 'static', partitionKey: key.partitionKey, cells: [{ kind: 'counter', value: 7n }] },
        {
          kind: 'row',
          ...key,
          cells: [
            { kind: 'counter', value: 2n ** 40n + 5n },
            { kind: 'counter', value: -3n },
          ],
        },
      ]);
    }
    expect(fixture.rows.untimedColumns(table)).toEqual([]);
    const newest = await fixture.rows.newestWriteTime({ keyspace, table, types: {}, columns: ['n', 't'] });
    expect(Number(newest) / 1000).toBeGreaterThan(Date.now() - 600_000);
  });
});

describe('a scan', () => {
  it('keeps its pages near a megabyte, however wide the rows are', async () => {
    const table = await fixture.table('wide', { columns: { k: 'int', v: 'blob' }, partitionKey: ['k'] });
    const writer = fixture.rows.write({ keyspace, table, types: {}, consistency: 'QUORUM' });
    for (let k = 0; k < 120; k++) {
      await writer.write({
        kind: 'insert',
        partitionKey: [int(k)],
        clusteringKey: [],
        cells: { v: Buffer.alloc(200_000, k) },
        timestamp: 1n,
        ttl: 0,
      });
    }
    await writer.flush();
    const sizes: number[] = [];
    const request = { keyspace, table, types: {}, columns: ['v'], range: ring, consistency: 'ONE' as const };
    for await (const page of fixture.rows.scan({ ...request, times: true })) {
      sizes.push(page.length);
      for (const row of page) {
        const [cell] = row.cells;
        if (cell?.kind !== 'value') throw new Error('no value');
        expect(cell.bytes).toHaveLength(200_000);
        expect(cell.bytes[0]).toBe(number(row.partitionKey[0]) % 256);
      }
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(120);
    // nothing tells beforehand how wide rows are: the first pages may be larger
    expect(Math.max(...sizes.slice(2))).toBeLessThanOrEqual(5);
  });

  it('gives the same rows in any split of the ring, each in one range', async () => {
    const table = await fixture.table('ranges', { columns: { k: 'bigint', v: 'int' }, partitionKey: ['k'] });
    const writer = fixture.rows.write({ keyspace, table, types: {}, consistency: 'QUORUM' });
    for (let k = 0; k < 3000; k++) {
      const partitionKey = [int64Bytes(BigInt(k))];
      await writer.write({
        kind: 'insert',
        partitionKey,
        clusteringKey: [],
        cells: { v: int(k) },
        timestamp: 1n,
        ttl: 0,
      });
    }
    await writer.flush();
    const whole = createDigest(table.columns.filter((column) => column.name === 'v'));
    for (const row of await fixture.read(table)) whole.add(row);
    expect(whole.rows).toBe(3000);
    for (const parts of [2, 37]) {
      const merged = createDigest(table.columns.filter((column) => column.name === 'v'));
      for (const range of fixture.rows.split(parts)) {
        const digest = createDigest(table.columns.filter((column) => column.name === 'v'));
        const request = { keyspace, table, types: {}, columns: ['v'], range, consistency: 'ALL' as const };
        for await (const page of fixture.rows.scan({ ...request, times: true })) {
          for (const row of page) digest.add(row);
        }
        merged.merge(digest.state());
      }
      expect(merged.state()).toEqual(whole.state());
    }
  });

  it('can be left early', async () => {
    const table = tableOf('ranges', { columns: { k: 'bigint', v: 'int' }, partitionKey: ['k'] });
    const request = { keyspace, table, types: {}, columns: ['v'], range: ring, consistency: 'ONE' as const };
    let seen = 0;
    for await (const page of fixture.rows.scan({ ...request, times: false })) {
      seen += page.length;
      break;
    }
    expect(seen).toBeGreaterThan(0);
  });

  it('names the table when it is refused', async () => {
    const gone = tableOf('never_was', { columns: { k: 'int', v: 'int' }, partitionKey: ['k'] });
    await expect(fixture.read(gone)).rejects.toMatchObject({
      code: 'READ_REFUSED',
      fields: { keyspace, table: 'never_was', consistency: 'ONE' },
    });
    await expect(fixture.read(gone, { columns: ['nope'] })).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' });
  });
});

describe('what a table is asked', () => {
  it('tells its newest write time over scalars, statics, collections and UDT fields', async () => {
    await fixture.type('point', { x: 'int', y: 'int' });
    const table = await fixture.table('newest', {
      columns: { k: 'int', c: 'int', s: 'static int', v: 'int', l: 'list<int>', m: 'map<int, int>', u: 'point' },
      partitionKey: ['k'],
      clusteringKey: ['c'],
    });
    const name = `${keyspace}.newest`;
    const types = fixture.types;
    const newest = (...columns: string[]): Promise<bigint | null> =>
      fixture.rows.newestWriteTime({ keyspace, table, types, columns });
    expect(await newest(...cellColumns(table))).toBeNull();
    for (let k = 0; k < 50; k++) {
      await fixture.cql(`INSERT INTO ${name} (k, c, v, l) VALUES (${k}, 1, 1, [1]) USING TIMESTAMP ${1000 + k}`);
    }
    expect(await newest('v')).toBe(1049n);
    expect(await newest('s')).toBeNull();
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 2000 SET m[1] = 1 WHERE k = 7 AND c = 1`);
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 3000 SET u.y = 1 WHERE k = 8 AND c = 1`);
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 4000 SET s = 1 WHERE k = 999`);
    expect(await newest('m')).toBe(2000n);
    expect(await newest('u')).toBe(3000n);
    expect(await newest('s')).toBe(4000n);
    expect(await newest('v', 'm')).toBe(2000n);
    expect(await newest(...cellColumns(table))).toBe(4000n);
    expect(await newest()).toBeNull();
  });

  it('tells whether it is empty; a partition of static cells only is something', async () => {
    await fixture.table('empty', {
      columns: { k: 'int', c: 'int', s: 'static int' },
      partitionKey: ['k'],
      clusteringKey: ['c'],
    });
    expect(await fixture.rows.isEmpty(keyspace, 'empty')).toBe(true);
    await fixture.cql(`UPDATE ${keyspace}.empty SET s = 1 WHERE k = 1`);
    expect(await fixture.rows.isEmpty(keyspace, 'empty')).toBe(false);
    await fixture.cql(`TRUNCATE ${keyspace}.empty`);
    expect(await fixture.rows.isEmpty(keyspace, 'empty')).toBe(true);
  });

  it('tells that nothing is masked where there is no mask, or nobody lacks a permission', async () => {
    const table = await fixture.table('masked', { columns: { k: 'int', v: 'text' }, partitionKey: ['k'] });
    expect(await fixture.rows.readsMasked(keyspace, table)).toBe(false);
    await fixture.cql(`ALTER TABLE ${keyspace}.masked ALTER v MASKED WITH DEFAULT`);
    expect(await fixture.rows.readsMasked(keyspace, table)).toBe(false);
  });
});
