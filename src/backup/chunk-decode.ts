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

/** Of each cell or element; which of them end, and when, is told by two lists. */
interface Times {
  readonly writeTimes: readonly (bigint | null)[];
  readonly expires: readonly boolean[];
}

const noTimes: Times = { writeTimes: [], expires: [] };

/** A column whose expiry times are still to come: they stand at the end of a chunk. */
interface PendingColumn {
  readonly kind: CellKind;
  readonly present: readonly boolean[];
  readonly counters: readonly bigint[];
  /** Elements of each present cell that has any. */
  readonly sizes: readonly number[];
  readonly keys: readonly (Bytes | null)[];
  readonly values: readonly (Bytes | null)[];
  readonly times: Times;
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
  const empty = { kind, present, counters: [], sizes: [], keys: [], values: [], times: noTimes };
  if (kind === 'counter') return { ...empty, counters: times.map(() => input.signed()) };
  if (kind === 'value') {
    const values = readBytes(input, times.length);
    return { ...empty, values, times: readTimes(input, times) };
  }
  const sizes = times.map(() => input.count());
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const keys = readBytes(input, total);
  const values = readBytes(input, total);
  const spread = times.flatMap((time, index) => new Array<bigint | null>(sizes[index] ?? 0).fill(time));
  return { ...empty, sizes, keys, values, times: readTimes(input, spread) };
}

function readTimes(input: ByteReader, rowTimes: readonly (bigint | null)[]): Times {
  return { writeTimes: readWriteTimes(input, rowTimes), expires: readSet(input, rowTimes.length) };
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
    const found = cellsOf(column, readExpiries(input, column.times));
    let at = 0;
    for (let row = 0; row < rows; row += 1) {
      const there = column.present[row] === true;
      cells[row]?.push(there ? (found[at] ?? null) : null);
      if (there) at += 1;
    }
  }
  return cells;
}

/** Null: none ends. */
function readExpiries(input: ByteReader, { expires }: Times): readonly (number | null)[] | null {
  if (!expires.includes(true)) return null;
  let previous = 0n;
  return expires.map((ends) => {
    if (!ends) return null;
    previous += input.signed();
    return Number(previous);
  });
}

function cellsOf(column: PendingColumn, expiries: readonly (number | null)[] | null): readonly Cell[] {
  const { kind, counters, sizes, keys, values, times } = column;
  if (kind === 'counter') return counters.map((value) => ({ kind, value }));
  const writeTimeOf = (at: number): bigint | null => times.writeTimes[at] ?? null;
  const expiryOf = (at: number): number | null => expiries?.[at] ?? null;
  if (kind === 'value') {
    return values.map((bytes, at) => {
      if (bytes === null) throw new MalformedBytes('a value is missing');
      return { kind, bytes, writeTime: writeTimeOf(at), expiresAt: expiryOf(at) };
    });
  }
  let first = 0;
  return sizes.map((size) => {
    const elements: CellElement[] = [];
    for (let at = first; at < first + size; at += 1) {
      const [key, value] = [keys[at] ?? null, values[at] ?? null];
      elements.push({ key, value, writeTime: writeTimeOf(at), expiresAt: expiryOf(at) });
    }
    first += size;
    return { kind, elements };
  });
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
