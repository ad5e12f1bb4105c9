import { describe, expect, it } from 'vitest';
import { parseType } from '../../src/cql/type-text.ts';
import { CqlformError } from '../../src/kernel/errors.ts';
import type { Declaration } from '../../src/model/migration.ts';
import type { Aggregate, SchemaObject, UserFunction } from '../../src/model/schema.ts';
import { applyChanges, reversedChanges } from '../../src/planner/apply-changes.ts';
import { compose, composeAll } from '../../src/planner/compose.ts';
import { alter, create, drop, index, migration, schema, table, userType, view } from './build.ts';

const users = table('users', { columns: { id: 'uuid', name: 'text', nickname: 'text' }, key: 'id' });
const visits = table('visits', { columns: { user: 'uuid', day: 'date', note: 'text' }, key: 'user, day' });
const address = userType('address', { street: 'text' });
const people = table('people', { columns: { id: 'uuid', home: 'frozen<address>' }, key: 'id' });

const [int, key] = [parseType('int'), 'plus(int, int)'];
const plus: UserFunction = {
  kind: 'function',
  name: 'plus',
  arguments: [
    { name: 'state', type: int },
    { name: 'value', type: int },
  ],
  returns: int,
  language: 'java',
  calledOnNull: false,
  body: 'return state + value;',
};
const total: Aggregate = {
  kind: 'aggregate',
  name: 'total',
  arguments: [int],
  stateFunction: 'plus',
  stateType: int,
  finalFunction: null,
  initialState: '0',
};

function refused(
  objects: readonly SchemaObject[],
  declarations: readonly Declaration[],
  expects: readonly (typeof users)[] = [],
): string {
  try {
    compose(schema(...objects), migration('1_x', declarations, { expects }));
    return 'accepted';
  } catch (thrown) {
    if (!(thrown instanceof CqlformError)) throw thrown;
    expect(thrown.message).toContain('1_x: ');
    expect(thrown.next).not.toBe('');
    return thrown.code;
  }
}

const alterType = (change: { add?: Record<string, string>; rename?: Record<string, string> }): Declaration => ({
  kind: 'alter-type',
  type: 'address',
  add: Object.entries(change.add ?? {}).map(([name, type]) => ({ name, type: parseType(type) })),
  rename: change.rename ?? {},
});

