import { describe, expect, it } from 'vitest';
import { compileMigration, schemaHashOf } from '../../src/dsl/compile.ts';
import {
  alter,
  backfill,
  copy,
  type Declared,
  drop,
  existing,
  index,
  migration,
  t,
  table,
  transform,
  udt,
  view,
} from '../../src/index.ts';
import { mistakeOf, untyped } from './mistakes.ts';

const movies = existing('movies', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['id'] });
const films = table('films', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['id'] });
const compile = (definition: object) =>
  compileMigration('1_x', migration(untyped({ description: 'x', ...definition })));

describe('compileMigration', () => {
  it('collects declarations, expectations and data in order', () => {
    const other = existing('other', { columns: { id: t.uuid(), title: t.text(), n: t.int() }, partitionKey: ['id'] });
    const shown = compileMigration(
      '20261122093000_films',
      migration({
        description: 'Movies are films',
        schema: [films, index('films_by_title', { on: films, column: 'title', using: 'sai' })],
        data: [
          copy({ from: movies, into: films, maxRejects: 3 }),
          transform({ from: other, into: films, rows: () => undefined }),
        ],
        replaces: ['20260101000000_a'],
      }),
    );
    expect(shown).toMatchObject({
      id: '20261122093000_films',
      description: 'Movies are films',
      declarations: [
        { kind: 'create', object: { kind: 'table', name: 'films' } },
        { kind: 'create', object: { kind: 'index', name: 'films_by_title' } },
      ],
      expects: [{ table: 'movies' }, { table: 'other' }],
      data: [
        {
          kind: 'copy',
          index: 0,
          maxRejects: 3,
          from: { kind: 'table', table: { name: 'movies' } },
          into: { name: 'films' },
        },
        { kind: 'transform', index: 1, maxRejects: 0 },
      ],
      replaces: ['20260101000000_a'],
    });
    expect(Object.isFrozen(shown)).toBe(true);
  });

  it('joins what two blocks expect of one table', () => {
    const more = existing('movies', { columns: { id: t.uuid(), year: t.int() }, partitionKey: ['id'] });
    const schema = [alter(movies, { drop: ['title'] }), index('i', { on: more, column: 'year' })];
    expect(compile({ schema }).expects).toMatchObject([
      { table: 'movies', columns: ['id', 'title', 'year'].map((name) => ({ name })) },
    ]);
    const differs = existing('movies', { columns: { id: t.uuid(), title: t.int() }, partitionKey: ['id'] });
    const rekeyed = existing('movies', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['title'] });
    for (const one of [differs, rekeyed]) {
      const clash = [alter(movies, { drop: ['title'] }), index('i', { on: untyped(one), column: untyped('title') })];
      expect(mistakeOf(() => compile({ schema: clash }))).toMatch(/^MIGRATION_EXISTING_DIFFERS/);
    }
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^MIGRATION_NOT_A_MIGRATION: the default export of 1_x is nothing/],
    ['a table', films, /is a table films, not a migration/],
    ['a plain object', { description: 'x', schema: [] }, /^MIGRATION_NOT_A_MIGRATION/],
    ['a copy of a migration', { ...migration({ description: 'x' }) }, /^MIGRATION_NOT_A_MIGRATION/],
    ['a function', () => undefined, /is a function, not a migration/],
  ])('refuses %s for a default export', (_what, value, message) => {
    expect(mistakeOf(() => compileMigration('1_x', value))).toMatch(message);
  });

  const step = copy({ from: movies, into: films });
  it.each<[string, object, string]>([
    ['no description', { description: undefined }, 'MIGRATION_NOT_A_TEXT'],
    ['an empty description', { description: ' ' }, 'MIGRATION_NOT_A_TEXT'],
    ['a schema that is no list', { schema: films }, 'MIGRATION_NOT_A_LIST'],
    ['what nobody made', { schema: [{ ...films }] }, 'MIGRATION_NOT_DECLARED'],
    ['undefined in schema', { schema: [undefined] }, 'MIGRATION_NOT_DECLARED'],
    ['a data step in schema', { schema: [step] }, 'MIGRATION_NOT_IN_SCHEMA_LIST'],
    ['an existing table in schema', { schema: [movies] }, 'MIGRATION_EXISTING_IN_SCHEMA'],
    ['a table twice', { schema: [films, films, films] }, 'ok'],
    [
      'another table of the name',
      { schema: [films, table('films', { columns: { a: t.int() }, partitionKey: ['a'] })] },
      'MIGRATION_DECLARED_TWICE',
    ],
    [
      'a view of the table’s name',
      { schema: [films, view('films', { from: movies, columns: '*', partitionKey: ['id'] })] },
      'MIGRATION_DECLARED_TWICE',
    ],
    ['a type of the table’s name', { schema: [films, udt('films', { a: t.int() })] }, 'ok'],
    ['made and dropped', { schema: [films, drop(films)] }, 'MIGRATION_DECLARED_TWICE'],
    ['dropped twice', { schema: [drop(movies), drop({ kind: 'table', name: 'movies' })] }, 'MIGRATION_DECLARED_TWICE'],
    ['a drop of a table() of no schema', { schema: [drop(films)] }, 'MIGRATION_NOT_IN_SCHEMA'],
    ['a table in data', { data: [films] }, 'MIGRATION_NOT_DATA'],
    ['a step twice', { schema: [films], data: [step, step] }, 'MIGRATION_DATA_TWICE'],
    ['a copy into a table of no schema', { data: [step] }, 'MIGRATION_NOT_IN_SCHEMA'],
    [
      'existing and table of one name',
      {
        schema: [
          films,
          index('i', { on: existing('films', { columns: { id: t.uuid() }, partitionKey: ['id'] }), column: 'id' }),
        ],
      },
      'MIGRATION_EXPECTS_ITS_OWN',
    ],
    ['replaces of numbers', { replaces: [3] }, 'MIGRATION_NOT_A_TEXT'],
    ['replaces twice', { replaces: ['a', 'a'] }, 'MIGRATION_NAMED_TWICE'],
    ['nothing at all to do', {}, 'ok'],
  ])('%s', (_what, definition, code) => {
    if (code === 'ok') expect(compile(definition).id).toBe('1_x');
    else expect(mistakeOf(() => compile(definition)).split(':')[0]).toBe(code);
  });

  it('refuses a backfill into a change that is not in schema', () => {
    const rated = alter(movies, { add: { rating: t.int() } });
    const fill = backfill({ from: movies, into: rated, columns: { rating: () => 1 } });
    expect(mistakeOf(() => compile({ data: [fill] }))).toMatch(/the alter\(\) that makes it is not in schema/);
    expect(compile({ schema: [rated], data: [fill] }).data).toHaveLength(1);
  });
});

