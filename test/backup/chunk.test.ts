import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, MalformedBytes } from '../../src/backup/binary.ts';
import { decodeChunk } from '../../src/backup/chunk-decode.ts';
import { encodeChunk } from '../../src/backup/chunk-encode.ts';
import { type ChunkRow, layoutOf } from '../../src/backup/chunk-layout.ts';
import type { Cell, CellElement, StoredRow } from '../../src/model/row.ts';
import { tableOf } from '../cassandra/rows-fixture.ts';
import { type Random, seeded } from './random.ts';

const table = tableOf('t', {
  columns: {
    p: 'int',
    q: 'text',
    c: 'blob',
    d: 'text',
    s: 'static text',
    ss: 'static set<text>',
    a: 'text',
    b: 'blob',
    l: 'list<text>',
    m: 'map<text, text>',
    n: 'set<text>',
  },
  partitionKey: ['p', 'q'],
  clusteringKey: ['c', 'd'],
});

function randomTime(random: Random): { writeTime: bigint | null; expiresAt: number | null } {
  const writeTime = random.pick([null, 0n, -5n, 1_700_000_000_000_000n, 2n ** 62n, BigInt(random.below(2 ** 50))]);
  return { writeTime, expiresAt: random.pick([null, null, 1_700_000_000 + random.below(1000)]) };
}

function randomCell(random: Random, type: string): Cell | null {
  if (random.below(3) === 0) return null;
  if (type !== 'set' && type !== 'list' && type !== 'map') {
    return { kind: 'value', bytes: random.bytes(random.below(20)), ...randomTime(random) };
  }
  const elements = Array.from({ length: 1 + random.below(4) }, (): CellElement => {
    const key = type === 'list' ? null : random.bytes(random.below(5));
    return { key, value: type === 'set' ? null : random.bytes(random.below(5)), ...randomTime(random) };
  });
  return { kind: 'elements', elements };
}

function randomRows(random: Random, count: number): ChunkRow[] {
  const rows: ChunkRow[] = [];
  while (rows.length < count) {
    const partitionKey = [random.bytes(4), random.bytes(random.below(9))];
    if (random.below(2) === 0) {
      const cells = [randomCell(random, 'text'), randomCell(random, 'set')];
      rows.push({ row: { kind: 'static', partitionKey, cells }, anchored: random.below(2) === 0 });
    }
    for (let more = random.below(5); more > 0; more -= 1) {
      const cells = ['text', 'blob', 'list', 'map', 'set'].map((type) => randomCell(random, type));
      const clusteringKey = [random.bytes(random.below(6)), random.bytes(3)];
      const row: StoredRow = { kind: 'row', partitionKey, clusteringKey, cells };
      rows.push({ row, anchored: random.below(2) === 0 });
    }
  }
  return rows;
}

describe('a chunk', () => {
  it('gives back exactly the rows that went in, and the same bytes for the same rows', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seeded(seed);
      const layout = layoutOf(table, seed % 2 === 0 ? null : ['s', 'ss', 'a', 'b', 'l', 'm', 'n']);
      const rows = randomRows(random, seed % 40).map((each) => ({
        ...each,
        anchored: each.anchored || !layout.anchors,
      }));
      const { content, probe } = encodeChunk(layout, rows);
      expect(decodeChunk(layout, content)).toEqual(rows);
      const again = encodeChunk(layout, rows);
      expect(Buffer.compare(again.content, content)).toBe(0);
      expect(again.probe).toEqual(probe);
    }
  });

  it('holds many values of every size, and none at all', () => {
    const layout = layoutOf(table, null);
    expect(decodeChunk(layout, encodeChunk(layout, []).content)).toEqual([]);
    const rows = randomRows(seeded(9), 3000).map((each) => ({ ...each, anchored: true }));
    expect(decodeChunk(layout, encodeChunk(layout, rows).content)).toEqual(rows);
  });

  it('tells writes from expiry times that were only read again', () => {
    const layout = layoutOf(table, null);
    const rowWith = (expiresAt: number | null, writeTime: bigint): ChunkRow[] => {
      const cell: Cell = { kind: 'value', bytes: Buffer.from('x'), writeTime, expiresAt };
      const partitionKey = [Buffer.alloc(4), Buffer.from('q')];
      const clusteringKey = [Buffer.from('c'), Buffer.from('d')];
      return [
        { row: { kind: 'row', partitionKey, clusteringKey, cells: [cell, null, null, null, null] }, anchored: true },
      ];
    };
    const probe = (rows: ChunkRow[]): string => Buffer.from(encodeChunk(layout, rows).probe).toString('hex');
    expect(probe(rowWith(1000, 5n))).toBe(probe(rowWith(1001, 5n)));
    expect(probe(rowWith(1000, 5n))).not.toBe(probe(rowWith(1000, 6n)));
    expect(probe(rowWith(1000, 5n))).not.toBe(probe(rowWith(null, 5n)));
  });

  it('refuses the bytes of a table with other columns, and bytes cut anywhere', () => {
    const layout = layoutOf(table, null);
    const rows = randomRows(seeded(4), 12).map((each) => ({ ...each, anchored: true }));
    const { content } = encodeChunk(layout, rows);
    const other = layoutOf({ ...table, columns: table.columns.filter(({ name }) => name !== 'a') }, null);
    expect(() => decodeChunk(other, content)).toThrow(MalformedBytes);
    for (let length = 0; length < content.length; length += 1) {
      expect(() => decodeChunk(layout, content.subarray(0, length))).toThrow();
    }
    expect(() => decodeChunk(layout, Buffer.concat([content, Buffer.alloc(1)]))).toThrow(MalformedBytes);
  });
});

describe('numbers in a chunk', () => {
  it('come back whatever their size and sign', () => {
    const edges = [
      0n,
      1n,
      -1n,
      63n,
      64n,
      -64n,
      -65n,
      2n ** 31n,
      2n ** 52n,
      2n ** 53n,
      -(2n ** 53n),
      2n ** 63n - 1n,
      -(2n ** 63n),
      2n ** 64n,
      -(2n ** 64n),
    ];
    const writer = new ByteWriter();
    for (const edge of edges) writer.signed(edge);
    for (const whole of [0, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])
      writer.unsigned(whole);
    const reader = new ByteReader(writer.view());
    for (const edge of edges) expect(reader.signed()).toBe(edge);
    for (const whole of [0, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]) {
      expect(reader.unsigned()).toBe(whole);
    }
    expect(reader.remaining).toBe(0);
  });
});
