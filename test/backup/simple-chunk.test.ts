import { describe, expect, it } from 'vitest';
import { encodeChunk } from '../../src/backup/chunk-encode.ts';
import { layoutOf } from '../../src/backup/chunk-layout.ts';
import { endsPiece, type PlacedRow } from '../../src/backup/cutter.ts';
import { countsOf } from '../../src/backup/scope-readers.ts';
import { ScopeRows } from '../../src/backup/scope-rows.ts';
import { SimpleChunks, simpleShape } from '../../src/backup/simple-chunk.ts';
import { type SimpleRow, SimpleRows, simpleEndsPiece } from '../../src/backup/simple-rows.ts';
import { parsePage, RowAssembler } from '../../src/cassandra/scan-rows.ts';
import { parseSimplePage } from '../../src/cassandra/simple-pages.ts';
import { createDigest } from '../../src/cql/digest.ts';
import type { ScanStatement } from '../../src/cql/select.ts';
import { SimpleCells } from '../../src/cql/simple-cells.ts';
import { SimpleDigest } from '../../src/cql/simple-digest.ts';
import { tableOf } from '../cassandra/rows-fixture.ts';
import { type Random, seeded } from './random.ts';

const second = 1_800_000_000;

interface Shape {
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
  readonly columns: readonly string[];
}
const shapes: readonly Shape[] = [
  { partitionKey: ['p', 'q'], clusteringKey: ['c', 'd'], columns: ['b', 'a', 'ö', 'z'] },
  { partitionKey: ['p'], clusteringKey: [], columns: ['b', 'a'] },
  { partitionKey: ['p'], clusteringKey: ['c'], columns: [] },
];

function cell(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes === null ? -1 : bytes.length);
  return bytes === null ? length : Buffer.concat([length, bytes]);
}

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** A column's value and, with times, its write time and seconds left. */
function columnCells(random: Random, rowTime: bigint, timed: boolean): Buffer[] {
  const cells = timedCells(random, rowTime);
  return timed ? cells : cells.slice(0, 1);
}

function timedCells(random: Random, rowTime: bigint): Buffer[] {
  const kind = random.below(5);
  if (kind === 0) return [cell(null), cell(null), cell(null)];
  const time = random.pick([rowTime, rowTime, rowTime + 7n, -5n, 2n ** 62n]);
  const value = random.bytes(random.pick([0, 4, 4, 4, random.below(400)]));
  return [cell(value), cell(int64(time)), cell(kind === 1 ? int32(random.below(90_000)) : null)];
}

/** As a server sends it: rows of one partition one after another. */
function pageOf(random: Random, shape: Shape, timed: boolean): { readonly bytes: Buffer; readonly count: number } {
  const cells: Buffer[] = [];
  let count = 0;
  for (let partitions = random.below(6); partitions >= 0; partitions -= 1) {
    const key = shape.partitionKey.map(() => cell(random.bytes(random.below(9))));
    // a table without clustering key has one row in a partition
    const rows = shape.clusteringKey.length === 0 ? 1 : 1 + random.below(30);
    for (let row = 0; row < rows; row += 1) {
      const alone = shape.clusteringKey.length > 0 && random.below(20) === 0;
      // a compact table may lack the last ones; all are missing where there is only a static row
      const parts = alone ? 0 : shape.clusteringKey.length - (random.below(10) === 0 ? 1 : 0);
      const clustering = shape.clusteringKey.map((_name, index) =>
        cell(index < Math.max(alone ? 0 : 1, parts) ? random.bytes(random.below(5)) : null),
      );
      const rowTime = random.pick([1_700_000_000_000_000n, 0n, BigInt(random.below(2 ** 50))]);
      const columns = shape.columns.flatMap(() => columnCells(random, rowTime, timed));
      const clock = timed ? [cell(int64(BigInt(second) * 1000n))] : [];
      cells.push(...clock, ...key, ...clustering, ...columns);
      count += 1;
    }
  }
  return { bytes: Buffer.concat(cells), count };
}

function tableFor({ partitionKey, clusteringKey, columns }: Shape): ReturnType<typeof tableOf> {
  const named = [...partitionKey, ...clusteringKey, ...columns].map((name) => [name, 'blob']);
  return tableOf('t', {
    columns: Object.fromEntries(named),
    partitionKey: [...partitionKey],
    clusteringKey: [...clusteringKey],
  });
}

describe('rows of simple columns', () => {
  it.each(shapes.flatMap((shape, index) => [true, false].map((timed) => ({ index, shape, timed }))))(
    'become the chunks, weights and digests that any rows do ($index, with times: $timed)',
    ({ shape, timed }) => {
      const table = tableFor(shape);
      const layout = layoutOf(table, null);
      const statement: ScanStatement = {
        text: '',
        clock: timed,
        partitionKey: shape.partitionKey.length,
        clusteringKey: shape.clusteringKey.length,
        statics: [],
        regulars: shape.columns.map(() => ({ kind: 'value', timed })),
      };
      const chunks = new SimpleChunks(layout, timed);
      for (let seed = 1; seed <= 40; seed += 1) {
        const random = seeded(seed);
        const cells = new SimpleCells(simpleShape(layout, timed));
        const simpleDigest = new SimpleDigest(cells, shape.columns);
        const digest = createDigest(layout.regular);
        const [simple, placed]: [SimpleRow[], PlacedRow[]] = [[], []];
        const [placing, scoped, assembler] = [
          new SimpleRows(cells, simpleDigest),
          new ScopeRows(table, null),
          new RowAssembler(statement),
        ];
        for (let pages = 1 + random.below(3); pages > 0; pages -= 1) {
          const page = pageOf(random, shape, timed);
          const parsed = parseSimplePage({ ...page, next: null }, statement, second);
          simple.push(...placing.place(parsed));
          const stored = parsePage(page, statement, second);
          expect({ size: parsed.size, expiring: parsed.expiring }).toEqual({
            size: stored.size,
            expiring: stored.expiring,
          });
          for (const row of assembler.add(stored.rows)) {
            digest.add(row);
            placed.push(...[scoped.place(row) ?? []].flat());
          }
        }
        const whereOf = ({ token, size }: { readonly token: bigint; readonly size: number }): string =>
          `${token} ${size}`;
        expect(simple.map(whereOf)).toEqual(placed.map(whereOf));
        expect(simple.map((row) => simpleEndsPiece(row, cells))).toEqual(placed.map(endsPiece));
        expect(simpleDigest.state()).toEqual(digest.state());
        if (simple.length === 0) continue;
        const [fast, any] = [chunks.encode(simple), encodeChunk(layout, placed)];
        expect(Buffer.compare(fast.content, any.content)).toBe(0);
        expect(fast.probe).toEqual(any.probe);
        expect(fast.counts).toEqual(countsOf(placed));
      }
    },
  );
});
