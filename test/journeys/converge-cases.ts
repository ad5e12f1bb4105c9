import type { Convergence } from './converge.ts';

/** A migration file: declarations, then the members of `migration({ … })`. */
function file(declarations: string, members: string): string {
  return `import * as cqlform from 'cqlform';
const { aggregate, alter, alterType, asc, backfill, copy, desc, drop, existing, fn, index, keyspace, migration, reject, skip, t, table, to, transform, udt, unset, view } = cqlform;
${declarations}
export default migration({ description: 'A case', ${members} });
`;
}

const people = (name: string, verb: 'table' | 'existing' = 'table'): string => `const people = ${verb}('${name}', {
  columns: { city: t.text(), id: t.int(), name: t.text(), tags: t.set(t.text()), motto: t.static(t.text()) },
  partitionKey: ['city'], clusteringKey: ['id'],
});`;

const peopleRows = (name: string): readonly string[] => [
  `INSERT INTO $ks.${name} (city, id, name, tags, motto) VALUES ('a', 1, 'Ann', {'x', 'y'}, 'up') USING TIMESTAMP 1000`,
  `INSERT INTO $ks.${name} (city, id, name) VALUES ('a', 2, 'Bob')`,
  `UPDATE $ks.${name} USING TTL 86400 SET name = 'Cid' WHERE city = 'b' AND id = 3`,
  `INSERT INTO $ks.${name} (city, id) VALUES ('key only', 4)`,
  `INSERT INTO $ks.${name} (city, motto) VALUES ('static only', 'alone')`,
];

