import { describe, expect, it } from 'vitest';
import { canonicalWhere } from '../../src/cql/where.ts';
import { compileMigration } from '../../src/dsl/compile.ts';
import {
  aggregate,
  type Declared,
  desc,
  drop,
  existing,
  fn,
  index,
  keyspace,
  migration,
  t,
  table,
  udt,
  view,
} from '../../src/index.ts';
import { signatureOf } from '../../src/model/signature.ts';
import { mistakeOf, untyped } from './mistakes.ts';

const movies = existing('movies', {
  columns: {
    id: t.uuid(),
    at: t.date(),
    title: t.text(),
    year: t.int(),
    order: t.int(),
    tags: t.set(t.text()),
    ratings: t.map(t.text(), t.int()),
    cast: t.frozen(t.list(t.text())),
    embedding: t.vector(3),
    length: t.duration(),
  },
  partitionKey: ['id'],
  clusteringKey: [desc('at')],
});
const withStatic = existing('orders', {
  columns: { id: t.int(), at: t.date(), region: t.static(t.text()) },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
const compiled = (...schema: readonly Declared[]) => compileMigration('1_x', migration({ description: 'x', schema }));
const objectOf = (declared: Declared): unknown => {
  const [first] = compiled(declared).declarations;
  return first?.kind === 'create' ? first.object : first;
};

describe('index', () => {
  it('compiles with the form that is meant', () => {
    expect(objectOf(index('by_title', { on: movies, column: 'title' }))).toEqual({
      kind: 'index',
      name: 'by_title',
      table: 'movies',
      column: 'title',
      form: 'values',
      using: 'secondary',
      options: {},
    });
    const forms = [
      index('a', { on: movies, column: 'tags' }),
      index('b', { on: movies, column: 'ratings' }),
      index('c', { on: movies, column: 'ratings', form: 'entries' }),
      index('d', { on: movies, column: 'cast' }),
      index('e', { on: movies, column: 'cast', form: 'full' }),
    ].map((one) => (objectOf(one) as { readonly form: string }).form);
    expect(forms).toEqual(['values', 'values', 'entries', 'full', 'full']);
  });

  it('takes the options of SAI and of Java classes', () => {
    const sai = { caseSensitive: false, similarityFunction: 'cosine', maximumNodeConnections: 32 } as const;
    expect(objectOf(index('a', { on: movies, column: 'embedding', using: 'sai', options: sai }))).toMatchObject({
      using: 'sai',
      options: { case_sensitive: 'false', similarity_function: 'cosine', maximum_node_connections: '32' },
    });
    const using = { className: 'org.apache.cassandra.index.sasi.SASIIndex' };
    expect(objectOf(index('a', { on: movies, column: 'title', using, options: { mode: 'CONTAINS' } }))).toMatchObject({
      using,
      options: { mode: 'CONTAINS' },
    });
  });

  it('expects its table', () => {
    expect(compiled(index('a', { on: movies, column: 'title' })).expects).toMatchObject([{ table: 'movies' }]);
    const made = table('made', { columns: { a: t.int(), b: t.int() }, partitionKey: ['a'] });
    expect(compiled(made, index('a', { on: made, column: 'b' })).expects).toEqual([]);
    expect(mistakeOf(() => compiled(index('a', { on: made, column: 'b' })))).toMatch(/^MIGRATION_NOT_IN_SCHEMA/);
  });

  it.each<[string, object, string]>([
    ['no table', { on: 'movies' }, 'MIGRATION_INDEX_ON'],
    ['no column', { column: 'x' }, 'MIGRATION_NO_SUCH_COLUMN'],
    ['keys of a scalar', { form: 'keys' }, 'MIGRATION_INDEX_FORM'],
    ['values of what is frozen', { column: 'cast', form: 'values' }, 'MIGRATION_INDEX_FORM'],
    ['a duration', { column: 'length' }, 'MIGRATION_INDEX_TYPE'],
    ['an unknown kind', { using: 'lucene' }, 'MIGRATION_INDEX_USING'],
    ['options without SAI', { options: { caseSensitive: true } }, 'MIGRATION_UNKNOWN_PROPERTY'],
    ['an unknown option', { using: 'sai', options: { case: true } }, 'MIGRATION_UNKNOWN_PROPERTY'],
    ['a wrong option', { using: 'sai', options: { caseSensitive: 'x' } }, 'MIGRATION_OPTION_INVALID'],
    ['an unknown part', { table: 'x' }, 'MIGRATION_UNKNOWN_PROPERTY'],
  ])('refuses %s', (_what, change, code) => {
    const definition = untyped({ on: movies, column: 'title', ...change });
    expect(mistakeOf(() => index('x', definition)).split(':')[0]).toBe(code);
  });
});

describe('view', () => {
  it('selects its key and restricts it', () => {
    const made = view('by_order', {
      from: movies,
      columns: ['title', 'cast'],
      partitionKey: ['order'],
      clusteringKey: [desc('at'), 'id'],
      where: "at > '2000-01-01'",
      options: { comment: 'x' },
    });
    const where = '"order" IS NOT NULL AND at IS NOT NULL AND id IS NOT NULL AND at > \'2000-01-01\'';
    expect(objectOf(made)).toEqual({
      kind: 'view',
      name: 'by_order',
      table: 'movies',
      columns: ['order', 'at', 'id', 'cast', 'title'],
      partitionKey: ['order'],
      clusteringKey: [
        { column: 'at', order: 'desc' },
        { column: 'id', order: 'asc' },
      ],
      where,
      options: { comment: 'x' },
    });
    expect(canonicalWhere(where)).toBe(where);
  });

  const good = { from: movies, columns: '*', partitionKey: ['year'], clusteringKey: ['id', 'at'] };
  it.each<[string, object, string]>([
    ['no table', { from: 'movies' }, 'MIGRATION_VIEW_FROM'],
    ['a key that lacks a column', { clusteringKey: ['id'] }, 'MIGRATION_VIEW_KEY_LACKS'],
    ['a key of two others', { partitionKey: ['year', 'title'] }, 'MIGRATION_VIEW_KEY_TOO_MUCH'],
    ['a key of a collection', { partitionKey: ['tags'] }, 'MIGRATION_VIEW_KEY_TYPE'],
    ['a key of no column', { partitionKey: ['x'] }, 'MIGRATION_KEY_NOT_A_COLUMN'],
    ['no columns', { columns: undefined }, 'MIGRATION_NOT_A_LIST'],
    ['a column twice', { columns: ['title', 'title'] }, 'MIGRATION_NAMED_TWICE'],
    ['no such column', { columns: ['x'] }, 'MIGRATION_NO_SUCH_COLUMN'],
    ['an empty where', { where: '' }, 'MIGRATION_NOT_A_TEXT'],
    ['a time to live', { options: { defaultTimeToLive: 3 } }, 'MIGRATION_UNKNOWN_PROPERTY'],
    ['static columns', { from: withStatic, partitionKey: ['at'], clusteringKey: ['id'] }, 'MIGRATION_VIEW_OF_STATIC'],
  ])('refuses %s', (_what, change, code) => {
    expect(mistakeOf(() => view('x', untyped({ ...good, ...change }))).split(':')[0]).toBe(code);
  });
});

const plus = fn('plus', {
  arguments: { a: t.int(), b: t.frozen(t.list(t.list(t.int()))) },
  returns: t.int(),
  language: 'java',
  body: 'return a;',
});

describe('functions and aggregates', () => {
  it('compile with nothing frozen on the outside', () => {
    expect(objectOf(plus)).toEqual({
      kind: 'function',
      name: 'plus',
      arguments: [
        { name: 'a', type: { kind: 'scalar', name: 'int' } },
        {
          name: 'b',
          type: {
            kind: 'list',
            element: { kind: 'list', element: { kind: 'scalar', name: 'int' }, frozen: true },
            frozen: false,
          },
        },
      ],
      returns: { kind: 'scalar', name: 'int' },
      language: 'java',
      calledOnNull: false,
      body: 'return a;',
    });
    const total = aggregate('total', {
      arguments: [t.list(t.list(t.int()))],
      stateFunction: plus,
      stateType: t.int(),
      finalFunction: 'half',
      initialState: '0',
    });
    expect(objectOf(total)).toMatchObject({
      kind: 'aggregate',
      stateFunction: 'plus',
      stateType: { name: 'int' },
      finalFunction: 'half',
      initialState: '0',
    });
  });

  it('are dropped by the signature under which the schema keeps them', () => {
    const [create] = compiled(plus).declarations;
    const key = create?.kind === 'create' && create.object.kind === 'function' ? signatureOf(create.object) : '';
    expect(key).toBe('plus(int, list<frozen<list<int>>>)');
    const named = { kind: 'function', name: 'plus', arguments: [t.int(), t.list(t.list(t.int()))] } as const;
    for (const one of [drop(plus), drop(named)]) {
      expect(compiled(one).declarations).toEqual([{ kind: 'drop', of: 'function', name: key }]);
    }
  });

  it.each<[string, () => unknown, string]>([
    ['no body', () => fn('x', untyped({ arguments: {}, returns: t.int(), language: 'java' })), 'MIGRATION_NOT_A_TEXT'],
    ['no result', () => fn('x', untyped({ arguments: {}, language: 'java', body: 'x' })), 'MIGRATION_TYPE_INVALID'],
    [
      'an argument in digits',
      () => fn('x', { arguments: { a: t.int(), 1: t.int() }, returns: t.int(), language: 'java', body: 'x' }),
      'MIGRATION_NAME_ORDER',
    ],
    [
      'null by text',
      () => fn('x', untyped({ arguments: {}, returns: t.int(), language: 'java', body: 'x', calledOnNull: 'no' })),
      'MIGRATION_NOT_A_BOOLEAN',
    ],
    [
      'no state function',
      () => aggregate('x', untyped({ arguments: [], stateType: t.int() })),
      'MIGRATION_AGGREGATE_FUNCTION',
    ],
    [
      'another signature',
      () => aggregate('x', { arguments: [t.text()], stateFunction: plus, stateType: t.int() }),
      'MIGRATION_AGGREGATE_SIGNATURE',
    ],
  ])('refuse %s', (_what, make, code) => {
    expect(mistakeOf(make).split(':')[0]).toBe(code);
  });

  it('say which signature an aggregate would call', () => {
    expect(mistakeOf(() => aggregate('x', { arguments: [t.text()], stateFunction: plus, stateType: t.int() }))).toBe(
      'MIGRATION_AGGREGATE_SIGNATURE: stateFunction of aggregate x is plus(int, list<frozen<list<int>>>) returning int; it would call plus(int, text)',
    );
  });
});

describe('drop and keyspace', () => {
  it('name what is dropped, and expect a table that is declared', () => {
    const { declarations, expects } = compiled(
      drop(movies),
      drop(udt('address', { a: t.int() })),
      drop({ kind: 'index', name: 'i' }),
      drop({ kind: 'view', name: 'v' }),
      drop({ kind: 'aggregate', name: 'g', arguments: { a: t.int() } }),
      keyspace({ durableWrites: false }),
    );
    expect(declarations).toEqual([
      { kind: 'drop', of: 'table', name: 'movies' },
      { kind: 'drop', of: 'type', name: 'address' },
      { kind: 'drop', of: 'index', name: 'i' },
      { kind: 'drop', of: 'view', name: 'v' },
      { kind: 'drop', of: 'aggregate', name: 'g(int)' },
      { kind: 'alter-keyspace', settings: { kind: 'keyspace', durableWrites: false } },
    ]);
    expect(expects.map((one) => one.table)).toEqual(['movies']);
  });

  it('refuse what is no object', () => {
    for (const one of ['movies', undefined, { kind: 'trigger', name: 'x' }, { name: 'x' }]) {
      expect(mistakeOf(() => drop(untyped(one)))).toMatch(/^MIGRATION_DROP_OF_NOTHING/);
    }
    expect(mistakeOf(() => drop(untyped({ kind: 'function', name: 'x' })))).toMatch(/^MIGRATION_NOT_AN_OBJECT/);
    expect(mistakeOf(() => keyspace(untyped({})))).toMatch(/^MIGRATION_KEYSPACE_EMPTY/);
    expect(mistakeOf(() => keyspace(untyped({ replication: 3 })))).toMatch(/^MIGRATION_UNKNOWN_PROPERTY/);
    expect(mistakeOf(() => compiled(keyspace({ durableWrites: true }), keyspace({ durableWrites: false })))).toMatch(
      /^MIGRATION_DECLARED_TWICE: 1_x: keyspace stands twice/,
    );
  });
});
