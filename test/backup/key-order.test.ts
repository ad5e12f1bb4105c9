import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparePositions, Positions } from '../../src/backup/key-order.ts';
import { createTable } from '../../src/cql/create.ts';
import { tokenOf } from '../../src/cql/token.ts';
import type { Table } from '../../src/model/schema.ts';
import { type RowsFixture, rowsFixture, tableOf } from '../cassandra/rows-fixture.ts';
import { ownKeyspace } from './fixture.ts';
import { seeded } from './random.ts';

let fixture: RowsFixture;
beforeAll(async () => {
  fixture = await rowsFixture(ownKeyspace('backup_order'));
  await fixture.type('pair', { left: 'int', right: 'text' });
});
afterAll(async () => {
  await fixture.close();
});

const uuids = [
  '00000000-0000-1000-8000-000000000000',
  '00000000-0000-4000-8000-000000000001',
  'ffffffff-ffff-4fff-bfff-ffffffffffff',
  '50554d6e-29bb-11e5-b345-feff819cdc9f',
  '50554d6e-29bb-11e5-3345-feff819cdc9f',
  '10554d6e-29bb-11e6-b345-feff819cdc9f',
  'f0554d6e-29bb-11e4-b345-feff819cdc9f',
  '50554d6e-29bb-7ce5-b345-feff819cdc9f',
];

/** Values of each type that may stand in a clustering key, with the edges where orders go wrong. */
const values: Readonly<Record<string, readonly string[]>> = {
  ascii: ["''", "'a'", "'B'", "'ab'", "'~'"],
  bigint: ['0', '-1', '1', '9223372036854775807', '-9223372036854775808', '256'],
  blob: ['0x', '0x00', '0xff', '0x80', '0x7f', '0x00ff'],
  boolean: ['true', 'false'],
  date: ["'1970-01-01'", "'1969-12-31'", "'2026-11-22'", '0', '4294967295'],
  decimal: ['0', '1', '-1', '1.5', '-1.5', '0.001', '1e30', '-1e30', '10', '9.99', '1e-30', '123456.789', '1e300'],
  double: ['0.0', '-0.0', '1.5', '-1.5', 'NaN', 'Infinity', '-Infinity', '1e-300', '5e300'],
  float: ['0.0', '-0.0', '1.5', '-1.5', 'NaN', 'Infinity', '-Infinity'],
  inet: ["'127.0.0.1'", "'255.255.255.255'", "'::1'", "'ff00::'", "'0.0.0.0'", "'10.0.0.1'"],
  int: ['0', '-1', '1', '2147483647', '-2147483648', '256'],
  smallint: ['0', '-1', '1', '32767', '-32768'],
  text: ["''", "'a'", "'ä'", "'Z'", "'😀'", "'ab'"],
  time: ["'00:00:00'", "'23:59:59.999999999'", "'12:00:00'"],
  timestamp: ['0', '-1', '1700000000000', '-62135596800000'],
  timeuuid: uuids.filter((each) => each[14] === '1'),
  tinyint: ['0', '-1', '1', '127', '-128'],
  uuid: uuids,
  varint: ['0', '-1', '1', '128', '-128', '-129', '255', '256', '1000000000000000000000', '-1000000000000000000000'],
  'frozen<list<int>>': ['[]', '[1]', '[-1]', '[1, 2]', '[2]', '[1, -2]'],
  'frozen<set<text>>': ['{}', "{'a'}", "{'b'}", "{'a', 'b'}", "{'a', 'c'}"],
  'frozen<map<int, text>>': ["{1: 'a'}", "{-1: 'a'}", "{1: 'b'}", "{1: 'a', 2: 'b'}"],
  'frozen<tuple<int, text>>': ["(1, 'a')", "(1, 'b')", "(-1, 'z')", '(1, null)', "(null, 'a')", '(2, null)'],
  'frozen<pair>': [
    "{left: 1, right: 'a'}",
    "{left: -1, right: 'b'}",
    '{left: 1}',
    "{right: 'x'}",
    "{left: 2, right: ''}",
  ],
  'vector<float, 2>': ['[1.0, 2.0]', '[-1.0, 2.0]', '[1.0, -2.0]'],
  'frozen<list<frozen<map<text, varint>>>>': ["[{'a': 1}]", "[{'a': -1}]", "[{'a': 1}, {'b': 2}]", '[{}]'],
};

describe('the order of clustering keys', () => {
  it.each(Object.keys(values))('%s is as Cassandra has it, ascending and descending', async (type) => {
    const name = `o_${type.replaceAll(/[^a-z0-9]+/g, '_')}`;
    const definition = tableOf(name, {
      columns: { p: 'int', c: type, d: type, s: 'static int' },
      partitionKey: ['p'],
      clusteringKey: ['c', 'd'],
    });
    const table: Table = {
      ...definition,
      clusteringKey: [
        { column: 'c', order: 'asc' },
        { column: 'd', order: 'desc' },
      ],
    };
    await fixture.cql(createTable(table, { keyspace: fixture.keyspace, id: null }));
    const all = values[type] ?? [];
    for (const p of [1, 2]) {
      const pairs = all.flatMap((c) =>
        all.map((d) => `INSERT INTO ${fixture.keyspace}.${name} (p, c, d, s) VALUES (${p}, ${c}, ${d}, 1);`),
      );
      await fixture.cql(`BEGIN UNLOGGED BATCH ${pairs.join(' ')} APPLY BATCH`);
    }
    const rows = await fixture.read(table);
    expect(rows.length).toBe((all.length ** 2 + 1) * 2);
    const positions = new Positions();
    const placed = rows.map((row) => positions.of(row));
    const compare = comparePositions(table, fixture.types);
    const wrong: string[] = [];
    for (const [index, position] of placed.entries()) {
      for (const [other, against] of placed.entries()) {
        if (Math.sign(compare(position, against)) !== Math.sign(index - other)) wrong.push(`${index} and ${other}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('tokens', () => {
  it('are those that Cassandra computes, for keys of every length', async () => {
    const random = seeded(11);
    await fixture.table('single', { columns: { p: 'blob', v: 'int' }, partitionKey: ['p'] });
    await fixture.table('several', {
      columns: { p: 'blob', q: 'text', r: 'int', v: 'int' },
      partitionKey: ['p', 'q', 'r'],
    });
    const { client } = fixture.connection;
    const insert = { prepare: true } as const;
    const rows = Array.from({ length: 120 }, (_none, index) => ({
      p: random.bytes(index),
      q: 'é'.repeat(index % 7),
      r: random.below(1e9),
    }));
    for (const { p, q, r } of rows) {
      if (p.length > 0)
        await client.execute(`INSERT INTO ${fixture.keyspace}.single (p, v) VALUES (?, 1)`, [p], insert);
      await client.execute(
        `INSERT INTO ${fixture.keyspace}.several (p, q, r, v) VALUES (?, ?, ?, 1)`,
        [p, q, r],
        insert,
      );
    }
    const one = await client.execute(`SELECT p, token(p) AS t FROM ${fixture.keyspace}.single`);
    expect(one.rows.length).toBe(119);
    for (const row of one.rows) expect(tokenOf([row['p']])).toBe(BigInt(row['t']));
    const many = await client.execute(`SELECT p, q, r, token(p, q, r) AS t FROM ${fixture.keyspace}.several`);
    expect(many.rows.length).toBe(120);
    for (const row of many.rows) {
      const r = Buffer.alloc(4);
      r.writeInt32BE(row['r']);
      expect(tokenOf([row['p'], Buffer.from(row['q']), r])).toBe(BigInt(row['t']));
    }
  });
});
