import { describe, expect, it } from 'vitest';
import { type ChunkRow, layoutOf } from '../../src/backup/chunk-layout.ts';
import { PlainDecoder } from '../../src/backup/plain/plain-decode.ts';
import { PlainEncoder } from '../../src/backup/plain/plain-encode.ts';
import { plainLayout } from '../../src/backup/plain/plain-layout.ts';
import { codecOf } from '../../src/cql/codec/codec.ts';
import { isMultiCell } from '../../src/cql/select.ts';
import { parseType } from '../../src/cql/type-text.ts';
import { partsOf } from '../../src/cql/whole-value.ts';
import type { Bytes, Cell } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';
import { tableOf } from '../cassandra/rows-fixture.ts';
import { edgeValues, testTypes } from '../cql/edge-values.ts';
import { type Random, seeded } from './random.ts';

function through(table: Table, rows: readonly ChunkRow[], columns: readonly string[] | null = null): string {
  const layout = plainLayout(layoutOf(table, columns));
  const text = new PlainEncoder(layout, testTypes).encode(rows);
  expect(new PlainDecoder(layout, testTypes).decode(text)).toEqual(rows);
  return Buffer.from(text).toString('utf8');
}

function randomTime(random: Random): { writeTime: bigint | null; expiresAt: number | null } {
  const writeTime = random.pick([null, 0n, -5n, 1_700_000_000_000_000n, 2n ** 63n - 1n, -(2n ** 63n)]);
  return { writeTime, expiresAt: random.pick([null, null, 1_700_000_000 + random.below(1000)]) };
}

describe('rows in plain files', () => {
  it.each(Object.keys(edgeValues))('give back every value of %s bit for bit, and bytes that are no value', (name) => {
    const type = parseType(name);
    const table = tableOf('t', { columns: { id: 'int', v: name }, partitionKey: ['id'] });
    const random = seeded(7);
    const codec = codecOf(type, testTypes);
    const values: readonly Bytes[] = (edgeValues[name] ?? [])
      .map((value) => codec.encode(value))
      // comparing long ones takes long
      .filter(({ length }) => length < 1000);
    const strange = isMultiCell(type) ? [] : [0, 1, 2, 3, 4, 8, 8, 16, 16, 17, 24].map((size) => random.bytes(size));
    const isText = name === 'text' || name === 'ascii';
    const rows = [...values, ...(isText ? [] : strange)].map((bytes): ChunkRow => {
      const parts = isMultiCell(type) ? (partsOf(bytes, type, testTypes) ?? []) : [];
      const elements = parts.map((part) => ({ ...part, ...randomTime(random) }));
      const cell: Cell = isMultiCell(type)
        ? { kind: 'elements', elements }
        : { kind: 'value', bytes, ...randomTime(random) };
      const cells = [cell.kind === 'elements' && elements.length === 0 ? null : cell];
      return { row: { kind: 'row', partitionKey: [random.bytes(4)], clusteringKey: [], cells }, anchored: true };
    });
    expect(rows.length).toBeGreaterThan(0);
    through(table, rows);
  });

  it('tell static rows, empty keys, unset cells and counters apart, and keep what was anchored', () => {
    const table = tableOf('t', {
      columns: { p: 'text', c: 'text', d: 'blob', s: 'static set<int>', a: 'text', n: 'int' },
      partitionKey: ['p'],
      clusteringKey: ['c', 'd'],
    });
    const time = { writeTime: 5n, expiresAt: null };
    const nothing = Buffer.alloc(0);
    const cell = (text: string, more = {}): Cell => ({ kind: 'value', bytes: Buffer.from(text), ...time, ...more });
    const key = [Buffer.from('a,"b"\r\n\0')];
    const set: Cell = {
      kind: 'elements',
      elements: [
        { key: Buffer.from([0, 0, 0, 1]), value: null, ...time },
        { key: Buffer.from([0, 0, 0, 2]), value: null, writeTime: 6n, expiresAt: 9 },
      ],
    };
    const rows: ChunkRow[] = [
      { row: { kind: 'static', partitionKey: key, cells: [set] }, anchored: false },
      {
        row: { kind: 'row', partitionKey: key, clusteringKey: [nothing, nothing], cells: [cell(''), null] },
        anchored: true,
      },
      {
        row: { kind: 'row', partitionKey: key, clusteringKey: [nothing, nothing], cells: [null, null] },
        anchored: false,
      },
      {
        row: {
          kind: 'row',
          partitionKey: [nothing],
          clusteringKey: [Buffer.from('c'), nothing],
          cells: [cell('-0', { writeTime: null }), cell('\0\0\0\u0001', { expiresAt: 7 })],
        },
        anchored: true,
      },
    ];
    const text = through(table, rows, ['s', 'a', 'n']);
    expect(text.startsWith('"a,""b""\r\n\0",,,"[1,2]",,,5,,')).toBe(true);
    const counters = tableOf('c', { columns: { id: 'int', n: 'counter' }, partitionKey: ['id'] });
    const one = Buffer.from([0, 0, 0, 1]);
    through(counters, [
      {
        row: { kind: 'row', partitionKey: [one], clusteringKey: [], cells: [{ kind: 'counter', value: -(2n ** 63n) }] },
        anchored: true,
      },
    ]);
  });
});
