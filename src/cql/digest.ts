import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Bytes, Cell, CellElement, StoredRow } from '../model/row.ts';
import type { Column } from '../model/schema.ts';
import { DigestSum, sumText } from './digest-sum.ts';

/*
 * The value digest (for docs/formats.md)
 *
 * The value digest says whether two sets of rows hold the same keys and values, in whatever order and in whatever
 * ranges they were read, and whatever their write times are. It is the sum, modulo 2^256, of the SHA-256 of every row,
 * each taken as a big-endian number; it is written as 64 hex digits; no rows give 64 zeros.
 *
 * A row's SHA-256 is over this record. All numbers are big-endian; `bytes` is a uint32 length, then the bytes.
 *   1. one byte: `S` for the static cells of a partition, `R` for a row;
 *   2. uint32: the number of partition key columns, then each value as bytes;
 *   3. uint32: the number of clustering columns (0 for `S`), then each value as bytes;
 *   4. for every column that holds something, in the order of the columns' UTF-8 names: the name as bytes, then
 *      `V`, the value as bytes                                   for scalars and frozen values;
 *      `C`, the value as int64                                   for counters;
 *      `L`, uint32 count, each element as bytes                  for lists, in their order;
 *      `E`, uint32 count, each key as bytes and value as bytes   for sets, maps and UDTs that are not frozen, in the
 *                                                                order of the keys' bytes; a set's values are empty, a
 *                                                                UDT's keys are its field names in UTF-8, and fields
 *                                                                that are null are left out.
 * Values are in Cassandra's wire form. When a column was renamed, its new name counts.
 *
 * Cells and elements with an expiry are no part of the record: they are counted as `expiringCells`. A row or static row
 * with nothing but such cells has no record and is counted as `expiringRows`; one without any cell is a key-only row and
 * has one; static cells that are all absent have none. So a digest stays the same while TTLs run out, as long as the rows
 * that they belong to run out with them. Which cells expire is known only to a scan with times; on Cassandra 4.x it is
 * not told for collections and UDTs that are not frozen, so that there they count as permanent.
 *
 * The digest guards against loss and mistakes, not against somebody who composes rows so that their hashes cancel out;
 * against that, a backup's blocks have hashes of their own.
 */

/** What a digest comes to, as it is kept between runs. */
export interface DigestState {
  /** 64 hex digits. */
  readonly sum: string;
  readonly rows: number;
  readonly expiringRows: number;
  readonly expiringCells: number;
}

/** A value digest under way. */
export interface Digest {
  /** Adds a row; `renamed` gives the name that a column counts under, where it differs. */
  add(row: StoredRow, renamed?: Readonly<Record<string, string>>): void;
  /** Adds what another digest came to, e.g. that of another token range. */
  merge(other: DigestState): void;
  /** The digest as 64 hex digits. */
  hex(): string;
  /** Rows with a record. */
  readonly rows: number;
  readonly expiringRows: number;
  readonly expiringCells: number;
  state(): DigestState;
}

/** The first byte of a row's record, and the one before a plain value. */
export const rowTag: number = 'R'.charCodeAt(0);
export const valueTag: number = 'V'.charCodeAt(0);

/** `columns` are those of the rows' cells, in that order: static rows hold the static ones among them, others the rest. */
export function createDigest(columns: readonly Pick<Column, 'name' | 'static'>[], from?: DigestState): Digest {
  const statics = new RecordColumns(columns.filter((column) => column.static).map((column) => column.name));
  const regulars = new RecordColumns(columns.filter((column) => !column.static).map((column) => column.name));
  const record = new RecordWriter();
  const sum = new DigestSum();
  let merged = 0n;
  const total = { rows: 0, expiringRows: 0, expiringCells: 0 };
  const merge = (other: DigestState): void => {
    if (!/^[0-9a-f]{64}$/.test(other.sum)) {
      throw new CqlformError('DIGEST_UNREADABLE', `${JSON.stringify(other.sum)} is not a value digest`, {
        next: 'Use the digest of an unharmed manifest or checkpoint: 64 hex digits.',
      });
    }
    merged += BigInt(`0x${other.sum}`);
    total.rows += other.rows;
    total.expiringRows += other.expiringRows;
    total.expiringCells += other.expiringCells;
  };
  if (from !== undefined) merge(from);
  const hex = (): string => sumText(sum.value() + merged);
  return {
    add: (row, renamed = asTheyAre) => {
      record.restart();
      writeKey(record, row);
      const { present, permanent, expiring } = (row.kind === 'static' ? statics : regulars).write(record, row, renamed);
      total.expiringCells += expiring;
      // a key-only row has a record, static cells that are all absent have none
      if (!permanent && (present || row.kind === 'static')) {
        if (expiring > 0) total.expiringRows++;
        return;
      }
      sum.add(record.bytes());
      total.rows++;
    },
    merge,
    hex,
    get rows() {
      return total.rows;
    },
    get expiringRows() {
      return total.expiringRows;
    },
    get expiringCells() {
      return total.expiringCells;
    },
    state: () => ({
      sum: hex(),
      rows: total.rows,
      expiringRows: total.expiringRows,
      expiringCells: total.expiringCells,
    }),
  };
}

