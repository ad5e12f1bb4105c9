import type { Bytes, Cell, CellElement, StoredRow } from '../model/row.ts';
import type { Column } from '../model/schema.ts';
import { ByteReader, MalformedBytes } from './binary.ts';
import {
  bytesMode,
  type CellKind,
  type ChunkLayout,
  type ChunkRow,
  cellKindOf,
  chunkMagic,
  layoutFingerprint,
  setMode,
  timesMode,
} from './chunk-layout.ts';

interface Times {
  readonly writeTime: bigint | null;
  readonly expires: boolean;
}

/** A column whose expiry times are still to come: they stand at the end of a chunk. */
interface PendingColumn {
  readonly kind: CellKind;
  readonly present: readonly boolean[];
  readonly counters: readonly bigint[];
  /** Elements of each present cell; 1 for a plain value. */
  readonly sizes: readonly number[];
  readonly keys: readonly (Bytes | null)[];
  readonly values: readonly (Bytes | null)[];
  readonly times: readonly Times[];
}

interface Keys {
  readonly partitions: readonly (readonly Bytes[])[];
  readonly hasStatic: readonly boolean[];
  readonly rowCounts: readonly number[];
  readonly clustering: readonly (readonly Bytes[])[];
}

/** Rows of a chunk's content, in order. Throws `MalformedBytes` on anything that `encodeChunk` does not write. */
export function decodeChunk(layout: ChunkLayout, content: Uint8Array): readonly ChunkRow[] {
  const input = new ByteReader(content);
  if (Buffer.compare(input.raw(chunkMagic.length), chunkMagic) !== 0) throw new MalformedBytes('this is no chunk');
  if (Buffer.compare(input.raw(8), layoutFingerprint(layout)) !== 0) {
    throw new MalformedBytes('the chunk belongs to a table with other columns');
  }
  const keys = readKeys(input, layout);
  const statics = keys.hasStatic.filter(Boolean).length;
  const regulars = keys.clustering.length;
  const anchoredStatics = layout.anchors ? readSet(input, statics) : null;
  const anchoredRegulars = layout.anchors ? readSet(input, regulars) : null;
  const staticColumns = readRows(input, layout.static, statics);
  const regularColumns = readRows(input, layout.regular, regulars);
  const staticCells = rowsOfColumns(input, staticColumns, statics);
  const regularCells = rowsOfColumns(input, regularColumns, regulars);
  if (input.remaining > 0) throw new MalformedBytes('the chunk goes on after its end');
  return assemble(keys, {
    static: { cells: staticCells, anchored: anchoredStatics },
    regular: { cells: regularCells, anchored: anchoredRegulars },
  });
}

interface DecodedSet {
  readonly cells: readonly (readonly (Cell | null)[])[];
  readonly anchored: readonly boolean[] | null;
}

function assemble(keys: Keys, sets: { readonly static: DecodedSet; readonly regular: DecodedSet }): ChunkRow[] {
  const rows: ChunkRow[] = [];
  let staticAt = 0;
  let rowAt = 0;
  for (const [index, partitionKey] of keys.partitions.entries()) {
    if (keys.hasStatic[index] === true) {
      const row: StoredRow = { kind: 'static', partitionKey, cells: sets.static.cells[staticAt] ?? [] };
      rows.push({ row, anchored: sets.static.anchored?.[staticAt] ?? true });
      staticAt += 1;
    }
    for (let count = keys.rowCounts[index] ?? 0; count > 0; count -= 1) {
      const clusteringKey = keys.clustering[rowAt] ?? [];
      const row: StoredRow = { kind: 'row', partitionKey, clusteringKey, cells: sets.regular.cells[rowAt] ?? [] };
      rows.push({ row, anchored: sets.regular.anchored?.[rowAt] ?? true });
      rowAt += 1;
    }
  }
  return rows;
}

function readKeys(input: ByteReader, layout: ChunkLayout): Keys {
  const partitionCount = input.count();
  const partitionParts = layout.partitionKey.map(() => readBytes(input, partitionCount));
  const hasStatic = readSet(input, partitionCount);
  const rowCounts = Array.from(hasStatic, () => input.count());
  const rows = rowCounts.reduce((sum, count) => sum + count, 0);
  const clusteringParts = layout.clusteringKey.map(() => readBytes(input, rows));
  return {
    partitions: transpose(partitionParts, partitionCount),
    hasStatic,
    rowCounts,
    clustering: transpose(clusteringParts, rows),
  };
}

function transpose(parts: readonly (readonly (Bytes | null)[])[], count: number): (readonly Bytes[])[] {
  return Array.from({ length: count }, (_none, row) =>
    parts.map((part) => {
      const value = part[row];
      if (value === null || value === undefined) throw new MalformedBytes('a key component is missing');
      return value;
    }),
  );
}