/** Every kind of object and of change. */
export const convergences: Readonly<Record<string, Convergence>> = {
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

  'add columns': {
    from: [file(people('wider'), 'schema: [people]')],
    rows: peopleRows('wider'),
    to: [
      file(
        `${people('wider', 'existing')}
const place = udt('wider_place', { lat: t.double(), lon: t.double() });`,
        `schema: [place, alter(people, { add: {
  age: t.int(), since: t.static(t.date()), notes: t.list(t.text()), marks: t.map(t.text(), t.frozen(t.list(t.int()))),
  home: place, work: t.frozen(place), pair: t.tuple(t.int(), t.text()), spot: t.vector(3), big: t.varint(),
} })]`,
      ),
    ],
    meanwhile: [`UPDATE $ks.wider SET age = 7, notes = ['a'], home = {lat: 1, lon: 2} WHERE city = 'a' AND id = 1`],
  },

  'add columns that can be dropped again': {
    from: [file(people('wider2'), 'schema: [people]')],
    rows: peopleRows('wider2'),
    to: [
      file(
        `${people('wider2', 'existing')}`,
        `schema: [alter(people, { add: {
  age: t.int(), since: t.static(t.date()), notes: t.list(t.text()), marks: t.map(t.text(), t.frozen(t.list(t.int()))),
  pair: t.tuple(t.int(), t.text()), spot: t.vector(3), big: t.varint(),
} })]`,
      ),
    ],
    meanwhile: [`UPDATE $ks.wider2 SET age = 7, notes = ['a'], spot = [1, 2, 3] WHERE city = 'a' AND id = 1`],
  },

  'add a column to a table of counters': {
    from: [
      file(
        `const hits = table('hits', { columns: { page: t.text(), seen: t.counter() }, partitionKey: ['page'] });`,
        'schema: [hits]',
      ),
    ],
    rows: [`UPDATE $ks.hits SET seen = seen + 5 WHERE page = 'a'`],
    to: [
      file(
        `const hits = existing('hits', { columns: { page: t.text(), seen: t.counter() }, partitionKey: ['page'] });`,
        'schema: [alter(hits, { add: { clicked: t.counter() } })]',
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

  'drop columns of every shape': {
    from: [
      file(
        `const place = udt('shape_place', { lat: t.double(), lon: t.double() });
const shapes = table('shapes', {
  columns: {
    id: t.int(), at: t.int(), kept: t.text(), name: t.text(), fixed: t.static(t.int()), tags: t.set(t.text()), notes: t.list(t.text()),
    marks: t.map(t.text(), t.int()), home: t.frozen(place), pair: t.tuple(t.int(), t.text()), spot: t.vector(2),
    cold: t.frozen(t.list(t.int())), length: t.duration(), weight: t.decimal(),
  },
  partitionKey: ['id'], clusteringKey: ['at'],
});`,
        'schema: [place, shapes]',
      ),
    ],
    rows: [
      `INSERT INTO $ks.shapes (id, at, kept, name, fixed, tags, notes, marks, home, pair, spot, cold, length, weight) VALUES
        (1, 1, 'k', 'n', 9, {'a', 'b'}, ['x', 'y', 'x'], {'m': 1, 'n': 2}, {lat: 1.5, lon: null}, (1, null), [0.5, -1], [3, 2], 1mo2d3h, 1.50)`,
      `INSERT INTO $ks.shapes (id, at, name, tags) VALUES (1, 2, '', {'z'}) USING TTL 90000`,
      `INSERT INTO $ks.shapes (id, at) VALUES (2, 1)`,
      `INSERT INTO $ks.shapes (id, fixed) VALUES (3, 4)`,
      `UPDATE $ks.shapes SET notes = ['only'] WHERE id = 4 AND at = 1`,
    ],
    to: [
      file(
        `const place = udt('shape_place', { lat: t.double(), lon: t.double() });
const shapes = existing('shapes', {
  columns: {
    id: t.int(), at: t.int(), kept: t.text(), name: t.text(), fixed: t.static(t.int()), tags: t.set(t.text()), notes: t.list(t.text()),
    marks: t.map(t.text(), t.int()), home: t.frozen(place), pair: t.tuple(t.int(), t.text()), spot: t.vector(2),
    cold: t.frozen(t.list(t.int())), length: t.duration(), weight: t.decimal(),
  },
  partitionKey: ['id'], clusteringKey: ['at'],
});`,
        `schema: [alter(shapes, { drop: ['name', 'fixed', 'tags', 'notes', 'marks', 'home', 'pair', 'spot', 'cold', 'length', 'weight'] })]`,
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

  'rename key columns': {
    from: [
      file(
        `${people('moved')}
const byName = view('moved_by_name', { from: people, columns: ['tags'], partitionKey: ['name'], clusteringKey: ['city', 'id'] });`,
        'schema: [people, byName]',
      ),
    ],
    rows: peopleRows('moved'),
    to: [file(people('moved', 'existing'), `schema: [alter(people, { rename: { city: 'town', id: 'number' } })]`)],
    reads: { "SELECT town, number FROM $ks.moved WHERE town = 'a' AND number = 1": [{ town: 'a', number: 1 }] },
  },

  'rename regular columns': {
    from: [file(people('called'), 'schema: [people]')],
    rows: peopleRows('called'),
    to: [
      file(
        people('called', 'existing'),
        `schema: [alter(people, { rename: { name: 'full_name', tags: 'labels', motto: 'words' } })]`,
      ),
    ],
    reads: {
      "SELECT JSON id, full_name, labels, words, writetime(full_name) AS at FROM $ks.called WHERE city = 'a' LIMIT 1": [
        { '[json]': '{"id": 1, "full_name": "Ann", "labels": ["x", "y"], "words": "up", "at": 1000}' },
      ],
    },
  },

  'give a column another type': {
    from: [
      file(
        `const ages = table('ages', { columns: { id: t.int(), age: t.text(), name: t.text() }, partitionKey: ['id'] });`,
        `schema: [ages, index('ages_by_name', { on: ages, column: 'name' })]`,
      ),
    ],
    rows: [
      `INSERT INTO $ks.ages (id, age, name) VALUES (1, '41', 'Ann')`,
      `INSERT INTO $ks.ages (id, name) VALUES (2, 'Bob')`,
      `INSERT INTO $ks.ages (id, age) VALUES (3, '7') USING TTL 86400`,
    ],
    to: [
      file(
        `const ages = existing('ages', { columns: { id: t.int(), age: t.text(), name: t.text() }, partitionKey: ['id'] });
const ages2 = alter(ages, { retype: { age: t.int() } });`,
        `schema: [ages2], data: [copy({ from: ages, into: ages2, columns: { age: ({ age }) => age === null ? null : Number(age) } })]`,
      ),
    ],
    reads: { 'SELECT id, age, name FROM $ks.ages WHERE id = 1': [{ id: 1, age: 41, name: 'Ann' }] },
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

  'change user-defined types': {
    from: [
      file(
        `const street = udt('street', { name: t.text() });
const place = udt('spot', { at: t.frozen(street), zip: t.text() });
const homes = table('homes', { columns: { id: t.int(), home: t.frozen(place), former: t.list(t.frozen(place)) }, partitionKey: ['id'] });`,
        'schema: [street, place, homes]',
      ),
    ],
    rows: [
      `INSERT INTO $ks.homes (id, home, former) VALUES (1, {at: {name: 'High St'}, zip: '1'}, [{at: null, zip: '2'}])`,
    ],
    to: [
      file(
        `const street = udt('street', { name: t.text() });
const place = udt('spot', { at: t.frozen(street), zip: t.text() });`,
        `schema: [alterType(place, { rename: { zip: 'postcode' } }), alterType(street, { rename: { name: 'title' } }), udt('unused', { a: t.int(), "select": t.text() })]`,
      ),
    ],
  },

  'add a field to a type': {
    from: [
      file(
        `const place = udt('grown', { zip: t.text() });
const homes = table('grown_homes', { columns: { id: t.int(), home: t.frozen(place) }, partitionKey: ['id'] });`,
        'schema: [place, homes]',
      ),
    ],
    rows: [`INSERT INTO $ks.grown_homes (id, home) VALUES (1, {zip: '1'})`],
    to: [
      file(
        `const place = udt('grown', { zip: t.text() });`,
        'schema: [alterType(place, { add: { country: t.text() } })]',
      ),
    ],
    noWayBack: 'IRREVERSIBLE',
  },

  'drop a type with its table': {
    from: [
      file(
        `const place = udt('lost_place', { zip: t.text() });
const homes = table('lost_homes', { columns: { id: t.int(), home: place }, partitionKey: ['id'] });`,
        'schema: [place, homes]',
      ),
    ],
    rows: [`INSERT INTO $ks.lost_homes (id, home) VALUES (1, {zip: '1'})`],
    to: [
      file(
        `const place = udt('lost_place', { zip: t.text() });
const homes = existing('lost_homes', { columns: { id: t.int() }, partitionKey: ['id'] });`,
        'schema: [drop(homes), drop(place)]',
      ),
    ],
  },

  'make, replace and drop indexes': {
    from: [
      file(
        `const things = table('things', {
  columns: { id: t.int(), a: t.text(), b: t.text(), tags: t.set(t.text()), list: t.list(t.int()), marks: t.map(t.text(), t.int()), cold: t.frozen(t.set(t.int())), spot: t.vector(3) },
  partitionKey: ['id'],
});`,
        `schema: [things, index('things_a', { on: things, column: 'a' }), index('things_gone', { on: things, column: 'b' })]`,
      ),
    ],
    rows: [
      `INSERT INTO $ks.things (id, a, b, tags, list, marks, cold, spot) VALUES (1, 'A', 'B', {'x'}, [1], {'k': 1}, {2}, [1, 2, 3])`,
    ],
    to: [
      file(
        `const things = existing('things', {
  columns: { id: t.int(), a: t.text(), b: t.text(), tags: t.set(t.text()), list: t.list(t.int()), marks: t.map(t.text(), t.int()), cold: t.frozen(t.set(t.int())), spot: t.vector(3) },
  partitionKey: ['id'],
});`,
        `schema: [
  index('things_a', { on: things, column: 'a', using: 'sai', options: { caseSensitive: false, normalize: true, ascii: true } }),
  drop({ kind: 'index', name: 'things_gone' }),
  index('things_tags', { on: things, column: 'tags' }),
  index('things_list', { on: things, column: 'list', using: 'sai' }),
  index('things_keys', { on: things, column: 'marks', form: 'keys' }),
  index('things_values', { on: things, column: 'marks', form: 'values', using: 'sai' }),
  index('things_entries', { on: things, column: 'marks', form: 'entries', using: 'sai' }),
  index('things_full', { on: things, column: 'cold', form: 'full' }),
  index('things_spot', { on: things, column: 'spot', using: 'sai', options: { similarityFunction: 'dot_product' } }),
]`,
      ),
    ],
    reads: {
      "SELECT id FROM $ks.things WHERE a = 'a'": [{ id: 1 }],
      "SELECT id FROM $ks.things WHERE marks['k'] = 1": [{ id: 1 }],
    },
  },

  'make, replace and drop views': {
    from: [
      file(
        `${people('seen')}
const first = view('seen_first', { from: people, columns: ['tags'], partitionKey: ['name'], clusteringKey: ['city', 'id'] });
const gone = view('seen_gone', { from: people, columns: ['name'], partitionKey: ['id'], clusteringKey: ['city'] });`,
        'schema: [people, first, gone]',
      ),
    ],
    rows: peopleRows('seen'),
    to: [
      file(
        people('seen', 'existing'),
        `schema: [
  view('seen_first', { from: people, columns: [], partitionKey: ['name'], clusteringKey: [desc('id'), 'city'], where: 'id > 1', options: { comment: 'other', gcGraceSeconds: 7200 } }),
  drop({ kind: 'view', name: 'seen_gone' }),
  view('seen_more', { from: people, columns: ['name', 'tags'], partitionKey: ['id'], clusteringKey: ['city'] }),
]`,
      ),
    ],
    reads: { "SELECT name, id FROM $ks.seen_first WHERE name = 'Bob'": [{ name: 'Bob', id: 2 }] },
  },

  'drop a column of a table with a view': {
    from: [
      file(
        `const users = table('watched', { columns: { id: t.int(), email: t.text(), nickname: t.text() }, partitionKey: ['id'] });
const byEmail = view('watched_by_email', { from: users, columns: [], partitionKey: ['email'], clusteringKey: ['id'] });`,
        'schema: [users, byEmail]',
      ),
    ],
    rows: [
      `INSERT INTO $ks.watched (id, email, nickname) VALUES (1, 'a@b', 'ann')`,
      `INSERT INTO $ks.watched (id, nickname) VALUES (2, 'bob')`,
    ],
    to: [
      file(
        `const users = existing('watched', { columns: { id: t.int(), nickname: t.text() }, partitionKey: ['id'] });`,
        `schema: [alter(users, { drop: ['nickname'] })]`,
      ),
    ],
    steps: [
      'drop materialized view watched_by_email',
      'drop column nickname from watched',
      'create materialized view watched_by_email on watched',
    ],
    reads: { "SELECT id FROM $ks.watched_by_email WHERE email = 'a@b'": [{ id: 1 }] },
  },

  'make, replace and drop functions': {
    from: [
      file(
        `const place = udt('fn_place', { lat: t.double() });
const plus = fn('plus', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + value;' });
const total = aggregate('total', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), initialState: '0' });
const lat = fn('lat', { arguments: { p: t.frozen(place) }, returns: t.double(), language: 'java', body: 'return p.getDouble("lat");', calledOnNull: true });
const old = fn('old', { arguments: { words: t.list(t.text()), more: t.tuple(t.int(), t.text()) }, returns: t.int(), language: 'java', body: 'return 1;', calledOnNull: true });`,
        'schema: [place, plus, total, lat, old]',
      ),
    ],
    to: [
      file(
        `const place = udt('fn_place', { lat: t.double() });
const plus = fn('plus', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + 2 * value;' });
const total = aggregate('total', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), initialState: '1' });
const twice = fn('twice', { arguments: { value: t.int() }, returns: t.int(), language: 'java', body: 'return 2 * value;' });
const max2 = aggregate('Count', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), finalFunction: twice, initialState: '0' });
const lat = fn('lat', { arguments: { p: t.frozen(place) }, returns: t.double(), language: 'java', body: 'return 0.0;', calledOnNull: true });`,
        `schema: [plus, total, twice, max2, lat, drop({ kind: 'function', name: 'old', arguments: [t.list(t.text()), t.tuple(t.int(), t.text())] })]`,
      ),
    ],
  },

  'drop an aggregate and its function': {
    from: [
      file(
        `const add2 = fn('add2', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + value;' });
const sum2 = aggregate('sum2', { arguments: [t.int()], stateFunction: add2, stateType: t.int(), initialState: '0' });`,
        'schema: [add2, sum2]',
      ),
    ],
    to: [
      file(
        `const add2 = fn('add2', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + value;' });
const sum2 = aggregate('sum2', { arguments: [t.int()], stateFunction: add2, stateType: t.int(), initialState: '0' });`,
        'schema: [drop(sum2), drop(add2)]',
      ),
    ],
  },

  'write without a commit log': {
    from: [file('', 'schema: [keyspace({ durableWrites: true })]')],
    to: [file('', 'schema: [keyspace({ durableWrites: false })]')],
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

  'two branches that each add a column': {
    from: [file(people('branched'), 'schema: [people]')],
    rows: peopleRows('branched'),
    to: [
      file(people('branched', 'existing'), `schema: [alter(people, { add: { left: t.int() } })]`),
      file(people('branched', 'existing'), `schema: [alter(people, { add: { right: t.int() } })]`),
    ],
    reads: { "SELECT left, right FROM $ks.branched WHERE city = 'a' AND id = 1": [{ left: null, right: null }] },
  },

  'a file that comes late': {
    from: [file(people('punctual'), 'schema: [people]')],
    rows: peopleRows('punctual'),
    to: [file(people('punctual', 'existing'), `schema: [alter(people, { add: { age: t.int() } })]`)],
    late: file('', `schema: [table('tardy', { columns: { id: t.int() }, partitionKey: ['id'] })]`),
  },

  'fill a new table and a new column': {
    from: [file(people('sourced'), 'schema: [people]')],
    rows: peopleRows('sourced'),
    to: [
      file(
        `${people('sourced', 'existing')}
const byTag = table('sourced_by_tag', { columns: { tag: t.text(), id: t.int(), name: t.text() }, partitionKey: ['tag'], clusteringKey: ['id'] });
const people2 = alter(people, { add: { shout: t.text() }, drop: ['motto'] });`,
        `schema: [byTag, people2], data: [
  transform({ from: people, into: byTag, rows: ({ id, name, tags }, out) => {
    if (tags.size === 0) return skip('no tags');
    for (const tag of tags) out.emit({ tag, id: id ?? 0, name });
  } }),
  backfill({ from: people, into: people2, columns: { shout: ({ name }) => name?.toUpperCase() ?? null } }),
]`,
      ),
    ],
    reads: {
      "SELECT id, name FROM $ks.sourced_by_tag WHERE tag = 'x'": [{ id: 1, name: 'Ann' }],
      "SELECT shout FROM $ks.sourced WHERE city = 'a' AND id = 2": [{ shout: 'BOB' }],
    },
  },

  'copy over rows that are there': {
    from: [
      file(
        `${people('giver')}
const names = table('taker', { columns: { id: t.int(), name: t.text(), other: t.text() }, partitionKey: ['id'] });`,
        'schema: [people, names]',
      ),
    ],
    rows: [
      ...peopleRows('giver'),
      `INSERT INTO $ks.taker (id, name, other) VALUES (1, 'before', 'kept')`,
      `INSERT INTO $ks.taker (id, name, other) VALUES (9, 'nobody', 'kept')`,
    ],
    to: [
      file(
        `${people('giver', 'existing')}
const names = existing('taker', { columns: { id: t.int(), name: t.text() }, partitionKey: ['id'] });`,
        `schema: [], data: [copy({ from: people, into: names, columns: { id: ({ id }) => id ?? skip('static only') } })]`,
      ),
    ],
    reads: { 'SELECT id, name, other FROM $ks.taker WHERE id = 2': [{ id: 2, name: 'Bob', other: null }] },
  },

  'masked columns': {
    from: [
      file(
        `const secrets = table('secrets', { columns: { id: t.int(), card: t.masked(t.text(), 'mask_inner(1, 1)'), pin: t.masked(t.int(), 'default') }, partitionKey: ['id'] });`,
        'schema: [secrets]',
      ),
    ],
    rows: [`INSERT INTO $ks.secrets (id, card, pin) VALUES (1, '1234-5678', 42)`],
    to: [
      file(
        `const secrets = existing('secrets', { columns: { id: t.int(), card: t.masked(t.text(), 'mask_inner(1, 1)') }, partitionKey: ['id'] });`,
        `schema: [alter(secrets, { add: { iban: t.masked(t.text(), 'mask_null()') }, drop: ['card'] })]`,
      ),
    ],
  },

  'drop a column of an unfrozen type': {
    from: [
      file(
        `const place = udt('warm_place', { lat: t.double(), name: t.text() });
const homes = table('warm_homes', { columns: { id: t.int(), home: place, name: t.text() }, partitionKey: ['id'] });`,
        'schema: [place, homes]',
      ),
    ],
    rows: [
      `INSERT INTO $ks.warm_homes (id, home, name) VALUES (1, {lat: 1, name: 'x'}, 'Ann')`,
      `INSERT INTO $ks.warm_homes (id, name) VALUES (2, 'Bob')`,
    ],
    to: [
      file(
        `const place = udt('warm_place', { lat: t.double(), name: t.text() });
const homes = existing('warm_homes', { columns: { id: t.int(), home: place, name: t.text() }, partitionKey: ['id'] });`,
        `schema: [alter(homes, { drop: ['home'] })]`,
      ),
    ],
  },

  'drop a counter': {
    from: [
      file(
        `const hits = table('two_hits', { columns: { page: t.text(), seen: t.counter(), clicked: t.counter() }, partitionKey: ['page'] });`,
        'schema: [hits]',
      ),
    ],
    rows: [`UPDATE $ks.two_hits SET seen = seen + 5, clicked = clicked + 1 WHERE page = 'a'`],
    to: [
      file(
        `const hits = existing('two_hits', { columns: { page: t.text(), seen: t.counter(), clicked: t.counter() }, partitionKey: ['page'] });`,
        `schema: [alter(hits, { drop: ['clicked'] })]`,
      ),
    ],
    noWayBack: 'IRREVERSIBLE',
  },
};
