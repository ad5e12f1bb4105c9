import type { Convergence } from '../converge.ts';
import { file, people, peopleRows } from './sources.ts';

/** Rows, and the order of several files. */
export const data: Readonly<Record<string, Convergence>> = {
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
};
