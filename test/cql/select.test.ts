import { describe, expect, it } from 'vitest';
import { newestExpressions, scanStatement, untimedColumns } from '../../src/cql/select.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { Table, UserType } from '../../src/model/schema.ts';

const columns: Readonly<Record<string, string>> = {
  a: 'int',
  Order: 'text',
  c: 'int',
  s: 'text',
  v: 'int',
  l: 'list<int>',
  m: 'map<int, text>',
  f: 'frozen<map<int, text>>',
  u: 'point',
};
const table: Table = {
  kind: 'table',
  name: 'Things',
  columns: Object.entries(columns).map(([name, text]) => ({ name, type: parseType(text), static: name === 's' })),
  partitionKey: ['a', 'Order'],
  clusteringKey: [{ column: 'c', order: 'desc' }],
  options: {},
};
const int = parseType('int');
const point: UserType = {
  kind: 'type',
  name: 'point',
  fields: [
    { name: 'x', type: int },
    { name: 'Y', type: int },
  ],
};
const shape = { keyspace: 'shop', table, types: { point } };
const where = 'FROM shop."Things" WHERE token(a, "Order") > ? AND token(a, "Order") <= ?';

describe('the statement of a scan', () => {
  it('names the key and the columns asked for, the first result column carrying the mark', () => {
    const statement = scanStatement({ ...shape, columns: ['v', 's'], times: false, elementTimes: true }, 'mark');
    expect(statement.text).toBe(`SELECT a AS mark, "Order", c, s, v ${where}`);
    expect(statement).toMatchObject({
      clock: false,
      partitionKey: 2,
      clusteringKey: 1,
      statics: [{ kind: 'value', timed: false }],
      regulars: [{ kind: 'value', timed: false }],
    });
  });

  it('reads times of every cell, UDTs by field', () => {
    const statement = scanStatement({ ...shape, columns: ['l', 'u', 'f'], times: true, elementTimes: true }, 'a mark');
    const timed = (item: string): string => `${item}, writetime(${item}), ttl(${item})`;
    expect(statement.text).toBe(
      `SELECT toUnixTimestamp(now()) AS "a mark", a, "Order", c, ${timed('l')}, ${timed('u.x')}, ${timed('u."Y"')}, ${timed('f')} ${where}`,
    );
    expect(statement.regulars).toEqual([
      { kind: 'list', timed: true },
      { kind: 'fields', fields: ['x', 'Y'] },
      { kind: 'value', timed: true },
    ]);
  });

  it('leaves out times that the server refuses', () => {
    const statement = scanStatement({ ...shape, columns: ['l', 'u', 'v'], times: true, elementTimes: false }, 'mark');
    expect(statement.text).toBe(
      `SELECT toUnixTimestamp(now()) AS mark, a, "Order", c, l, u, v, writetime(v), ttl(v) ${where}`,
    );
    expect(untimedColumns(table, false)).toEqual(['l', 'm', 'u']);
    expect(untimedColumns(table, true)).toEqual([]);
  });

  it('asks for the newest time column by column', () => {
    const all = ['v', 'm', 'f', 'u'];
    expect(newestExpressions({ ...shape, columns: all, elementTimes: true })).toEqual([
      'max(writetime(v))',
      'max(maxwritetime(m))',
      'max(writetime(f))',
      'max(maxwritetime(u))',
    ]);
    expect(newestExpressions({ ...shape, columns: all, elementTimes: false })).toEqual([
      'max(writetime(v))',
      'max(writetime(f))',
    ]);
  });

  it('names what it does not know', () => {
    const wanted = { ...shape, times: true, elementTimes: true };
    expect(() => scanStatement({ ...wanted, columns: ['nope'] }, 'mark')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_COLUMN', fields: { table: 'Things', column: 'nope' } }),
    );
    expect(() => scanStatement({ ...wanted, types: {}, columns: ['u'] }, 'mark')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TYPE' }),
    );
  });
});
