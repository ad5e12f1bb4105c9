import { describe, expect, it } from 'vitest';
import { MutationStatements, unset } from '../../src/cql/mutation.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { Mutation } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';

const columns: Readonly<Record<string, string>> = {
  k: 'int',
  c: 'int',
  st: 'text',
  a: 'text',
  Order: 'text',
  l: 'list<int>',
  s: 'set<int>',
  u: 'point',
  fl: 'frozen<list<int>>',
};
const table: Table = {
  kind: 'table',
  name: 't',
  columns: Object.entries(columns).map(([name, text]) => ({ name, type: parseType(text), static: name === 'st' })),
  partitionKey: ['k'],
  clusteringKey: [{ column: 'c', order: 'asc' }],
  options: {},
};
const statements = new MutationStatements('ks', table);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const key = { partitionKey: [bytes(1)], clusteringKey: [bytes(2)] };
const timed = { timestamp: 5n, ttl: 7 };
const time = bytes(0, 0, 0, 0, 0, 0, 0, 5);
const ttl = bytes(0, 0, 0, 7);
const plain = { cells: {}, add: {}, fields: {} };

describe('the statement of a mutation', () => {
  it('is one insert per table, whatever cells are set', () => {
    const one = statements.of({ kind: 'insert', ...key, cells: { a: bytes(9) }, ...timed });
    const other = statements.of({ kind: 'insert', ...key, cells: { Order: null }, ...timed });
    expect(one.text).toBe('INSERT INTO ks.t (k, c, a, "Order", fl) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?');
    expect(other.text).toBe(one.text);
    expect(one.values).toEqual([bytes(1), bytes(2), bytes(9), unset, unset, time, ttl]);
    expect(other.values).toEqual([bytes(1), bytes(2), unset, null, unset, time, ttl]);
  });

  it('takes unfrozen and static columns of a row only when they are set', () => {
    const cells = { st: bytes(8), l: bytes(0, 0, 0, 0) };
    const statement = statements.of({ kind: 'insert', ...key, cells, ...timed });
    expect(statement.text).toContain('(k, c, a, "Order", fl, st, l)');
  });

  it('leaves the timestamp to the server when there is none', () => {
    const { values } = statements.of({ kind: 'insert', ...key, cells: {}, timestamp: null, ttl: 0 });
    expect(values.slice(-2)).toEqual([unset, bytes(0, 0, 0, 0)]);
  });

  it('adds elements, sets fields, and deletes cells', () => {
    const statement = statements.of({
      kind: 'update',
      ...key,
      cells: { a: null },
      add: { s: bytes(3) },
      fields: { u: { x: bytes(4), 'Y y': null } },
      ...timed,
    });
    expect(statement.text).toBe(
      'UPDATE ks.t USING TIMESTAMP ? AND TTL ? SET a = ?, "Order" = ?, fl = ?, s = s + ?, u.x = ?, u."Y y" = ? WHERE k = ? AND c = ?',
    );
    expect(statement.values).toEqual([time, ttl, null, unset, unset, bytes(3), bytes(4), null, bytes(1), bytes(2)]);
  });

  it('reaches only static columns without a clustering key', () => {
    const update: Mutation = { kind: 'update', partitionKey: [bytes(1)], clusteringKey: null, ...plain, ...timed };
    const statement = statements.of({ ...update, cells: { st: bytes(1) } });
    expect(statement.text).toBe('UPDATE ks.t USING TIMESTAMP ? AND TTL ? SET st = ? WHERE k = ?');
  });

  it('deletes rows and counts', () => {
    expect(statements.of({ kind: 'delete-row', ...key, timestamp: 5n }).text).toBe(
      'DELETE FROM ks.t USING TIMESTAMP ? WHERE k = ? AND c = ?',
    );
    const count = statements.of({ kind: 'count', ...key, add: { a: -1n } });
    expect(count.text).toBe('UPDATE ks.t SET a = a + ? WHERE k = ? AND c = ?');
    expect(count.values[0]).toEqual(bytes(255, 255, 255, 255, 255, 255, 255, 255));
  });

  it('names a column that the table does not have', () => {
    const unknown = { kind: 'insert', ...key, cells: { nope: null }, ...timed } as const;
    expect(() => statements.of(unknown)).toThrow(expect.objectContaining({ code: 'UNKNOWN_COLUMN' }));
  });
});

describe('what may be sent twice', () => {
  const update = { kind: 'update', ...key, ...plain, ...timed } as const;
  it.each<[string, Mutation, boolean]>([
    ['an insert', { kind: 'insert', ...key, cells: { a: bytes(1) }, ...timed }, true],
    ['an insert without a timestamp', { kind: 'insert', ...key, cells: {}, timestamp: null, ttl: 0 }, false],
    ['a frozen list', { ...update, cells: { fl: bytes(1) } }, true],
    ['an unfrozen list', { ...update, cells: { l: bytes(1) } }, false],
    ['a deleted list', { ...update, cells: { l: null } }, true],
    ['appended list elements', { ...update, add: { l: bytes(1) } }, false],
    ['added set elements', { ...update, add: { s: bytes(1) } }, true],
    ['a counter', { kind: 'count', ...key, add: { a: 1n } }, false],
    ['a deleted row', { kind: 'delete-row', ...key, timestamp: 1n }, true],
    ['a deleted row without a timestamp', { kind: 'delete-row', ...key, timestamp: null }, false],
  ])('%s', (_name, mutation, repeatable) => {
    expect(statements.isRepeatable(mutation)).toBe(repeatable);
    if (statements.touchesList(mutation)) expect(repeatable).toBe(false);
  });
});
