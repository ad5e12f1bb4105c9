import { sha256 } from '../kernel/hash.ts';
import type { Bytes, Cell, CellTime, StoredRow } from '../model/row.ts';
import { ByteWriter } from './binary.ts';
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

/** What the rows of one kind share while their columns are written. */
interface RowSet {
  readonly cells: readonly (readonly (Cell | null)[])[];
  readonly times: readonly (bigint | null)[];
}

export interface EncodedChunk {
  /** The same rows give the same bytes. */
  readonly content: Uint8Array;
  /** SHA-256 of the content, in hex. */
  readonly name: string;
  /**
   * SHA-256 of the content without the expiry times, in hex. Expiries are read as a remaining time and can differ by a
   * second from one read to the next, so this tells whether anything was written.
   */
  readonly probe: string;
}

/** Ends a chunk, whose expiry times stand last. */
export function endChunk(main: ByteWriter, expiries: ByteWriter): EncodedChunk {
  const probe = sha256(main.view());
  if (expiries.length === 0) return { content: main.view(), name: probe, probe };
  main.raw(expiries.view());
  return { content: main.view(), name: sha256(main.view()), probe };
}

/** Encodes rows in token and clustering order, column by column (docs/formats.md, chunk). */
export function encodeChunk(layout: ChunkLayout, rows: readonly ChunkRow[]): EncodedChunk {
  const main = new ByteWriter();
  const expiries = new ByteWriter();
  const statics = rows.filter((each) => each.row.kind === 'static');
  const regulars = rows.filter((each) => each.row.kind === 'row');
  main.raw(chunkMagic);
  main.raw(layoutFingerprint(layout));
  writeKeys(main, layout, rows);
  if (layout.anchors) {
    for (const set of [statics, regulars]) {
      writeSet(
        main,
        set.map((each) => each.anchored),
      );
    }
  }
  writeRows(layout.static, statics, { main, expiries });
  writeRows(layout.regular, regulars, { main, expiries });
  return endChunk(main, expiries);
}

function writeKeys(out: ByteWriter, layout: ChunkLayout, rows: readonly ChunkRow[]): void {
  const partitions: { readonly key: readonly Bytes[]; hasStatic: boolean; rows: number }[] = [];
  let previous: readonly Bytes[] | null = null;
  for (const { row } of rows) {
    if (previous === null || !sameKey(previous, row.partitionKey)) {
      partitions.push({ key: row.partitionKey, hasStatic: false, rows: 0 });
      previous = row.partitionKey;
    }
    const partition = partitions.at(-1);
    if (partition === undefined) continue;
    if (row.kind === 'static') partition.hasStatic = true;
    else partition.rows += 1;
  }
  out.unsigned(partitions.length);
  for (const index of layout.partitionKey.keys())
    writeBytes(
      out,
      partitions.map(({ key }) => key[index] ?? null),
    );
  writeSet(
    out,
    partitions.map(({ hasStatic }) => hasStatic),
  );
  for (const partition of partitions) out.unsigned(partition.rows);
  const clustered = rows.flatMap(({ row }) => (row.kind === 'row' ? [row.clusteringKey] : []));
  for (const index of layout.clusteringKey.keys())
    writeBytes(
      out,
      clustered.map((key) => key[index] ?? null),
    );
}

export function sameKey(a: readonly Bytes[], b: readonly Bytes[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) {
    const left = a[index];
    const right = b[index];
    if (left === undefined || right === undefined || Buffer.compare(left, right) !== 0) return false;
  }
  return true;
}

type Sinks = { readonly main: ByteWriter; readonly expiries: ByteWriter };

function writeRows(columns: ChunkLayout['regular'], rows: readonly ChunkRow[], sinks: Sinks): void {
  const set: RowSet = { cells: rows.map(({ row }) => row.cells), times: rows.map(({ row }) => timeOfRow(row)) };
  writeRowTimes(sinks.main, set.times);
  for (const [index, column] of columns.entries()) {
    writeColumn({ name: column.name, kind: cellKindOf(column.type), index }, set, sinks);
  }
}

/** The first write time that the row has: the others are written as their distance from it. */
function timeOfRow(row: StoredRow): bigint | null {
  for (const cell of row.cells) {
    if (cell === null || cell.kind === 'counter') continue;
    if (cell.kind === 'value') {
      if (cell.writeTime !== null) return cell.writeTime;
    } else {
      for (const element of cell.elements) if (element.writeTime !== null) return element.writeTime;
    }
  }
  return null;
}

