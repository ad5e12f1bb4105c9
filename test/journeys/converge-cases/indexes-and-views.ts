import type { Convergence } from '../converge.ts';
import { file, people, peopleRows } from './sources.ts';

/** Indexes and views, and what they stand in the way of. */
export const indexesAndViews: Readonly<Record<string, Convergence>> = {
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
};
