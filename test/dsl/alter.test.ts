import { describe, expect, it } from 'vitest';
import { compileMigration } from '../../src/dsl/compile.ts';
import { alter, alterType, type Declared, desc, drop, existing, migration, t, table, udt } from '../../src/index.ts';
import { mistakeOf, untyped } from './mistakes.ts';

const movies = existing('movies', {
  columns: { id: t.uuid(), title: t.text(), rating_text: t.text(), at: t.date() },
  partitionKey: ['id'],
  clusteringKey: [desc('at')],
});
const compiled = (...schema: readonly Declared[]) => compileMigration('1_x', migration({ description: 'x', schema }));

describe('alter', () => {
  it('is a delta on whatever the table is by then', () => {
    const changed = alter(movies, {
      add: { rating: t.int(), genres: t.static(t.set(t.text())) },
      drop: ['rating_text'],
      rename: { title: 'name' },
      retype: { title: t.ascii() },
      options: { comment: 'rated' },
    });
    expect(changed).toEqual({
      kind: 'table',
      name: 'movies',
      columns: {
        id: { kind: 'uuid' },
        name: { kind: 'ascii' },
        at: { kind: 'date' },
        rating: { kind: 'int' },
        genres: { kind: 'static', of: { kind: 'set', element: { kind: 'text' } } },
      },
      partitionKey: ['id'],
      clusteringKey: [{ column: 'at', order: 'desc' }],
    });
    expect(compiled(changed)).toMatchObject({
      declarations: [
        {
          kind: 'alter-table',
          table: 'movies',
          add: [
            { name: 'genres', static: true },
            { name: 'rating', static: false },
          ],
          drop: ['rating_text'],
          rename: { title: 'name' },
          retype: { title: { type: { kind: 'scalar', name: 'ascii' }, static: false } },
          key: null,
          options: { comment: 'rated' },
        },
      ],
      expects: [{ table: 'movies', columns: ['id', 'at', 'rating_text', 'title'].map((name) => ({ name })) }],
    });
  });

  it('gives another key by the new names', () => {
    const rekeyed = alter(movies, {
      rename: { id: 'movie', title: 'name' },
      partitionKey: ['name'],
      clusteringKey: [desc('movie')],
    });
    expect(compiled(rekeyed).declarations).toMatchObject([
      {
        rename: { id: 'movie', title: 'name' },
        key: { partitionKey: ['name'], clusteringKey: [{ column: 'movie', order: 'desc' }] },
      },
    ]);
    expect(rekeyed.partitionKey).toEqual(['name']);
  });

  it('makes each change of a chain once and in order, whichever of it stands in schema', () => {
    const first = alter(movies, { add: { a: t.int() } });
    const second = alter(first, { rename: { a: 'b' } });
    const third = alter(second, { drop: ['b'] });
    const changes = [{ add: [{ name: 'a' }] }, { rename: { a: 'b' } }, { drop: ['b'] }];
    for (const schema of [[third], [first, second, third], [first, third], [third, first], [second, third]]) {
      const { declarations } = compiled(...schema);
      expect(declarations).toHaveLength(3);
      expect(declarations).toMatchObject(changes);
    }
    expect(compiled(second).declarations).toHaveLength(2);
  });

  it('of a table that the same file makes comes after it', () => {
    const made = table('made', { columns: { a: t.int() }, partitionKey: ['a'] });
    const changed = alter(made, { add: { b: t.int() } });
    for (const schema of [
      [made, changed],
      [changed, made],
    ]) {
      expect(compiled(...schema).declarations).toMatchObject([{ kind: 'create' }, { kind: 'alter-table' }]);
    }
    expect(mistakeOf(() => compiled(changed))).toMatch(/^MIGRATION_NOT_IN_SCHEMA: 1_x: table made/);
  });

  it('does not retype a column that only names a grown type again', () => {
    const address = udt('address', { street: t.text() });
    const grown = alterType(address, { add: { country: t.text() } });
    const customers = existing('customers', {
      columns: { id: t.int(), home: t.frozen(address) },
      partitionKey: ['id'],
    });
    const changed = alter(customers, { retype: { home: t.frozen(grown) } });
    expect(compiled(grown, changed).declarations).toMatchObject([
      { kind: 'alter-type', type: 'address', add: [{ name: 'country' }], rename: {} },
      { kind: 'alter-table', retype: {} },
    ]);
    expect(mistakeOf(() => compiled(changed))).toMatch(
      /^MIGRATION_NOT_IN_SCHEMA: 1_x: type address is used as altered/,
    );
  });

  it('of types chains as well', () => {
    const address = udt('address', { street: t.text(), zip: t.int() });
    const first = alterType(address, { add: { country: t.text() } });
    const second = alterType(first, { rename: { country: 'land', zip: 'code' } });
    expect(second.fields).toEqual({ street: { kind: 'text' }, code: { kind: 'int' }, land: { kind: 'text' } });
    expect(compiled(second).declarations).toMatchObject([
      { add: [{ name: 'country' }] },
      { rename: { country: 'land', zip: 'code' } },
    ]);
    expect(compiled(address, second).declarations).toHaveLength(3);
  });

  it.each<[string, () => unknown, string]>([
    ['nothing', () => alter(movies, {}), 'MIGRATION_ALTER_EMPTY'],
    ['only undefined', () => alter(movies, untyped({ add: undefined })), 'MIGRATION_ALTER_EMPTY'],
    ['a name', () => alter(untyped('movies'), { options: {} }), 'MIGRATION_ALTER_OF_NO_TABLE'],
    ['a copy', () => alter(untyped({ ...movies }), { options: {} }), 'MIGRATION_ALTER_OF_NO_TABLE'],
    ['an unknown part', () => alter(movies, untyped({ remove: ['title'] })), 'MIGRATION_UNKNOWN_PROPERTY'],
    ['a drop of no column', () => alter(movies, { drop: untyped(['x']) }), 'MIGRATION_NO_SUCH_COLUMN'],
    ['a drop of the key', () => alter(movies, { drop: untyped(['at']) }), 'MIGRATION_DROP_OF_KEY'],
    ['a drop twice', () => alter(movies, { drop: ['title', 'title'] }), 'MIGRATION_NAMED_TWICE'],
    ['a rename of no column', () => alter(movies, { rename: untyped({ x: 'y' }) }), 'MIGRATION_NO_SUCH_COLUMN'],
    ['a rename to nothing', () => alter(movies, { rename: { title: '' } }), 'MIGRATION_NAME_INVALID'],
    ['a rename onto another', () => alter(movies, { rename: { title: 'at' } }), 'MIGRATION_COLUMN_TWICE'],
    ['an add of what is there', () => alter(movies, untyped({ add: { title: t.int() } })), 'MIGRATION_COLUMN_TWICE'],
    [
      'dropped and renamed',
      () => alter(movies, { drop: ['title'], rename: { title: 'x' } }),
      'MIGRATION_DROPPED_AND_RENAMED',
    ],
    [
      'dropped and retyped',
      () => alter(movies, { drop: ['title'], retype: { title: t.int() } }),
      'MIGRATION_DROPPED_AND_RETYPED',
    ],
    ['a retype of no column', () => alter(movies, { retype: untyped({ x: t.int() }) }), 'MIGRATION_NO_SUCH_COLUMN'],
    ['half a key', () => alter(movies, { clusteringKey: untyped(['at']) }), 'MIGRATION_CLUSTERING_WITHOUT_PARTITION'],
    ['a key of no column', () => alter(movies, { partitionKey: untyped(['x']) }), 'MIGRATION_KEY_NOT_A_COLUMN'],
    [
      'a static column in a table without clustering',
      () => alter(movies, { partitionKey: ['id', 'at'], add: { x: t.static(t.int()) } }),
      'MIGRATION_STATIC_WITHOUT_CLUSTERING',
    ],
    ['a counter among others', () => alter(movies, { add: { n: t.counter() } }), 'MIGRATION_COUNTER_MIXED'],
    ['a type', () => alter(untyped(udt('x', { a: t.int() })), { options: {} }), 'MIGRATION_ALTER_OF_NO_TABLE'],
    ['alterType of a table', () => alterType(untyped(movies), {}), 'MIGRATION_ALTER_OF_NO_TYPE'],
    ['alterType of nothing', () => alterType(udt('x', { a: t.int() }), {}), 'MIGRATION_ALTER_EMPTY'],
    [
      'a field twice',
      () => alterType(udt('x', { a: t.int() }), untyped({ add: { a: t.int() } })),
      'MIGRATION_FIELD_TWICE',
    ],
    [
      'no such field',
      () => alterType(udt('x', { a: t.int() }), untyped({ rename: { b: 'c' } })),
      'MIGRATION_NO_SUCH_COLUMN',
    ],
  ])('refuses %s', (_what, make, code) => {
    expect(mistakeOf(make).split(':')[0]).toBe(code);
  });

  it('refuses two changes that do not follow each other', () => {
    const again = existing('movies', {
      columns: { id: t.uuid(), at: t.date() },
      partitionKey: ['id'],
      clusteringKey: [desc('at')],
    });
    const fork = [alter(movies, { add: { a: t.int() } }), alter(movies, { add: { b: t.int() } })];
    expect(mistakeOf(() => compiled(...fork))).toMatch(/^MIGRATION_ALTERS_FORK: 1_x: table movies is changed twice/);
    expect(
      mistakeOf(() => compiled(alter(movies, { add: { a: t.int() } }), alter(again, { add: { b: t.int() } }))),
    ).toMatch(/^MIGRATION_ALTERS_FORK/);
    expect(mistakeOf(() => compiled(drop(movies), alter(movies, { add: { a: t.int() } })))).toMatch(
      /^MIGRATION_DECLARED_TWICE/,
    );
    expect(mistakeOf(() => compiled(alter(movies, { add: { a: t.int() } }), drop(movies)))).toMatch(
      /^MIGRATION_DECLARED_TWICE/,
    );
  });
});
