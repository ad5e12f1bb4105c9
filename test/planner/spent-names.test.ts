import { describe, expect, it } from 'vitest';
import type { Declaration, Migration } from '../../src/model/migration.ts';
import { emptySchema } from '../../src/model/schema.ts';
import { compose } from '../../src/planner/compose.ts';
import { planApply } from '../../src/planner/plan-apply.ts';
import { type GoneColumns, spentNames } from '../../src/planner/spent-names.ts';
import { alter, applyInput, create, drop, migration, table, userType } from './build.ts';

const columns = { id: 'int', day: 'int', note: 'text', home: 'frozen<address>' };
const users = table('users', { columns, key: 'id' });
const counts = table('counts', { columns: { id: 'int', hits: 'counter', other: 'counter' }, key: 'id' });
const address = userType('address', { street: 'text' });

/** What the files alone show, and what a plan of all of them says. */
function found(steps: readonly Declaration[]): readonly (readonly string[])[] {
  const first = migration('0', [create(address), create(users), create(counts)]);
  const all = [first, ...steps.map((one, at) => migration(String(at + 1), [one]))];
  const plan = planApply(applyInput(null, all));
  return [
    inFiles(all),
    plan.notices.filter((one) => one.code === 'COLUMN_NAME_SPENT').map((one) => one.message.replace(/^\d: /, '')),
  ];
}

function inFiles(migrations: readonly Migration[]): readonly string[] {
  let [state, gone]: [typeof emptySchema, GoneColumns] = [emptySchema, {}];
  return migrations.flatMap((one) => {
    const before = state;
    const composition = compose(before, one);
    state = composition.schema;
    const spent = spentNames(gone, { migration: one.id, before, composition });
    gone = spent.gone;
    return spent.found.map((error) => error.message.replace(/^\d: /, ''));
  });
}

const dropNote = alter('users', { drop: ['note'] });
const addNote = (type: string): Declaration => alter('users', { add: { note: type } });

describe('spent names in the files are those in the plan', () => {
  it.each([
    ['another type', [dropNote, addNote('int')], 'column users.note was dropped as text and cannot come back as int'],
    [
      'a column that was renamed away',
      [alter('users', { rename: { note: 'remark' } }), addNote('int')],
      'column users.note was dropped as text and cannot come back as int',
    ],
    [
      'a rename onto it',
      [dropNote, alter('users', { rename: { day: 'note' } })],
      'column users.note was dropped as text and cannot come back as int',
    ],
    [
      'a type with names, which is remembered as a tuple',
      [alter('users', { drop: ['home'] }), alter('users', { add: { home: 'frozen<address>' } })],
      'column users.home was dropped as frozen<tuple<text>> and cannot come back as frozen<address>',
    ],
    [
      'a counter',
      [alter('counts', { drop: ['hits'] }), alter('counts', { add: { hits: 'counter' } })],
      'counter counts.hits was dropped before and cannot come back',
    ],
  ])('%s', (_, steps, message) => {
    expect(found(steps)).toEqual([[message], [message]]);
  });

  it.each([
    ['the same type', [dropNote, addNote('text')]],
    ['a table that was made anew by a new key', [dropNote, alter('users', { key: 'id, day' }), addNote('int')]],
    ['a table that was dropped between', [dropNote, drop(users), create(users)]],
    ['another table', [dropNote, alter('counts', { add: { note: 'counter' } })]],
  ])('not %s', (_, steps) => {
    expect(found(steps)).toEqual([[], []]);
  });
});