function writeRowTimes(out: ByteWriter, times: readonly (bigint | null)[]): void {
  writeSet(
    out,
    times.map((time) => time !== null),
  );
  let previous = 0n;
  for (const time of times) {
    if (time === null) continue;
    out.signed(time - previous);
    previous = time;
  }
}

function writeColumn(
  column: { readonly name: string; readonly kind: CellKind; readonly index: number },
  set: RowSet,
  sinks: Sinks,
): void {
  const present: boolean[] = [];
  const values: Extract<Cell, { kind: 'value' }>[] = [];
  const counters: bigint[] = [];
  const elements: Extract<Cell, { kind: 'elements' }>[] = [];
  const rowTimes: (bigint | null)[] = [];
  for (const [row, cells] of set.cells.entries()) {
    const cell = cells[column.index] ?? null;
    present.push(cell !== null);
    if (cell === null) continue;
    if (cell.kind !== column.kind) throw new TypeError(`column ${column.name} has a cell of kind ${cell.kind}`);
    rowTimes.push(set.times[row] ?? null);
    if (cell.kind === 'value') values.push(cell);
    else if (cell.kind === 'counter') counters.push(cell.value);
    else elements.push(cell);
  }
  writeSet(sinks.main, present);
  if (column.kind === 'counter') {
    for (const value of counters) sinks.main.signed(value);
  } else if (column.kind === 'value') {
    writeBytes(
      sinks.main,
      values.map((cell) => cell.bytes),
    );
    writeTimes(values, rowTimes, sinks);
  } else {
    for (const cell of elements) sinks.main.unsigned(cell.elements.length);
    const all = elements.flatMap((cell) => cell.elements);
    writeBytes(
      sinks.main,
      all.map((element) => element.key),
    );
    writeBytes(
      sinks.main,
      all.map((element) => element.value),
    );
    writeTimes(
      all,
      elements.flatMap((cell, index) => cell.elements.map(() => rowTimes[index] ?? null)),
      sinks,
    );
  }
}

function writeTimes(cells: readonly CellTime[], rowTimes: readonly (bigint | null)[], sinks: Sinks): void {
  const { main, expiries } = sinks;
  let asRow = true;
  let nulls = 0;
  for (const [index, { writeTime }] of cells.entries()) {
    if (writeTime === null) nulls += 1;
    if (writeTime !== rowTimes[index]) asRow = false;
  }
  if (nulls === cells.length) main.byte(timesMode.allNull);
  else if (asRow) main.byte(timesMode.asRow);
  else {
    main.byte(nulls === 0 ? timesMode.deltas : timesMode.someNull);
    if (nulls > 0)
      writeSet(
        main,
        cells.map(({ writeTime }) => writeTime !== null),
      );
    for (const [index, { writeTime }] of cells.entries()) {
      if (writeTime !== null) main.signed(writeTime - (rowTimes[index] ?? 0n));
    }
  }
  writeSet(
    main,
    cells.map(({ expiresAt }) => expiresAt !== null),
  );
  let previous = 0;
  for (const { expiresAt } of cells) {
    if (expiresAt === null) continue;
    expiries.signed(BigInt(expiresAt - previous));
    previous = expiresAt;
  }
}

/** The size of the set is known to the reader. */
export function writeSet(out: ByteWriter, members: readonly boolean[]): void {
  const count = members.reduce((sum, member) => sum + (member ? 1 : 0), 0);
  out.byte(count === 0 ? setMode.none : count === members.length ? setMode.all : setMode.some);
  if (count === 0 || count === members.length) return;
  for (let at = 0; at < members.length; at += 8) {
    let bits = 0;
    for (let bit = 0; bit < 8; bit += 1) if (members[at + bit] === true) bits |= 1 << bit;
    out.byte(bits);
  }
}

function writeBytes(out: ByteWriter, values: readonly (Bytes | null)[]): void {
  const [first] = values;
  if (values.every((value) => value === null)) {
    out.byte(bytesMode.allNull);
  } else if (first !== null && first !== undefined && values.every((value) => value?.length === first.length)) {
    out.byte(bytesMode.fixed);
    out.unsigned(first.length);
  } else {
    out.byte(bytesMode.varying);
    for (const value of values) out.unsigned(value === null ? 0 : value.length + 1);
  }
  for (const value of values) if (value !== null) out.raw(value);
}