const asTheyAre: Readonly<Record<string, string>> = {};

/** What of a row's cells stands in its record. */
interface Recorded {
  readonly present: boolean;
  readonly permanent: boolean;
  readonly expiring: number;
}

/** The cells of rows of one kind, in the order in which their names stand in a record. */
class RecordColumns {
  readonly #names: readonly string[];
  #renamed: Readonly<Record<string, string>> | null = null;
  #order: readonly { readonly index: number; readonly name: Buffer }[] = [];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  write(record: RecordWriter, row: StoredRow, renamed: Readonly<Record<string, string>>): Recorded {
    if (this.#renamed !== renamed) this.#sort(renamed);
    let [present, permanent, expiring] = [false, false, 0];
    for (const { index, name } of this.#order) {
      const cell = row.cells[index];
      if (cell === null || cell === undefined) continue;
      present = true;
      const ending = expiringIn(cell);
      expiring += ending;
      if (ending > 0 && (cell.kind !== 'elements' || ending === cell.elements.length)) continue;
      permanent ||= cell.kind !== 'elements' || cell.elements.length > 0;
      if (cell.kind === 'elements' && cell.elements.length === 0) continue;
      record.sized(name);
      writeCell(record, cell);
    }
    return { present, permanent, expiring };
  }

  #sort(renamed: Readonly<Record<string, string>>): void {
    this.#renamed = renamed;
    this.#order = this.#names
      .map((name, index) => ({ index, name: Buffer.from(own(renamed, name) ?? name) }))
      .sort((one, other) => Buffer.compare(one.name, other.name));
  }
}

/** How many of its cells end by themselves. */
function expiringIn(cell: Cell): number {
  if (cell.kind === 'counter') return 0;
  if (cell.kind === 'value') return cell.expiresAt === null ? 0 : 1;
  return cell.elements.reduce((sum, { expiresAt }) => sum + (expiresAt === null ? 0 : 1), 0);
}

/** What a cell says in a row's record; null when it holds nothing permanent. Equal cells have equal bytes. */
export function cellRecord(cell: Cell | null): Buffer | null {
  const row = { kind: 'row', partitionKey: [], clusteringKey: [], cells: [cell] } as const;
  const record = new RecordWriter();
  return new RecordColumns(['']).write(record, row, asTheyAre).permanent ? record.bytes() : null;
}

function writeKey(record: RecordWriter, row: StoredRow): void {
  record.tag(row.kind === 'static' ? 'S' : 'R');
  record.key(row.partitionKey);
  record.key(row.kind === 'row' ? row.clusteringKey : []);
}

/** What is permanent of it. */
function writeCell(record: RecordWriter, cell: Cell): void {
  if (cell.kind === 'value') {
    record.tag('V');
    record.sized(cell.bytes);
  } else if (cell.kind === 'counter') {
    record.tag('C');
    record.int64(cell.value);
  } else {
    writeElements(
      record,
      cell.elements.filter(({ expiresAt }) => expiresAt === null),
    );
  }
}

function writeElements(record: RecordWriter, elements: readonly CellElement[]): void {
  const isList = elements.every((element) => element.key === null);
  record.tag(isList ? 'L' : 'E');
  record.uint32(elements.length);
  if (isList) {
    for (const { value } of elements) record.sized(value ?? none);
    return;
  }
  const sorted = elements
    .map(({ key, value }) => ({ key: key ?? none, value: value ?? none }))
    .sort((one, other) => Buffer.compare(one.key, other.key));
  for (const { key, value } of sorted) {
    record.sized(key);
    record.sized(value);
  }
}

const none = Buffer.alloc(0);

/** Bytes written one after the other into room that is used again for every row. */
class RecordWriter {
  #room = Buffer.allocUnsafe(4096);
  #length = 0;

  restart(): void {
    this.#length = 0;
  }

  /** A view, valid until the next `restart`. */
  bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  tag(letter: 'S' | 'R' | 'V' | 'C' | 'L' | 'E'): void {
    this.#reserve(1);
    this.#length = this.#room.writeUInt8(letter.charCodeAt(0), this.#length);
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#room.writeUInt32BE(value, this.#length);
  }

  int64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#room.writeBigInt64BE(value, this.#length);
  }

  sized(bytes: Bytes): void {
    this.uint32(bytes.length);
    this.#reserve(bytes.length);
    this.#room.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  key(parts: readonly Bytes[]): void {
    this.uint32(parts.length);
    for (const part of parts) this.sized(part);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#room.length) return;
    const room = Buffer.allocUnsafe(Math.max(this.#room.length * 2, this.#length + more));
    this.#room.copy(room, 0, 0, this.#length);
    this.#room = room;
  }
}
