import { createHash } from 'node:crypto';
import { CqlformError } from '../kernel/errors.ts';
import type { Bytes, Cell, StoredRow } from '../model/row.ts';
import type { Column } from '../model/schema.ts';

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

const modulus = 2n ** 256n;

/** `columns` are those of the rows' cells, in that order: static rows hold the static ones among them, others the rest. */
export function createDigest(columns: readonly Pick<Column, 'name' | 'static'>[], from?: DigestState): Digest {
  const statics = columns.filter((column) => column.static).map((column) => column.name);
  const regulars = columns.filter((column) => !column.static).map((column) => column.name);
  const total = { sum: 0n, rows: 0, expiringRows: 0, expiringCells: 0 };
  const merge = (other: DigestState): void => {
    if (!/^[0-9a-f]{64}$/.test(other.sum)) {
      throw new CqlformError('DIGEST_UNREADABLE', `${JSON.stringify(other.sum)} is not a value digest`, {
        next: 'Use the digest of an unharmed manifest or checkpoint: 64 hex digits.',
      });
    }
    total.sum = (total.sum + BigInt(`0x${other.sum}`)) % modulus;
    total.rows += other.rows;
    total.expiringRows += other.expiringRows;
    total.expiringCells += other.expiringCells;
  };
  if (from !== undefined) merge(from);
  const hex = (): string => total.sum.toString(16).padStart(64, '0');
  return {
    add: (row, renamed = {}) => {
      const record = recordOf(row, row.kind === 'static' ? statics : regulars, renamed);
      total.expiringCells += record.expiring;
      if (record.bytes === null) {
        if (record.expiring > 0) total.expiringRows++;
        return;
      }
      const hash = createHash('sha256').update(record.bytes).digest();
      total.sum = (total.sum + numberOf(hash)) % modulus;
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

interface Content {
  readonly name: Buffer;
  readonly parts: readonly Bytes[];
}

/** The record of a row, null when it has none, and how many of its cells expire. */
function recordOf(
  row: StoredRow,
  names: readonly string[],
  renamed: Readonly<Record<string, string>>,
): { readonly bytes: Buffer | null; readonly expiring: number } {
  const contents: Content[] = [];
  let present = 0;
  let expiring = 0;
  row.cells.forEach((cell, index) => {
    const name = names[index];
    if (cell === null || name === undefined) return;
    present++;
    const content = contentOf(cell);
    expiring += content.expiring;
    if (content.parts === null) return;
    const counted = Object.hasOwn(renamed, name) ? (renamed[name] ?? name) : name;
    contents.push({ name: Buffer.from(counted), parts: content.parts });
  });
  const keyOnly = present === 0 && row.kind === 'row';
  if (contents.length === 0 && !keyOnly) return { bytes: null, expiring };
  contents.sort((one, other) => Buffer.compare(one.name, other.name));
  const clusteringKey = row.kind === 'row' ? row.clusteringKey : [];
  const parts: Bytes[] = [
    tag(row.kind === 'static' ? 'S' : 'R'),
    uint32(row.partitionKey.length),
    ...row.partitionKey.flatMap(sized),
    uint32(clusteringKey.length),
    ...clusteringKey.flatMap(sized),
    ...contents.flatMap(({ name, parts: content }) => [...sized(name), ...content]),
  ];
  return { bytes: Buffer.concat(parts), expiring };
}

/** A cell's permanent content, null when it has none. */
function contentOf(cell: Cell): { readonly parts: Bytes[] | null; readonly expiring: number } {
  if (cell.kind === 'counter') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(cell.value);
    return { parts: [tag('C'), bytes], expiring: 0 };
  }
  if (cell.kind === 'value') {
    return cell.expiresAt === null
      ? { parts: [tag('V'), ...sized(cell.bytes)], expiring: 0 }
      : { parts: null, expiring: 1 };
  }
  const permanent = cell.elements.filter((element) => element.expiresAt === null);
  const expiring = cell.elements.length - permanent.length;
  if (permanent.length === 0) return { parts: null, expiring };
  const count = uint32(permanent.length);
  if (permanent.every((element) => element.key === null)) {
    return { parts: [tag('L'), count, ...permanent.flatMap((element) => sized(element.value ?? none))], expiring };
  }
  const sorted = permanent
    .map(({ key, value }) => ({ key: key ?? none, value: value ?? none }))
    .sort((one, other) => Buffer.compare(one.key, other.key));
  return {
    parts: [tag('E'), count, ...sorted.flatMap(({ key, value }) => [...sized(key), ...sized(value)])],
    expiring,
  };
}

const none = Buffer.alloc(0);
const tags = {
  S: Buffer.from('S'),
  R: Buffer.from('R'),
  V: Buffer.from('V'),
  C: Buffer.from('C'),
  L: Buffer.from('L'),
  E: Buffer.from('E'),
};

function tag(name: keyof typeof tags): Bytes {
  return tags[name];
}

function sized(bytes: Bytes): Bytes[] {
  return [uint32(bytes.length), bytes];
}

function uint32(value: number): Bytes {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function numberOf(hash: Buffer): bigint {
  return (
    (hash.readBigUInt64BE(0) << 192n) |
    (hash.readBigUInt64BE(8) << 128n) |
    (hash.readBigUInt64BE(16) << 64n) |
    hash.readBigUInt64BE(24)
  );
}
