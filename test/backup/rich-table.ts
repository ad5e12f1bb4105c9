import { createTable } from '../../src/cql/create.ts';
import type { Table } from '../../src/model/schema.ts';
import { tableOf } from '../cassandra/rows-fixture.ts';
import type { BackupFixture } from './fixture.ts';

const scalars: Readonly<Record<string, string>> = {
  ascii: "'plain'",
  bigint: '-9223372036854775808',
  blob: '0x00ff',
  boolean: 'false',
  date: "'2026-11-22'",
  decimal: '-12345678901234567890.0123456789',
  double: '1.7976931348623157E308',
  duration: '1y2mo3w4d5h6m7s8ms9us10ns',
  float: '-0.5',
  inet: "'2001:db8::1'",
  int: '2147483647',
  smallint: '-32768',
  text: "''",
  time: "'23:59:59.999999999'",
  timestamp: '-1',
  timeuuid: '50554d6e-29bb-11e5-b345-feff819cdc9f',
  tinyint: '-128',
  uuid: 'ffffffff-ffff-4fff-bfff-ffffffffffff',
  varint: '170141183460469231731687303715884105728',
};

/** Every type, static columns, a composite partition key and clustering in both directions. */
export async function richTable(fixture: BackupFixture, name: string): Promise<Table> {
  await fixture.type('geo', { lat: 'double', lon: 'double' });
  await fixture.type('address', { street: 'text', zip: 'int', at: 'frozen<geo>' });
  const base = tableOf(name, {
    columns: {
      p: 'int',
      q: 'text',
      c: 'int',
      d: 'timeuuid',
      s_note: 'static text',
      s_tags: 'static set<text>',
      ...Object.fromEntries(Object.keys(scalars).map((type) => [`v_${type}`, type])),
      w_frozen: 'frozen<map<text, frozen<list<int>>>>',
      w_list: 'list<int>',
      w_map: 'map<text, int>',
      w_set: 'set<text>',
      w_tuple: 'frozen<tuple<int, text, frozen<address>>>',
      w_udt: 'address',
      w_udts: 'frozen<list<frozen<address>>>',
      w_vector: 'vector<float, 3>',
    },
    partitionKey: ['p', 'q'],
    clusteringKey: ['c', 'd'],
  });
  const table: Table = {
    ...base,
    clusteringKey: [
      { column: 'c', order: 'desc' },
      { column: 'd', order: 'asc' },
    ],
  };
  await fixture.cql(createTable(table, { keyspace: fixture.keyspace, id: null }));
  return table;
}

const time = '50554d6e-29bb-11e5-b345-feff819cdc9f';

/** Rows of every kind that a table can hold. */
export async function fillRichTable({ cql, keyspace }: BackupFixture, table: Table): Promise<void> {
  const name = `${keyspace}.${table.name}`;
  const columns = Object.keys(scalars).map((type) => `v_${type}`);
  const collections = `w_frozen, w_list, w_map, w_set, w_tuple, w_udt, w_udts, w_vector`;
  const contents = `{'a': [1, 2], 'b': []}, [3, 1, 3, 2], {'x': 1, 'y': 2}, {'t', 'a', ''},
    (1, null, {street: 'Hauptstraße', zip: null, at: {lat: 1.5, lon: -2.5}}),
    {street: null, zip: 12345, at: {lat: 0, lon: 1}}, [{street: 'a', zip: 1, at: null}], [1.5, -2.5, 0]`;
  for (let p = 0; p < 8; p += 1) {
    for (let c = 0; c < 6; c += 1) {
      await cql(
        `INSERT INTO ${name} (p, q, c, d, ${columns.join(', ')}, ${collections}) VALUES (${p}, 'q${p}', ${c}, ${time}, ${Object.values(scalars).join(', ')}, ${contents}) USING TIMESTAMP ${1_700_000_000_000_000 + p * 100 + c}`,
      );
    }
    await cql(`UPDATE ${name} SET s_note = 'note ${p}', s_tags = {'a', 'b'} WHERE p = ${p} AND q = 'q${p}'`);
  }
  const one = "p = 1 AND q = 'q1' AND c = 2";
  await cql(
    `UPDATE ${name} SET v_text = 'later', w_list = w_list + [9], w_set = w_set + {'z'} WHERE ${one} AND d = ${time}`,
  );
  await cql(`UPDATE ${name} SET w_udt.zip = 5, w_map['z'] = 3 WHERE ${one} AND d = ${time}`);
  // cells, elements and whole rows that end by themselves
  await cql(
    `UPDATE ${name} USING TTL 86400 SET v_int = 7, w_set = w_set + {'soon'}, w_map['soon'] = 1 WHERE ${one} AND d = ${time}`,
  );
  await cql(`INSERT INTO ${name} (p, q, c, d, v_int) VALUES (20, 'ttl', 1, ${time}, 1) USING TTL 86400`);
  await cql(`UPDATE ${name} USING TTL 86400 SET s_note = 'soon gone' WHERE p = 3 AND q = 'q3'`);
  // only a key; without a marker; only a static row; an element of a static set only
  await cql(`INSERT INTO ${name} (p, q, c, d) VALUES (21, 'key', 1, ${time})`);
  await cql(`UPDATE ${name} SET v_int = 1 WHERE p = 22 AND q = 'no marker' AND c = 1 AND d = ${time}`);
  await cql(`INSERT INTO ${name} (p, q, s_note) VALUES (23, '', 'alone')`);
  await cql(`UPDATE ${name} SET s_tags = s_tags + {'x'} WHERE p = 24 AND q = 'static'`);
}