function readRows(input: ByteReader, columns: readonly Column[], rows: number): readonly PendingColumn[] {
  const times: (bigint | null)[] = [];
  let previous = 0n;
  for (const has of readSet(input, rows)) {
    if (has) previous += input.signed();
    times.push(has ? previous : null);
  }
  return columns.map((column) => readColumn(input, cellKindOf(column.type), times));
}

function readColumn(input: ByteReader, kind: CellKind, rowTimes: readonly (bigint | null)[]): PendingColumn {
  const present = readSet(input, rowTimes.length);
  const times = rowTimes.filter((_time, row) => present[row]);
  const empty = { kind, present, counters: [], sizes: [], keys: [], values: [], times: [] };
  if (kind === 'counter') return { ...empty, counters: times.map(() => input.signed()) };
  if (kind === 'value') {
    const values = readBytes(input, times.length);
    return { ...empty, sizes: times.map(() => 1), values, times: readTimes(input, times) };
  }
  const sizes = times.map(() => input.count());
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const keys = readBytes(input, total);
  const values = readBytes(input, total);
  const spread = times.flatMap((time, index) => new Array<bigint | null>(sizes[index] ?? 0).fill(time));
  return { ...empty, sizes, keys, values, times: readTimes(input, spread) };
}

function readTimes(input: ByteReader, rowTimes: readonly (bigint | null)[]): readonly Times[] {
  const writeTimes = readWriteTimes(input, rowTimes);
  const expires = readSet(input, rowTimes.length);
  return writeTimes.map((writeTime, index) => ({ writeTime, expires: expires[index] ?? false }));
}

function readWriteTimes(input: ByteReader, rowTimes: readonly (bigint | null)[]): readonly (bigint | null)[] {
  const mode = input.byte();
  if (mode === timesMode.asRow) return rowTimes;
  if (mode === timesMode.allNull) return rowTimes.map(() => null);
  if (mode !== timesMode.deltas && mode !== timesMode.someNull) throw new MalformedBytes('unknown coding of times');
  const has = mode === timesMode.someNull ? readSet(input, rowTimes.length) : null;
  return rowTimes.map((time, index) => (has?.[index] === false ? null : (time ?? 0n) + input.signed()));
}

/** Reads the expiry times of each column, and turns columns into rows. */
function rowsOfColumns(input: ByteReader, columns: readonly PendingColumn[], rows: number): (Cell | null)[][] {
  const cells: (Cell | null)[][] = Array.from({ length: rows }, () => []);
  for (const column of columns) {
    const next = cellsOf(column, readExpiries(input, column.times));
    for (const [row, list] of cells.entries()) list.push(column.present[row] === true ? next() : null);
  }
  return cells;
}

function readExpiries(input: ByteReader, times: readonly Times[]): readonly (number | null)[] {
  let previous = 0n;
  return times.map(({ expires }) => {
    if (!expires) return null;
    previous += input.signed();
    return Number(previous);
  });
}

function cellsOf(column: PendingColumn, expiries: readonly (number | null)[]): () => Cell {
  let cell = 0;
  let at = 0;
  const element = (): CellElement => {
    const index = at;
    at += 1;
    const writeTime = column.times[index]?.writeTime ?? null;
    const [key, value] = [column.keys[index] ?? null, column.values[index] ?? null];
    return { key, value, writeTime, expiresAt: expiries[index] ?? null };
  };
  return () => {
    const index = cell;
    cell += 1;
    if (column.kind === 'counter') return { kind: 'counter', value: column.counters[index] ?? 0n };
    if (column.kind === 'elements') {
      return { kind: 'elements', elements: Array.from({ length: column.sizes[index] ?? 0 }, element) };
    }
    const { value, writeTime, expiresAt } = element();
    if (value === null) throw new MalformedBytes('a value is missing');
    return { kind: 'value', bytes: value, writeTime, expiresAt };
  };
}

function readSet(input: ByteReader, size: number): readonly boolean[] {
  const mode = input.byte();
  if (mode === setMode.none || mode === setMode.all) return new Array<boolean>(size).fill(mode === setMode.all);
  if (mode !== setMode.some) throw new MalformedBytes('unknown coding of a set');
  const bits = input.raw(Math.ceil(size / 8));
  return Array.from({ length: size }, (_none, index) => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1);
}

function readBytes(input: ByteReader, count: number): readonly (Bytes | null)[] {
  const mode = input.byte();
  if (mode === bytesMode.allNull) return new Array<null>(count).fill(null);
  if (mode === bytesMode.fixed) {
    const length = input.unsigned();
    return Array.from({ length: count }, () => input.raw(length));
  }
  if (mode !== bytesMode.varying) throw new MalformedBytes('unknown coding of bytes');
  const lengths = Array.from({ length: count }, () => input.unsigned());
  return lengths.map((length) => (length === 0 ? null : input.raw(length - 1)));
}
