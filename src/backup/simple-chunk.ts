import { SimpleCells, type SimpleShape } from '../cql/simple-cells.ts';
import { ByteWriter } from './binary.ts';
import { type EncodedChunk, endChunk, writeSet } from './chunk-encode.ts';
import { bytesMode, type ChunkLayout, chunkMagic, layoutFingerprint, setMode, timesMode } from './chunk-layout.ts';
import type { BackupCounts } from './manifest.ts';
import type { SimpleRow } from './simple-rows.ts';

/** About what a chunk's content takes. */
const usualBytes = 96 * 1024;

/** Writes chunks of whole rows of simple columns, the same bytes as `encodeChunk`, straight out of the pages they came in. */
export class SimpleChunks {
  readonly #fingerprint: Uint8Array;
  readonly #cells: SimpleCells;
  readonly #main = new ByteWriter(usualBytes);
  readonly #expiries = new ByteWriter(256);
  #rows: readonly SimpleRow[] = [];
  /** The numbers of the rows. */
  #all: readonly number[] = [];
  /** By row: where its first write time stands, -1 where it has none. */
  #times = new Int32Array(0);

  /** `timed`: whether the pages have times. */
  constructor(layout: ChunkLayout, timed: boolean) {
    this.#fingerprint = layoutFingerprint(layout);
    this.#cells = new SimpleCells(simpleShape(layout, timed));
  }

  encode(rows: readonly SimpleRow[]): EncodedChunk & { readonly counts: BackupCounts } {
    const [main, expiries] = [this.#main, this.#expiries];
    main.restart();
    expiries.restart();
    const { shape } = this.#cells;
    this.#locate(rows);
    main.raw(chunkMagic);
    main.raw(this.#fingerprint);
    this.#writeKeys(main);
    // there are no static rows
    main.byte(setMode.none);
    this.#writeRowTimes(main);
    let [cells, expiringCells] = [0, 0];
    for (let column = 0; column < shape.columns; column += 1) {
      const written = this.#writeColumn(column, main, expiries);
      cells += written.cells;
      expiringCells += written.expiring;
    }
    this.#rows = [];
    const { content, ...names } = endChunk(main, expiries);
    // the room of the writers is used again
    return {
      content: new Uint8Array(content),
      ...names,
      counts: { rows: rows.length, staticRows: 0, cells, expiringCells },
    };
  }

  #locate(rows: readonly SimpleRow[]): void {
    const cells = this.#cells;
    this.#rows = rows;
    this.#all = Array.from(rows.keys());
    cells.reserve(rows.length);
    if (this.#times.length < rows.length) this.#times = new Int32Array(2 * rows.length);
    for (let row = 0; row < rows.length; row += 1) {
      const { page, start } = this.#row(row);
      cells.locate(page.view, start, row);
      this.#times[row] = -1;
      if (!cells.shape.timed) continue;
      for (let column = 0; column < cells.shape.columns; column += 1) {
        const place = cells.value(column);
        if (this.#length(row, place) < 0 || this.#length(row, place + 1) < 0) continue;
        this.#times[row] = this.#at(row, place + 1) + 4;
        break;
      }
    }
  }

  #row(row: number): SimpleRow {
    const found = this.#rows[row];
    if (found === undefined) throw new RangeError('there is no such row in the chunk');
    return found;
  }

  #at(row: number, place: number): number {
    return this.#cells.at[row * this.#cells.width + place] ?? 0;
  }

  /** Of a cell; -1: null. */
  #length(row: number, place: number): number {
    return this.#row(row).page.view.getInt32(this.#at(row, place));
  }

  #writeKeys(out: ByteWriter): void {
    const { shape } = this.#cells;
    const firsts: number[] = [];
    for (let row = 0; row < this.#rows.length; row += 1) {
      if (row === 0 || this.#row(row).partition !== this.#row(row - 1).partition) firsts.push(row);
    }
    out.unsigned(firsts.length);
    for (let part = 0; part < shape.partitionKey; part += 1) this.#writeBytes(out, firsts, part);
    // none has a static row
    out.byte(setMode.none);
    for (const [index, first] of firsts.entries()) out.unsigned((firsts[index + 1] ?? this.#rows.length) - first);
    for (let part = 0; part < shape.clusteringKey; part += 1)
      this.#writeBytes(out, this.#all, shape.partitionKey + part);
  }

  #writeRowTimes(out: ByteWriter): void {
    const timed = this.#all.filter((row) => (this.#times[row] ?? -1) >= 0);
    writeMembers(out, timed, this.#rows.length);
    let previous: number | bigint = 0;
    for (const row of timed) {
      const time = this.#shortTimeOf(row) ?? this.#timeOf(row);
      if (typeof time === 'number' && typeof previous === 'number') out.signedNumber(time - previous);
      else out.signed(BigInt(time) - BigInt(previous));
      previous = time;
    }
  }

  /** Of usual times, up to the year 2041: a bigint costs an object. */
  #shortTimeOf(row: number): number | null {
    const at = this.#times[row] ?? -1;
    const { view } = this.#row(row).page;
    const high = view.getInt32(at);
    return high >= -(2 ** 19) && high < 2 ** 19 ? high * 2 ** 32 + view.getUint32(at + 4) : null;
  }

  #timeOf(row: number): bigint {
    const at = this.#times[row] ?? -1;
    return at < 0 ? 0n : this.#row(row).page.view.getBigInt64(at);
  }

