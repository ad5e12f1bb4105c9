/** A keyspace of an older cluster with what its tables can hold, and the migration that brings it over. */

export const schemaOf = [
  'CREATE TYPE $ks.inner_type (n int, words frozen<list<text>>)',
  `CREATE TABLE $ks.every_type (k1 uuid, k2 timeuuid, a ascii, b bigint, c blob, d boolean, e date, f decimal, g double,
     h duration, i float, j inet, k int, l smallint, m text, n time, o timestamp, p tinyint, q varint, gone text,
     s tuple<int, frozen<set<text>>>, u inner_type, v frozen<inner_type>, w text, x list<frozen<map<text, frozen<set<int>>>>>,
     y set<frozen<inner_type>>, z map<timeuuid, blob>, ff frozen<map<int, text>>, st map<text, text> static,
     PRIMARY KEY (k1, k2)) WITH CLUSTERING ORDER BY (k2 DESC)`,
  'CREATE TABLE $ks.plain (id int, at int, v text, n bigint, PRIMARY KEY (id, at))',
  `CREATE MATERIALIZED VIEW $ks.plain_by_v AS SELECT * FROM $ks.plain WHERE v IS NOT NULL AND id IS NOT NULL AND at IS NOT NULL
     PRIMARY KEY (v, id, at)`,
  'CREATE TABLE $ks.visits (page text PRIMARY KEY, hits counter)',
];

const one = '5f0f1a5e-27a1-4b6f-9a65-5d1d3c9c3a0';
const at = '50554d6e-29bb-11e5-b345-feff819cdc9f';

export const rowsOf = [
  `INSERT INTO $ks.every_type JSON '{"k1": "${one}1", "k2": "${at}",
     "a": "ascii", "b": 9007199254740993, "c": "0x00ff", "d": true, "e": "-0001-01-01", "f": 1.10, "g": 0.1, "h": "1y2mo3d4h5m6s7ms8us9ns",
     "i": 1.5, "j": "::1", "k": -1, "l": 32767, "m": "täxt", "n": "23:59:59.999999999", "o": "2026-01-01 00:00:00.123Z", "p": -128,
     "q": 123456789012345678901234567890, "s": [1, ["a"]], "u": {"n": null, "words": ["w"]}, "v": {"n": 1, "words": null},
     "w": "{}", "x": [{"a": [1, 2]}, {}], "y": [{"n": 2, "words": []}], "z": {"${at}": "0x01"},
     "ff": {"1": "one"}, "st": {"s": "t"}}' USING TIMESTAMP 1700000000000001`,
  `UPDATE $ks.every_type USING TIMESTAMP 1700000000000777 SET m = 'later', gone = 'x' WHERE k1 = ${one}1 AND k2 = ${at}`,
  `INSERT INTO $ks.every_type (k1, k2, g, i, m, c, x) VALUES (${one}2, ${at}, NaN, -Infinity, '', 0x, [{'a': {1}}]) USING TTL 86400`,
  `INSERT INTO $ks.every_type (k1, k2) VALUES (${one}3, ${at})`,
  `INSERT INTO $ks.every_type (k1, st) VALUES (${one}4, {'static': 'only'})`,
  'ALTER TABLE $ks.every_type DROP gone',
  "INSERT INTO $ks.plain (id, at, v, n) VALUES (1, 1, 'one', 1) USING TIMESTAMP 1700000000000005",
  "INSERT INTO $ks.plain (id, at, v, n) VALUES (1, 2, 'two', 2) USING TTL 86400 AND TIMESTAMP 1700000000000006",
  'UPDATE $ks.plain USING TIMESTAMP 1700000000000007 SET n = 3 WHERE id = 1 AND at = 1',
  "UPDATE $ks.plain USING TIMESTAMP 1700000000000008 SET v = 'three' WHERE id = 2 AND at = 1",
  "UPDATE $ks.visits SET hits = hits + 41 WHERE page = 'a'",
  "UPDATE $ks.visits SET hits = hits + 1 WHERE page = 'a'",
];

const everyType = `a: t.ascii(), b: t.bigint(), c: t.blob(), d: t.boolean(), e: t.date(), f: t.decimal(), g: t.double(), h: t.duration(),
    i: t.float(), j: t.inet(), k: t.int(), l: t.smallint(), m: t.text(), n: t.time(), o: t.timestamp(), p: t.tinyint(), q: t.varint(),
    s: t.tuple(t.int(), t.frozen(t.set(t.text()))), w: t.json(), x: t.list(t.frozen(t.map(t.text(), t.frozen(t.set(t.int()))))),
    z: t.map(t.timeuuid(), t.blob()), ff: t.frozen(t.map(t.int(), t.text())), st: t.static(t.map(t.text(), t.text()))`;

/** The type has its fields in another order here, and one more. */
export const migration = `
import { copy, desc, migration, t, table, udt } from 'cqlform';
import { cassandra } from 'cqlform/cassandra';

const there = udt('inner_type', { n: t.int(), words: t.frozen(t.list(t.text())) });
const inner = udt('inner_type', { words: t.frozen(t.list(t.text())), n: t.int(), more: t.text() });
const old = cassandra.table('every_type', {
  connection: 'legacy',
  columns: { k1: t.uuid(), k2: t.timeuuid(), ${everyType}, u: there, v: t.frozen(there), y: t.set(t.frozen(there)) },
  partitionKey: ['k1'],
  clusteringKey: [desc('k2')],
});
const every = table('every_type', {
  columns: { k1: t.uuid(), k2: t.timeuuid(), ${everyType}, u: inner, v: t.frozen(inner), y: t.set(t.frozen(inner)) },
  partitionKey: ['k1'],
  clusteringKey: [desc('k2')],
});
const plainColumns = { id: t.int(), at: t.int(), v: t.text(), n: t.bigint() };
const oldPlain = cassandra.table('plain', { connection: 'legacy', columns: plainColumns, partitionKey: ['id'], clusteringKey: ['at'] });
const plain = table('plain', { columns: plainColumns, partitionKey: ['id'], clusteringKey: ['at'] });
const oldByV = cassandra.table('plain_by_v', { connection: 'legacy', columns: plainColumns, partitionKey: ['v'], clusteringKey: ['id', 'at'] });
const byV = table('by_v', { columns: plainColumns, partitionKey: ['v'], clusteringKey: ['id', 'at'] });
const oldVisits = cassandra.table('visits', { connection: 'legacy', columns: { page: t.text(), hits: t.counter() }, partitionKey: ['page'] });
const visits = table('visits', { columns: { page: t.text(), hits: t.bigint() }, partitionKey: ['page'] });

export default migration({
  description: 'From the old cluster',
  schema: [inner, every, plain, byV, visits],
  data: [
    copy({ from: old, into: every }),
    copy({ from: oldPlain, into: plain }),
    copy({ from: oldByV, into: byV }),
    copy({ from: oldVisits, into: visits, columns: { hits: ({ hits }) => hits } }),
  ],
});
`;
