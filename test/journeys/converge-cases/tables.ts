import type { Convergence } from '../converge.ts';
import { file, people, peopleRows } from './sources.ts';

/** Tables whole, their options and keys. */
export const tables: Readonly<Record<string, Convergence>> = {
  'create a table': {
    to: [file(people('made'), 'schema: [people]')],
    meanwhile: peopleRows('made'),
  },

  'drop a table with an index and a view': {
    from: [
      file(
        `${people('gone')}
const byName = view('gone_by_name', { from: people, columns: ['tags'], partitionKey: ['name'], clusteringKey: ['city', 'id'] });`,
        `schema: [people, index('gone_name', { on: people, column: 'name', using: 'sai' }), byName]`,
      ),
    ],
    rows: peopleRows('gone'),
    to: [
      file(
        people('gone', 'existing'),
        `schema: [drop({ kind: 'view', name: 'gone_by_name' }), drop({ kind: 'index', name: 'gone_name' }), drop(people)]`,
      ),
    ],
  },

  'drop a table of counters': {
    from: [
      file(
        `const hits = table('lost_hits', { columns: { page: t.text(), seen: t.counter(), clicked: t.counter() }, partitionKey: ['page'] });`,
        'schema: [hits]',
      ),
    ],
    rows: [
      `UPDATE $ks.lost_hits SET seen = seen + 5 WHERE page = 'a'`,
      `UPDATE $ks.lost_hits SET seen = seen - 7, clicked = clicked + 1 WHERE page = 'b'`,
    ],
    to: [
      file(
        `const hits = existing('lost_hits', { columns: { page: t.text() }, partitionKey: ['page'] });`,
        'schema: [drop(hits)]',
      ),
    ],
  },

  'drop a table of every type': {
    from: [
      file(
        `const inner = udt('inner_type', { n: t.int(), words: t.frozen(t.list(t.text())) });
const all = table('every_type', {
  columns: {
    k1: t.uuid(), k2: t.timeuuid(), a: t.ascii(), b: t.bigint(), c: t.blob(), d: t.boolean(), e: t.date(), f: t.decimal(), g: t.double(),
    h: t.duration(), i: t.float(), j: t.inet(), k: t.int(), l: t.smallint(), m: t.text(), n: t.time(), o: t.timestamp(), p: t.tinyint(),
    q: t.varint(), r: t.vector(2), s: t.tuple(t.int(), t.frozen(t.set(t.text()))), u: inner, v: t.frozen(inner), w: t.json(),
    x: t.list(t.frozen(t.map(t.text(), t.frozen(t.set(t.int()))))), y: t.set(t.frozen(inner)), z: t.map(t.timeuuid(), t.blob()), ff: t.frozen(t.map(t.int(), t.text())),
    st: t.static(t.map(t.text(), t.text())), vv: t.vector(2, t.text()),
  },
  partitionKey: ['k1'], clusteringKey: [desc('k2')],
});`,
        'schema: [inner, all]',
      ),
    ],
    rows: [
      `INSERT INTO $ks.every_type JSON '{"k1": "5f0f1a5e-27a1-4b6f-9a65-5d1d3c9c3a01", "k2": "50554d6e-29bb-11e5-b345-feff819cdc9f",
        "a": "ascii", "b": 9007199254740993, "c": "0x00ff", "d": true, "e": "-0001-01-01", "f": 1.10, "g": 0.1, "h": "1y2mo3d4h5m6s7ms8us9ns",
        "i": 1.5, "j": "::1", "k": -1, "l": 32767, "m": "täxt", "n": "23:59:59.999999999", "o": "2026-01-01 00:00:00.123Z", "p": -128,
        "q": 123456789012345678901234567890, "r": [1.5, -2.5], "s": [1, ["a"]], "u": {"n": null, "words": ["w"]}, "v": {"n": 1, "words": null},
        "w": "{}", "x": [{"a": [1, 2]}, {}], "y": [{"n": 2, "words": []}], "z": {"50554d6e-29bb-11e5-b345-feff819cdc9f": "0x01"},
        "ff": {"1": "one"}, "st": {"s": "t"}, "vv": ["p", "q"]}'`,
      `INSERT INTO $ks.every_type (k1, k2, g, i) VALUES (5f0f1a5e-27a1-4b6f-9a65-5d1d3c9c3a02, 50554d6e-29bb-11e5-b345-feff819cdc9f, NaN, -Infinity)`,
      `UPDATE $ks.every_type SET x = x + [{'b': {3}}] WHERE k1 = 5f0f1a5e-27a1-4b6f-9a65-5d1d3c9c3a01 AND k2 = 50554d6e-29bb-11e5-b345-feff819cdc9f`,
    ],
    to: [
      file(
        `const all = existing('every_type', { columns: { k1: t.uuid(), k2: t.timeuuid() }, partitionKey: ['k1'], clusteringKey: [desc('k2')] });`,
        'schema: [drop(all)]',
      ),
    ],
  },

  'set options': {
    from: [
      file(
        '',
        `schema: [table('tuned', { columns: { id: t.int(), v: t.text() }, partitionKey: ['id'], options: {
  comment: "people's", compaction: { class: 'SizeTieredCompactionStrategy', minThreshold: 6 }, speculativeRetry: '99PERCENTILE',
} })]`,
      ),
    ],
    rows: [`INSERT INTO $ks.tuned (id, v) VALUES (1, 'a')`],
    to: [
      file(
        `const tuned = existing('tuned', { columns: { id: t.int() }, partitionKey: ['id'] });`,
        `schema: [alter(tuned, { options: {
  comment: '', gcGraceSeconds: 3600, defaultTimeToLive: 86400, bloomFilterFpChance: 0.1, crcCheckChance: 0.5,
  compaction: { class: 'LeveledCompactionStrategy', sstableSizeInMb: 64 },
  compression: { class: 'ZstdCompressor', compressionLevel: 3 },
  caching: { keys: 'NONE', rowsPerPartition: 10 },
  speculativeRetry: 'NONE', additionalWritePolicy: '95p', readRepair: 'NONE',
  minIndexInterval: 64, maxIndexInterval: 1024, memtableFlushPeriodInMs: 3600000, cdc: false, memtable: 'default',
  allowAutoSnapshot: false, incrementalBackups: false,
} })]`,
      ),
    ],
  },

  'spell options as people do': {
    to: [
      '99p',
      '99.0PERCENTILE',
      'always',
      'NONE',
      'never',
      '50ms',
      '50MS',
      'MIN(99p,50ms)',
      'max(90percentile, 10ms)',
    ].map((retry, number) =>
      file(
        '',
        `schema: [table('spelt_${number}', { columns: { id: t.int() }, partitionKey: ['id'], options: { speculativeRetry: '${retry}', additionalWritePolicy: '${retry}' } })]`,
      ),
    ),
  },

  'switch compression off': {
    from: [file('', `schema: [table('loose', { columns: { id: t.int() }, partitionKey: ['id'] })]`)],
    to: [
      file(
        `const loose = existing('loose', { columns: { id: t.int() }, partitionKey: ['id'] });`,
        `schema: [alter(loose, { options: { compression: { enabled: false } } })]`,
      ),
    ],
  },

  'write without a commit log': {
    from: [file('', 'schema: [keyspace({ durableWrites: true })]')],
    to: [file('', 'schema: [keyspace({ durableWrites: false })]')],
  },

  'names that must be quoted': {
    from: [
      file(
        `const kind = udt('Type', { from: t.int(), 'Field two': t.text() });
const odd = table('Select', {
  columns: { token: t.int(), 'Order By': t.int(), where: t.text(), 'Ünïcode': t.text(), 'with "quotes"': t.text(), in: t.frozen(kind), Static: t.static(t.int()) },
  partitionKey: ['token'], clusteringKey: ['Order By'],
});`,
        `schema: [kind, odd, index('Odd_Index', { on: odd, column: 'where' })]`,
      ),
    ],
    rows: [
      `INSERT INTO $ks."Select" ("token", "Order By", "where", "Ünïcode", "with ""quotes""", "in", "Static") VALUES (1, 2, 'w', 'u', 'q', {"from": 1, "Field two": 'x'}, 3)`,
    ],
    to: [
      file(
        `const odd = existing('Select', {
  columns: { token: t.int(), 'Order By': t.int(), where: t.text(), 'Ünïcode': t.text(), 'with "quotes"': t.text(), Static: t.static(t.int()) },
  partitionKey: ['token'], clusteringKey: ['Order By'],
});
const odd2 = alter(odd, { drop: ['Ünïcode', 'Static'], rename: { token: 'Token', 'with "quotes"': 'select' }, add: { 'Add': t.int() } });`,
        `schema: [odd2, view('Odd_View', { from: odd2, columns: [], partitionKey: ['where'], clusteringKey: ['Token', 'Order By'] })]`,
      ),
    ],
  },

  'adopt what is there already': {
    byHand: [
      `CREATE TABLE $ks.found (city text, id int, name text, tags set<text>, motto text STATIC, PRIMARY KEY (city, id)) WITH comment = 'by hand'`,
      ...peopleRows('found'),
      'CREATE INDEX found_name ON $ks.found (name)',
    ],
    from: [file(people('found'), `schema: [people, index('found_name', { on: people, column: 'name' })]`)],
    to: [file(people('found', 'existing'), `schema: [alter(people, { add: { age: t.int() } })]`)],
  },

  'give a table another partition key': {
    from: [
      file(
        `const orders = table('orders', { columns: { shop: t.text(), id: t.int(), day: t.date(), sum: t.decimal() }, partitionKey: ['shop'], clusteringKey: ['id'] });`,
        'schema: [orders]',
      ),
    ],
    rows: [
      `INSERT INTO $ks.orders (shop, id, day, sum) VALUES ('s', 1, '2026-01-01', 1.5)`,
      `INSERT INTO $ks.orders (shop, id, day, sum) VALUES ('s', 2, '2026-01-02', 2)`,
      `INSERT INTO $ks.orders (shop, id, sum) VALUES ('t', 3, 9)`,
    ],
    to: [
      file(
        `const orders = existing('orders', { columns: { shop: t.text(), id: t.int(), day: t.date(), sum: t.decimal() }, partitionKey: ['shop'], clusteringKey: ['id'] });
const orders2 = alter(orders, { partitionKey: ['shop', 'day'], clusteringKey: [desc('id')] });`,
        `schema: [orders2], data: [copy({ from: orders, into: orders2, columns: { day: ({ day }) => day ?? to.date('1970-01-01') } })]`,
      ),
    ],
    reads: { "SELECT id FROM $ks.orders WHERE shop = 't' AND day = '1970-01-01'": [{ id: 3 }] },
  },

  'turn the clustering order round': {
    from: [file(people('turned'), 'schema: [people]')],
    rows: peopleRows('turned'),
    to: [
      file(
        people('turned', 'existing'),
        `schema: [alter(people, { partitionKey: ['city'], clusteringKey: [desc('id')] })]`,
      ),
    ],
    reads: { "SELECT id FROM $ks.turned WHERE city = 'a'": [{ id: 2 }, { id: 1 }] },
  },
};