  #writeColumn(
    column: number,
    main: ByteWriter,
    expiries: ByteWriter,
  ): { readonly cells: number; readonly expiring: number } {
    const place = this.#cells.value(column);
    const present = this.#present(place);
    writeMembers(main, present, this.#rows.length);
    this.#writeBytes(main, present, place);
    this.#writeTimes(main, present, place + 1);
    return { cells: present.length, expiring: this.#writeExpiries(main, expiries, { present, place: place + 2 }) };
  }

  /** Rows that have a cell there. */
  #present(place: number): readonly number[] {
    let some = 0;
    while (some < this.#rows.length && this.#length(some, place) >= 0) some += 1;
    if (some === this.#rows.length) return this.#all;
    return this.#all.filter((row) => row < some || this.#length(row, place) >= 0);
  }

  #writeBytes(out: ByteWriter, rows: readonly number[], place: number): void {
    const first = rows[0] === undefined ? -1 : this.#length(rows[0], place);
    let [alike, longest] = [true, -1];
    for (const row of rows) {
      const length = this.#length(row, place);
      if (length !== first) alike = false;
      if (length > longest) longest = length;
    }
    if (longest < 0) {
      out.byte(bytesMode.allNull);
      return;
    }
    if (alike) {
      out.byte(bytesMode.fixed);
      out.unsigned(first);
    } else {
      out.byte(bytesMode.varying);
      for (const row of rows) out.unsigned(this.#length(row, place) + 1);
    }
    for (const row of rows) {
      const length = this.#length(row, place);
      if (length > 0) out.move(this.#row(row).page, this.#at(row, place) + 4, length);
    }
  }

  /** Of cells that have a value, and so a write time, unless the server does not tell it. */
  #writeTimes(out: ByteWriter, rows: readonly number[], place: number): void {
    if (!this.#cells.shape.timed) {
      out.byte(timesMode.allNull);
      return;
    }
    let [asRow, nulls] = [true, 0];
    for (const row of rows) {
      const timed = this.#length(row, place) >= 0;
      if (!timed) nulls += 1;
      if (!timed || !this.#isRowTime(row, this.#at(row, place) + 4)) asRow = false;
    }
    if (nulls === rows.length) {
      out.byte(timesMode.allNull);
      return;
    }
    if (asRow) {
      out.byte(timesMode.asRow);
      return;
    }
    out.byte(nulls === 0 ? timesMode.deltas : timesMode.someNull);
    const timed = rows.filter((row) => this.#length(row, place) >= 0);
    const members = Array.from(rows.keys()).filter((index) => this.#length(rows[index] ?? 0, place) >= 0);
    if (nulls > 0) writeMembers(out, members, rows.length);
    for (const row of timed) {
      out.signed(this.#row(row).page.view.getBigInt64(this.#at(row, place) + 4) - this.#timeOf(row));
    }
  }

  #isRowTime(row: number, at: number): boolean {
    const of = this.#times[row] ?? -1;
    if (of < 0) return false;
    const { view } = this.#row(row).page;
    return view.getInt32(at + 4) === view.getInt32(of + 4) && view.getInt32(at) === view.getInt32(of);
  }

  #writeExpiries(
    main: ByteWriter,
    expiries: ByteWriter,
    { present, place }: { readonly present: readonly number[]; readonly place: number },
  ): number {
    const expiring: number[] = [];
    for (let index = 0; this.#cells.shape.timed && index < present.length; index += 1) {
      if (this.#length(present[index] ?? 0, place) >= 0) expiring.push(index);
    }
    writeMembers(main, expiring, present.length);
    let previous = 0;
    for (const index of expiring) {
      const row = present[index] ?? 0;
      const { page, second } = this.#row(row);
      const end = second + page.view.getInt32(this.#at(row, place) + 4);
      expiries.signed(BigInt(end - previous));
      previous = end;
    }
    return expiring.length;
  }
}

/** The cells that a row of this layout has in a page. */
export function simpleShape({ partitionKey, clusteringKey, regular }: ChunkLayout, timed: boolean): SimpleShape {
  return { partitionKey: partitionKey.length, clusteringKey: clusteringKey.length, columns: regular.length, timed };
}

/** `members`: numbers below `size`, in their order. */
function writeMembers(out: ByteWriter, members: readonly number[], size: number): void {
  if (members.length === size || members.length === 0) {
    out.byte(members.length === 0 ? setMode.none : setMode.all);
    return;
  }
  const set = new Array<boolean>(size).fill(false);
  for (const member of members) set[member] = true;
  writeSet(out, set);
}
