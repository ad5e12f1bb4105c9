import type { Convergence } from '../converge.ts';
import { file, people, peopleRows } from './sources.ts';

/** Columns of tables that stay. */
export const columns: Readonly<Record<string, Convergence>> = {
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
