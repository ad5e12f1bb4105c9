import { describe, expect, it } from 'vitest';
import type { Migration } from '../../src/model/migration.ts';
import type { Schema } from '../../src/model/schema.ts';
import { alter, backfill, copy, create, load, migration, plan, schema, table, transform, userType } from './build.ts';

const ad = userType('ad', { s: 'text', zip: 'text' });
const person = userType('person', { home: 'frozen<ad>' });
const users = table('users', { columns: { id: 'int', home: 'frozen<ad>' }, key: 'id' });
const withStreet = table('users', { columns: { id: 'int', home: 'frozen<ad>', street: 'text' }, key: 'id' });
const nested = table('people', { columns: { id: 'int', all: 'map<text, frozen<list<person>>>' }, key: 'id' });
const plain = table('plain', { columns: { id: 'int', note: 'text' }, key: 'id' });
const rename: Migration['declarations'][number] = {
  kind: 'alter-type',
  type: 'ad',
  add: [],
  rename: { s: 'street' },
};
const state = schema(ad, person, users, nested, plain);

function refusalOf(change: Migration, before: Schema = state): unknown {
  const planned = plan(before, [change]);
  expect(planned.applyable).toBe(planned.notices.every((notice) => notice.severity !== 'error'));
  return planned.notices.filter((notice) => notice.severity === 'error');
}

describe('a migration that renames fields of a type', () => {
  it('is refused when a backfill reads values of it', () => {
    const change = migration('1_fill', [rename, alter('users', { add: { street: 'text' } })], {
      data: [backfill(users, withStreet, ['street'])],
    });
    expect(refusalOf(change)).toMatchInlineSnapshot(`
      [
        {
          "address": "shop.ad.s",
          "code": "FIELD_RENAME_WITH_DATA",
          "message": "1_fill: it renames s to street in type ad, and backfill users.street reads or writes values of that type: under a name that does not hold when it runs, it would read and write nulls",
          "next": "Rename the fields in a migration of its own: before this one, with the new names in the data functions, or after it, with the old ones.",
          "severity": "error",
        },
      ]
    `);
  });

  it('is refused when rows are copied or transformed from or into a table of it, also deep inside other types', () => {
    const made = table('made', { columns: { id: 'int', all: 'frozen<person>' }, key: 'id' });
    const cases: readonly Migration[] = [
      migration('1_from', [rename], { data: [transform(nested, plain)] }),
      migration('1_into', [rename], { data: [load('rows.json', users)] }),
      migration('1_new', [rename, create(made)], { data: [copy(plain, made, { all: null })] }),
      migration('1_rekey', [rename, alter('users', { key: 'home, id' })], { data: [copy(users, users)] }),
    ];
    for (const change of cases)
      expect(refusalOf(change), change.id).toMatchObject([{ code: 'FIELD_RENAME_WITH_DATA', address: 'shop.ad.s' }]);
  });

  it('may move rows that hold no values of it', () => {
    const other = table('other', { columns: { id: 'int', note: 'text' }, key: 'id' });
    const change = migration('1_fine', [rename, create(other)], { data: [copy(plain, other)] });
    expect(refusalOf(change)).toEqual([]);
  });
});