describe('schemaHashOf', () => {
  const hash = (...schema: readonly Declared[]): string => schemaHashOf(compile({ schema }));

  it('changes with what is declared, and with nothing else', () => {
    expect(hash(films)).toMatch(/^[0-9a-f]{64}$/);
    const reordered = table('films', { columns: { title: t.text(), id: t.uuid() }, partitionKey: ['id'] });
    expect(hash(reordered)).toBe(hash(films));
    expect(schemaHashOf(compile({ schema: [films], description: 'other' }))).toBe(hash(films));
    expect(hash(table('films', { columns: { id: t.uuid(), title: t.ascii() }, partitionKey: ['id'] }))).not.toBe(
      hash(films),
    );
    expect(hash(films, drop(movies))).not.toBe(hash(films));
  });

  it('covers where data comes from, not the functions nor the limits', () => {
    const of = (...data: readonly unknown[]): string => schemaHashOf(compile({ schema: [films], data }));
    const plain = of(copy({ from: movies, into: films }));
    expect(of(copy({ from: movies, into: films, maxRejects: '1%' }))).toBe(plain);
    expect(of(copy({ from: movies, into: films, columns: { title: () => 'a' } }))).not.toBe(plain);
    expect(of(copy({ from: movies, into: films, columns: { title: () => 'a' } }))).toBe(
      of(copy({ from: movies, into: films, columns: { title: () => 'b' } })),
    );
    expect(of()).not.toBe(plain);
  });
});
