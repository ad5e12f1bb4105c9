import { describe, expect, it } from 'vitest';
import { compileMigration } from '../../src/dsl/compile.ts';
import { csv, json, ndjson } from '../../src/files.ts';
import { copy, migration, type Source, t, table } from '../../src/index.ts';
import type { ForeignSource } from '../../src/model/data.ts';
import { mistakeOf, untyped } from './mistakes.ts';

const into = table('x', { columns: { id: t.int() }, partitionKey: ['id'] });

function foreign(from: Source): ForeignSource {
  const data = [copy(untyped({ from, into, columns: { id: () => 1 } }))];
  const [spec] = compileMigration('1_x', migration({ description: 'x', schema: [into], data })).data;
  if (spec?.from.kind !== 'foreign') throw new Error('no foreign source');
  return spec.from;
}

describe('files as sources', () => {
  it('compile with their columns, fields and settings', () => {
    const movies = json.file('data/movies.json', {
      columns: { title: json.any(), genre: json.text(), 'US Gross': json.bigint() },
      key: ['title'],
      required: ['US Gross', 'title'],
      fields: { title: 'Title', genre: 'Major Genre' },
    });
    expect(foreign(movies)).toEqual({
      kind: 'foreign',
      system: 'json',
      connection: null,
      place: 'data/movies.json',
      columns: {
        title: { type: 'json.any', required: true, field: 'Title' },
        genre: { type: 'json.text', required: false, field: 'Major Genre' },
        'US Gross': { type: 'json.bigint', required: true, field: 'US Gross' },
      },
      key: ['title'],
      settings: {},
    });
    const lines = ndjson.file('a/*.ndjson.gz', { columns: { id: json.uuid(), at: ndjson.timestamp() } });
    expect(foreign(lines)).toMatchObject({
      system: 'ndjson',
      columns: { id: { type: 'json.uuid' }, at: { type: 'json.timestamp' } },
    });
    const flights = csv.file('flights.csv', {
      columns: { b: csv.int(), a: csv.text() },
      delimiter: ';',
      quote: '',
      escape: '\\',
      header: false,
      nullText: 'NA',
    });
    expect(foreign(flights)).toMatchObject({
      system: 'csv',
      key: [],
      settings: { delimiter: ';', quote: '', escape: '\\', header: false, nullText: 'NA' },
    });
    expect(Object.keys(foreign(flights).columns)).toEqual(['b', 'a']);
  });

  it('may have fields with names that every object has', () => {
    const file = csv.file('x.csv', { columns: { constructor: csv.text(), ['__proto__']: csv.int(), id: csv.int() } });
    expect(Object.entries(foreign(file).columns).map(([name, { field }]) => [name, field])).toEqual([
      ['constructor', 'constructor'],
      ['__proto__', '__proto__'],
      ['id', 'id'],
    ]);
    expect(
      mistakeOf(() => table('y', { columns: untyped({ __proto__: t.int() }), partitionKey: untyped(['id']) })),
    ).toBe(
      "MIGRATION_NAME_INVALID: the columns of table y has a member __proto__, which JavaScript takes for the object's prototype",
    );
  });

  it('are frozen data', () => {
    const file = csv.file('x.csv', { columns: { a: csv.int() }, key: ['a'] });
    expect(file).toEqual({
      kind: 'source',
      system: 'csv',
      connection: null,
      place: 'x.csv',
      columns: { a: { kind: 'csv.int' } },
      key: ['a'],
      required: ['a'],
      fields: {},
      settings: {},
    });
    for (const part of [file, file.columns, file.key, file.required, file.fields, file.settings])
      expect(Object.isFrozen(part)).toBe(true);
  });

  const good = { columns: { a: csv.int() } };
  it.each<[string, () => unknown, string]>([
    ['no path', () => csv.file('', good), 'MIGRATION_NOT_A_TEXT'],
    ['no definition', () => csv.file('x', untyped(undefined)), 'MIGRATION_NOT_AN_OBJECT'],
    ['no columns', () => csv.file('x', { columns: {} }), 'MIGRATION_SOURCE_WITHOUT_COLUMNS'],
    ['a type of CQL', () => csv.file('x', untyped({ columns: { a: t.int() } })), 'MIGRATION_SOURCE_TYPE'],
    ['a type of another system', () => csv.file('x', untyped({ columns: { a: json.int() } })), 'MIGRATION_SOURCE_TYPE'],
    ['a type not called', () => csv.file('x', untyped({ columns: { a: csv.int } })), 'MIGRATION_SOURCE_TYPE'],
    ['a key that is no column', () => csv.file('x', untyped({ ...good, key: ['b'] })), 'MIGRATION_NO_SUCH_COLUMN'],
    ['a key twice', () => csv.file('x', { ...good, key: ['a', 'a'] }), 'MIGRATION_NAMED_TWICE'],
    [
      'required that is no column',
      () => csv.file('x', untyped({ ...good, required: ['b'] })),
      'MIGRATION_NO_SUCH_COLUMN',
    ],
    [
      'a field of no column',
      () => csv.file('x', untyped({ ...good, fields: { b: 'B' } })),
      'MIGRATION_UNKNOWN_PROPERTY',
    ],
    ['a field without a name', () => csv.file('x', { ...good, fields: { a: '' } }), 'MIGRATION_NAME_INVALID'],
    ['an unknown setting', () => csv.file('x', untyped({ ...good, separator: ';' })), 'MIGRATION_UNKNOWN_PROPERTY'],
    [
      'a setting of CSV for JSON',
      () => json.file('x', untyped({ columns: { a: json.int() }, delimiter: ';' })),
      'MIGRATION_UNKNOWN_PROPERTY',
    ],
    [
      'digits where the order counts',
      () => csv.file('x', { columns: { a: csv.int(), 1: csv.int() }, header: false }),
      'MIGRATION_NAME_ORDER',
    ],
    ['a setting of a wrong type', () => csv.file('x', untyped({ ...good, header: 'no' })), 'MIGRATION_SOURCE_SETTING'],
  ])('refuse %s', (_what, make, code) => {
    expect(mistakeOf(make).split(':')[0]).toBe(code);
  });
});
