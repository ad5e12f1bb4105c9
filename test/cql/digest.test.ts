import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDigest } from '../../src/cql/digest.ts';
import type { Cell, CellElement, StoredRow } from '../../src/model/row.ts';

const columns = [
  { name: 'a', static: false },
  { name: 's', static: true },
  { name: 'b', static: false },
];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const value = (text: string, expiresAt: number | null = null): Cell => ({
  kind: 'value',
  bytes: bytes(text),
  writeTime: 1n,
  expiresAt,
});
const row = (key: string, ...cells: (Cell | null)[]): StoredRow => ({
  kind: 'row',
  partitionKey: [bytes('p')],
  clusteringKey: [bytes(key)],
  cells,
});
const staticRow = (...cells: (Cell | null)[]): StoredRow => ({ kind: 'static', partitionKey: [bytes('p')], cells });
const element = (key: string | null, content: string | null, expiresAt: number | null = null): CellElement => ({
  key: key === null ? null : bytes(key),
  value: content === null ? null : bytes(content),
  writeTime: 1n,
  expiresAt,
});
const elements = (...parts: CellElement[]): Cell => ({ kind: 'elements', elements: parts });
const digestOf = (...rows: StoredRow[]): string => {
  const digest = createDigest(columns);
  for (const one of rows) digest.add(one);
  return digest.hex();
};

describe('the value digest', () => {
  it('is zero without rows', () => {
    expect(digestOf()).toBe('0'.repeat(64));
  });

  it('is the SHA-256 of the documented record for one row', () => {
    const record = Buffer.concat([
      Buffer.from('R'),
      Buffer.from('0000000100000001', 'hex'),
      Buffer.from('p'),
      Buffer.from('0000000100000001', 'hex'),
      Buffer.from('c'),
      Buffer.from('00000001', 'hex'),
      Buffer.from('a'),
      Buffer.from('V'),
      Buffer.from('00000002', 'hex'),
      Buffer.from('v1'),
      Buffer.from('00000001', 'hex'),
      Buffer.from('b'),
      Buffer.from('E'),
      Buffer.from('0000000200000001', 'hex'),
      Buffer.from('x'),
      Buffer.from('00000000', 'hex'),
      Buffer.from('00000001', 'hex'),
      Buffer.from('y'),
      Buffer.from('00000000', 'hex'),
    ]);
    const found = digestOf(row('c', value('v1'), elements(element('y', null), element('x', null))));
    expect(found).toBe(createHash('sha256').update(record).digest('hex'));
  });

  it('adds up modulo 2^256 in any order and any grouping', () => {
    const rows = Array.from({ length: 50 }, (_, index) => row(`c${index}`, value(`v${index}`), null));
    const whole = createDigest(columns);
    for (const one of rows) whole.add(one);
    const parts = [rows.slice(30), rows.slice(0, 7), rows.slice(7, 30).reverse()].map((part) => {
      const digest = createDigest(columns);
      for (const one of part) digest.add(one);
      return digest.state();
    });
    const merged = createDigest(columns, parts[0]);
    for (const part of parts.slice(1)) merged.merge(part);
    expect(merged.state()).toEqual(whole.state());
    expect(whole.rows).toBe(50);
    const sum = rows.reduce((total, one) => total + BigInt(`0x${digestOf(one)}`), 0n) % 2n ** 256n;
    expect(whole.hex()).toBe(sum.toString(16).padStart(64, '0'));
  });

  it('tells apart keys, values, columns, kinds of row, absent and empty values', () => {
    const different = [
      digestOf(row('c', value('v'), null)),
      digestOf(row('c', null, value('v'))),
      digestOf(row('d', value('v'), null)),
      digestOf(row('c', value('w'), null)),
      digestOf(row('c', value('v'), value(''))),
      digestOf(row('c', null, null)),
      digestOf(row('c', { kind: 'counter', value: 1n }, null)),
      digestOf(row('c', { kind: 'counter', value: 2n }, null)),
      digestOf(row('c', elements(element(null, 'v')), null)),
      digestOf(row('c', elements(element('v', null)), null)),
      digestOf(row('c', elements(element('v', 'w')), null)),
      digestOf(staticRow(value('v'))),
      digestOf(row('c', value('v'), null), row('c', value('v'), null)),
    ];
    expect(new Set(different).size).toBe(different.length);
  });

  it('counts the positions of list elements, not the order that set and map elements come in', () => {
    const listed = (...texts: string[]): string =>
      digestOf(row('c', elements(...texts.map((text) => element(null, text))), null));
    expect(listed('1', '2')).not.toBe(listed('2', '1'));
    const mapped = (...texts: string[]): string =>
      digestOf(row('c', elements(...texts.map((text) => element(text, `${text}!`))), null));
    expect(mapped('1', '2')).toBe(mapped('2', '1'));
  });

  it('does not depend on write times', () => {
    const later: Cell = { kind: 'value', bytes: bytes('v'), writeTime: 99n, expiresAt: null };
    expect(digestOf(row('c', later, null))).toBe(digestOf(row('c', value('v'), null)));
  });

  it('counts expiring cells apart, and rows of nothing else', () => {
    const digest = createDigest(columns);
    digest.add(row('c', value('v'), value('gone', 5)));
    digest.add(row('d', value('gone', 5), elements(element('x', null, 5), element('y', null, 6))));
    digest.add(staticRow(value('gone', 5)));
    digest.add(staticRow(null));
    expect(digest.hex()).toBe(digestOf(row('c', value('v'), null)));
    expect(digest.state()).toMatchObject({ rows: 1, expiringRows: 2, expiringCells: 5 });
  });

  it('counts a key-only row, and only the permanent elements of a collection', () => {
    expect(digestOf(row('c', null, null))).not.toBe(digestOf());
    expect(digestOf(row('c', elements(element(null, '1', 9), element(null, '2')), null))).toBe(
      digestOf(row('c', elements(element(null, '2')), null)),
    );
  });

  it('takes renamed columns under their new names, sorted anew', () => {
    const digest = createDigest(columns);
    digest.add(row('c', value('1'), value('2')), { a: 'z' });
    const renamed = createDigest([
      { name: 'b', static: false },
      { name: 'z', static: false },
    ]);
    renamed.add(row('c', value('2'), value('1')));
    expect(digest.hex()).toBe(renamed.hex());
  });

  it('refuses a state that is no digest', () => {
    expect(() => createDigest(columns, { sum: 'xyz', rows: 0, expiringCells: 0, expiringRows: 0 })).toThrow(
      expect.objectContaining({ code: 'DIGEST_UNREADABLE' }),
    );
  });
});