describe('compose', () => {
  it('says who uses what a migration drops, and where', () => {
    const messageOf = (objects: readonly SchemaObject[], dropped: Declaration): unknown => {
      try {
        return compose(schema(...objects), migration('1_x', [dropped]));
      } catch (thrown) {
        return thrown;
      }
    };
    expect(messageOf([address, people], drop(address))).toMatchObject({
      message: '1_x: user-defined type address, which this migration drops, is used by table people',
      next: 'Drop or change table people in the migration too, or keep address.',
      fields: { object: 'address' },
    });
    expect(messageOf([plus, total], drop(key, 'function'))).toMatchObject({
      message: '1_x: function plus(int, int), which this migration drops, is used by aggregate total(int)',
      fields: { object: 'plus' },
    });
  });

  it('lets two branches that each add a column both win', () => {
    const state = composeAll([
      migration('1', [create(users)]),
      migration('2_left', [alter('users', { add: { left: 'int' } })], { expects: [users] }),
      migration('3_right', [alter('users', { add: { right: 'int' } })], { expects: [users] }),
    ]);
    expect(state.tables['users']?.columns.map((column) => column.name)).toEqual([
      'id',
      'left',
      'name',
      'nickname',
      'right',
    ]);
  });

  it('gives changes that lead there and back', () => {
    const base = schema(users, visits, index('by_note', 'visits.note'), view('v', 'users', { key: 'name, id' }));
    const { schema: after, changes } = compose(
      base,
      migration('1', [
        alter('visits', { rename: { user: 'person', note: 'text' } }),
        drop('users'),
        create(people),
        create(address),
      ]),
    );
    expect(applyChanges(base, changes)).toEqual(after);
    expect(applyChanges(after, reversedChanges(changes))).toEqual(base);
    expect(after.indexes['by_note']?.column).toBe('text');
    expect(Object.keys(after.views)).toEqual([]);
  });

  it('composes deltas to one table one upon the other', () => {
    const { changes } = compose(
      schema(users),
      migration('1', [alter('users', { rename: { name: 'label' } }), alter('users', { rename: { label: 'title' } })]),
    );
    expect(changes).toMatchObject([{ name: 'users', renamed: { name: 'title' } }]);
  });

  it.each<[string, readonly SchemaObject[], readonly Declaration[]]>([
    ['OBJECT_EXISTS', [users], [create(users)]],
    ['OBJECT_EXISTS', [users], [drop('users'), create(users)]],
    ['OBJECT_EXISTS', [users], [create(view('users', 'users', { key: 'name, id' }))]],
    ['OBJECT_MISSING', [], [alter('users', { add: { a: 'int' } })]],
    ['OBJECT_MISSING', [], [drop('users')]],
    ['OBJECT_MISSING', [users], [create(index('by_x', 'orders.x'))]],
    ['COLUMN_EXISTS', [users], [alter('users', { add: { name: 'text' } })]],
    ['COLUMN_EXISTS', [users], [alter('users', { rename: { name: 'nickname' } })]],
    ['COLUMN_EXISTS', [users], [alter('users', { drop: ['nickname'], rename: { name: 'nickname' } })]],
    ['COLUMN_MISSING', [users], [alter('users', { drop: ['gone'] })]],
    ['COLUMN_MISSING', [users], [alter('users', { rename: { gone: 'x' } })]],
    ['COLUMN_MISSING', [users], [alter('users', { retype: { gone: 'int' } })]],
    ['COLUMN_MISSING', [users], [alter('users', { key: 'gone' })]],
    ['KEY_COLUMN', [users], [alter('users', { drop: ['id'] })]],
    ['KEY_COLUMN', [users], [create(table('t', { columns: { k: 'list<int>' }, key: 'k' }))]],
    ['KEY_COLUMN', [users], [create(table('t', { columns: { k: 'duration' }, key: 'k' }))]],
    ['COLUMN_INDEXED', [users, index('by_name', 'users.name')], [alter('users', { drop: ['name'] })]],
    ['COLUMN_IN_VIEW', [users, view('v', 'users', { key: 'name, id' })], [alter('users', { drop: ['name'] })]],
    ['TYPE_IN_USE', [address, people], [drop(address)]],
    ['FUNCTION_IN_USE', [plus, total], [drop(key, 'function')]],
    ['AGGREGATE_INVALID', [plus, total], [create({ ...plus, returns: parseType('bigint') })]],
    ['AGGREGATE_INVALID', [plus], [create({ ...total, initialState: null })]],
    ['AGGREGATE_INVALID', [plus], [create({ ...total, initialState: "'0'" })]],
    ['AGGREGATE_INVALID', [plus], [create({ ...total, initialState: '2147483648' })]],
    ['OBJECT_MISSING', [plus], [create({ ...total, stateType: parseType('bigint') })]],
    ['OBJECT_MISSING', [plus], [create({ ...total, finalFunction: 'none' })]],
    [
      'INDEX_INVALID',
      [table('t', { columns: { k: 'int', 'a-b': 'text' }, key: 'k' })],
      [create(index('i', 't.a-b', { using: 'sai' }))],
    ],
    [
      'INDEX_INVALID',
      [table('t', { columns: { k: 'int', ünï: 'text' }, key: 'k' })],
      [create(index('i', 't.ünï', { using: { className: 'org.apache.cassandra.index.sasi.SASIIndex' } }))],
    ],
    ['TYPE_MISSING', [], [create(people)]],
    ['FIELD_EXISTS', [address], [alterType({ add: { street: 'int' } })]],
    ['FIELD_MISSING', [address], [alterType({ rename: { gone: 'x' } })]],
    ['STATIC_WITHOUT_CLUSTERING', [users], [alter('users', { add: { s: 'int static' } })]],
    ['COUNTER_MIXED', [users], [alter('users', { add: { hits: 'counter' } })]],
    ['COUNTER_INSIDE', [users], [alter('users', { add: { hits: 'list<counter>' } })]],
    ['NAME_INVALID', [], [create(table('t'.repeat(223), { columns: { id: 'int' }, key: 'id' }))]],
    ['NAME_INVALID', [users], [create(index('i'.repeat(183), 'users.name', { using: 'sai' }))]],
    ['INDEX_INVALID', [users], [create(index('by_id', 'users.id'))]],
    ['INDEX_INVALID', [users], [create(index('by_name', 'users.name', { form: 'keys' }))]],
    [
      'INDEX_INVALID',
      [table('t', { columns: { k: 'int', b: 'blob' }, key: 'k' })],
      [create(index('i', 't.b', { using: 'sai' }))],
    ],
    ['INDEX_EXISTS', [users, index('one', 'users.name')], [create(index('two', 'users.name'))]],
    ['VIEW_INVALID', [visits], [create(view('v', 'visits', { key: 'note, user' }))]],
    [
      'VIEW_INVALID',
      [table('t', { columns: { k: 'int', tags: 'set<text>' }, key: 'k' })],
      [create(view('v', 't', { key: 'tags, k' }))],
    ],
    ['VIEW_INVALID', [visits], [create(view('v', 'visits', { key: 'note, user, day', where: 'note IS NOT NULL' }))]],
    [
      'OPTION_INVALID',
      [],
      [create(table('t', { columns: { id: 'int', n: 'counter' }, key: 'id', options: { default_time_to_live: 1 } }))],
    ],
  ])('refuses with %s', (code, objects, declarations) => {
    expect(refused(objects, declarations)).toBe(code);
  });

  it.each([
    ['map<text, duration>', 'values'],
    ['map<text, frozen<list<duration>>>', 'keys'],
    ['map<text, frozen<spell>>', 'keys'],
    ['list<frozen<tuple<int, frozen<spells>>>>', 'values'],
    ['frozen<list<duration>>', 'full'],
    ['frozen<spells>', 'values'],
  ] as const)('refuses an index on %s, which holds durations', (type, form) => {
    const types = [
      userType('spell', { length: 'duration' }),
      userType('spells', { all: 'frozen<map<text, frozen<spell>>>' }),
    ];
    const indexed = [
      create(table('t', { columns: { id: 'int', d: type, plain: 'frozen<map<text, int>>' }, key: 'id' })),
      create(index('by_plain', 't.plain', { form: 'full' })),
    ];
    expect(() => compose(schema(...types), migration('1', indexed))).not.toThrow();
    expect(refused(types, [...indexed, create(index('by_d', 't.d', { form }))])).toBe('INDEX_INVALID');
  });

  it.each([
    ['a missing table', table('gone', { columns: { id: 'uuid' }, key: 'id' }), 'there is no such table'],
    [
      'a missing column',
      table('users', { columns: { id: 'uuid', email: 'text' }, key: 'id' }),
      'it has no column email text',
    ],
    [
      'another type',
      table('users', { columns: { id: 'uuid', name: 'int' }, key: 'id' }),
      'column name: there text, here int',
    ],
    [
      'another key',
      table('users', { columns: { id: 'uuid', name: 'text' }, key: 'id, name' }),
      'its key is (id), here (id, name)',
    ],
  ])('compares what a file expects: %s', (_, expected, words) => {
    expect(refused([users], [], [expected])).toBe('EXPECTATION_MISMATCH');
    expect(() => compose(schema(users), migration('1', [], { expects: [expected] }))).toThrow(words);
  });
});
