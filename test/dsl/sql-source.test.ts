import { describe, expect, it } from 'vitest';
import { mysql } from '../../src/mysql.ts';
import { postgres } from '../../src/postgres.ts';
import { sqlite } from '../../src/sqlite.ts';
import { declared } from '../sources/sql-source.ts';
import { mistakeOf, untyped } from './mistakes.ts';

const columns = { id: mysql.int(), name: mysql.text() };

describe('a table of a database', () => {
  it('means its place, key, types and settings', () => {
    const source = mysql.table('film', {
      connection: 'sakila',
      columns: { ...columns, rating: mysql.enum('G', 'PG') },
      key: ['id'],
      notNull: ['name'],
      fields: { name: 'TITLE' },
      zone: 'Europe/Oslo',
      zeroDates: 'null',
      schema: 'other',
    });
    expect(declared(source)).toEqual({
      kind: 'foreign',
      system: 'mysql',
      connection: 'sakila',
      place: 'film',
      columns: {
        id: { type: 'mysql.int', required: true, field: 'id' },
        name: { type: 'mysql.text', required: true, field: 'TITLE' },
        rating: { type: 'mysql.enum', required: false, field: 'rating', labels: ['G', 'PG'] },
      },
      key: ['id'],
      settings: { schema: 'other', zone: 'Europe/Oslo', zeroDates: 'null' },
    });
    expect(Object.isFrozen(source)).toBe(true);
  });

  it('has lists and ranges of other types', () => {
    const source = postgres.table('x', {
      connection: 'crm',
      columns: {
        a: postgres.array(postgres.array(postgres.int())),
        b: postgres.range(postgres.date()),
        c: postgres.array(postgres.range(postgres.int())),
        d: postgres.array(postgres.enum('x')),
      },
    });
    const types = Object.values(declared(source).columns).map(({ type, labels }) => [type, labels]);
    expect(types).toEqual([
      ['postgres.int[][]', undefined],
      ['postgres.date~', undefined],
      ['postgres.int~[]', undefined],
      ['postgres.enum[]', ['x']],
    ]);
  });

  it('is a query by its beginning', () => {
    const sql = `SELECT id, name\n  FROM film JOIN film_actor USING (film_id)\n  WHERE release_year > 2000`;
    const source = declared(mysql.query(sql, { connection: 'sakila', columns }));
    expect(source.place).toBe('SELECT id, name FROM film JOIN film_actor USING (film_id) W…');
    expect(source.settings).toEqual({ query: sql });
  });
});

describe('mistakes', () => {
  const given = { connection: 'shop', columns };
  const cases: readonly (readonly [code: string, make: () => unknown])[] = [
    ['MIGRATION_NOT_A_TEXT', () => mysql.table('', given)],
    ['MIGRATION_NOT_A_TEXT', () => mysql.table('x', untyped({ columns }))],
    ['MIGRATION_NOT_AN_OBJECT', () => mysql.table('x', untyped(undefined))],
    ['MIGRATION_NOT_AN_OBJECT', () => mysql.table('x', untyped({ connection: 'shop' }))],
    ['MIGRATION_SOURCE_WITHOUT_COLUMNS', () => mysql.table('x', { connection: 'shop', columns: {} })],
    ['MIGRATION_SOURCE_TYPE', () => mysql.table('x', untyped({ ...given, columns: { id: sqlite.int() } }))],
    ['MIGRATION_UNKNOWN_PROPERTY', () => mysql.table('x', untyped({ ...given, required: ['id'] }))],
    ['MIGRATION_UNKNOWN_PROPERTY', () => postgres.table('x', untyped({ ...given, zeroDates: 'null' }))],
    ['MIGRATION_UNKNOWN_PROPERTY', () => mysql.query('SELECT 1', untyped({ ...given, schema: 'x' }))],
    ['MIGRATION_NO_SUCH_COLUMN', () => mysql.table('x', untyped({ ...given, key: ['none'] }))],
    ['MIGRATION_NAMED_TWICE', () => mysql.table('x', { ...given, key: ['id', 'id'] })],
    ['MIGRATION_SOURCE_ZONE', () => mysql.table('x', { ...given, zone: 'Oslo' })],
    ['MIGRATION_SOURCE_SETTING', () => mysql.table('x', untyped({ ...given, fractions: 'round' }))],
    ['MIGRATION_SOURCE_LABEL', () => (mysql.enum as () => unknown)()],
    ['MIGRATION_SOURCE_LABEL', () => mysql.enum(untyped(1))],
    ['MIGRATION_NAMED_TWICE', () => mysql.set('a', 'a')],
    ['MIGRATION_SOURCE_TYPE', () => postgres.array(untyped(mysql.int()))],
  ];
  it.each(cases)('%s', (code, make) => {
    expect(mistakeOf(make).split(':')[0]).toBe(code);
  });
});
