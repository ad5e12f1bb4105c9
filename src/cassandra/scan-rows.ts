import { splitElements, splitEntries, splitFields } from '../cql/elements.ts';
import type { ColumnRead, ScanStatement } from '../cql/select.ts';
import type { Bytes, Cell, CellElement, CellTime, StoredRow } from '../model/row.ts';
import { CellReader } from './raw.ts';

/** One row of a page: a row of CQL's result, static cells repeated. */
export interface ResultRow {
  readonly partitionKey: readonly Bytes[];
  /** Null: the partition has only its static row. */
  readonly clusteringKey: readonly Bytes[] | null;
  readonly statics: readonly (Cell | null)[];
  readonly regulars: readonly (Cell | null)[];
}

export interface ParsedPage {
  readonly rows: readonly ResultRow[];
  /** Bytes of all cells. */
  readonly size: number;
  /** True when some cell has an expiry, so that the page's second matters. */
  readonly expiring: boolean;
}

const untimed: CellTime = { writeTime: null, expiresAt: null };

/** The coordinator's clock when it began to answer with this page, in milliseconds; null for an empty page. */
export function clockOf(bytes: Buffer, count: number): number | null {
  if (count === 0) return null;
  const clock = new CellReader(bytes).next();
  return clock === null ? null : Number(clock.readBigInt64BE());
}

/** Cells of a page as rows. `second` is the coordinator's time, against which it stated what is left of each TTL. */
export function parsePage(
  page: { readonly bytes: Buffer; readonly count: number },
  statement: ScanStatement,
  second: number,
): ParsedPage {
  const parser = new PageParser(page.bytes, second);
  const rows: ResultRow[] = [];
  for (let index = 0; index < page.count; index++) rows.push(parser.row(statement));
  return { rows, size: parser.size, expiring: parser.expiring };
}

/** Reads rows one after the other. */
export class PageParser {
  readonly #cells: CellReader;
  readonly #second: number;
  expiring = false;

  /** `offset`: where the first row begins. */
  constructor(bytes: Buffer, second: number, offset = 0) {
    this.#cells = new CellReader(bytes, offset);
    this.#second = second;
  }

  get size(): number {
    return this.#cells.offset;
  }

  row(statement: ScanStatement): ResultRow {
    if (statement.clock) this.#cells.next();
    const partitionKey = this.#key(statement.partitionKey);
    const clustering: (Bytes | null)[] = [];
    for (let index = 0; index < statement.clusteringKey; index++) clustering.push(this.#cells.next());
    const present = clustering.filter((part) => part !== null);
    return {
      partitionKey,
      // a static-only partition answers with nulls; a compact table may lack its last clustering columns
      clusteringKey: clustering.length > 0 && present.length === 0 ? null : present,
      statics: statement.statics.map((read) => this.#cell(read)),
      regulars: statement.regulars.map((read) => this.#cell(read)),
    };
  }

  #key(parts: number): Bytes[] {
    const key: Bytes[] = [];
    for (let index = 0; index < parts; index++) key.push(this.#cells.next() ?? Buffer.alloc(0));
    return key;
  }

  #cell(read: ColumnRead): Cell | null {
    if (read.kind === 'fields') return this.#fields(read.fields);
    const bytes = this.#cells.next();
    if (read.kind === 'counter') return bytes === null ? null : { kind: 'counter', value: bytes.readBigInt64BE() };
    if (read.kind === 'udt') return bytes === null ? null : elementsOrNull(udtElements(bytes, read.fields));
    const writeTime = read.timed ? this.#cells.next() : null;
    const ttl = read.timed ? this.#cells.next() : null;
    if (bytes === null) return null;
    if (read.kind === 'value') return { kind: 'value', bytes, ...this.#time(writeTime, ttl) };
    const times = this.#times(writeTime, ttl);
    if (read.kind === 'map') return elementsOrNull(mapElements(bytes, times));
    const elements = splitElements(bytes).map((part, index): CellElement => {
      const element = part ?? Buffer.alloc(0);
      const time = times[index] ?? untimed;
      return read.kind === 'set' ? { key: element, value: null, ...time } : { key: null, value: element, ...time };
    });
    return elementsOrNull(elements);
  }

  #fields(names: readonly string[]): Cell | null {
    const elements: CellElement[] = [];
    for (const name of names) {
      const value = this.#cells.next();
      const writeTime = this.#cells.next();
      const ttl = this.#cells.next();
      if (value !== null) elements.push({ key: Buffer.from(name), value, ...this.#time(writeTime, ttl) });
    }
    return elementsOrNull(elements);
  }

  #time(writeTime: Bytes | null, ttl: Bytes | null): CellTime {
    if (writeTime === null) return untimed;
    const left = ttl === null ? null : int32(ttl);
    if (left !== null) this.expiring = true;
    return { writeTime: int64(writeTime), expiresAt: left === null ? null : this.#second + left };
  }

  #times(writeTimes: Bytes | null, ttls: Bytes | null): CellTime[] {
    if (writeTimes === null) return [];
    const left = ttls === null ? [] : splitElements(ttls);
    return splitElements(writeTimes).map((time, index) => this.#time(time, left[index] ?? null));
  }
}

function mapElements(bytes: Bytes, times: readonly CellTime[]): CellElement[] {
  const parts = splitEntries(bytes);
  const elements: CellElement[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const key = parts[index] ?? Buffer.alloc(0);
    elements.push({ key, value: parts[index + 1] ?? Buffer.alloc(0), ...(times[index / 2] ?? untimed) });
  }
  return elements;
}

function udtElements(bytes: Bytes, names: readonly string[]): CellElement[] {
  return splitFields(bytes).flatMap((value, index) => {
    const name = names[index];
    return value === null || name === undefined ? [] : [{ key: Buffer.from(name), value, ...untimed }];
  });
}

/** A collection without elements is no cell: Cassandra does not tell the two apart. */
function elementsOrNull(elements: readonly CellElement[]): Cell | null {
  return elements.length === 0 ? null : { kind: 'elements', elements };
}

function int64(bytes: Bytes): bigint {
  return Buffer.isBuffer(bytes)
    ? bytes.readBigInt64BE()
    : new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0);
}

function int32(bytes: Bytes): number {
  return Buffer.isBuffer(bytes) ? bytes.readInt32BE() : new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0);
}

/** Turns result rows into stored rows across pages: each partition's static cells once, before its rows. */
export class RowAssembler {
  readonly #hasStatics: boolean;
  #partition: readonly Bytes[] | null = null;

  constructor(statement: ScanStatement) {
    this.#hasStatics = statement.statics.length > 0;
  }

  add(rows: readonly ResultRow[]): StoredRow[] {
    const stored: StoredRow[] = [];
    for (const row of rows) {
      const { partitionKey, clusteringKey } = row;
      if (this.#hasStatics && !this.#sameAsLast(partitionKey)) {
        const present = clusteringKey === null || row.statics.some((cell) => cell !== null);
        if (present) stored.push({ kind: 'static', partitionKey, cells: row.statics });
        // a copy, so that remembering the key does not keep the whole page in memory
        this.#partition = partitionKey.map((part) => Uint8Array.from(part));
      }
      if (clusteringKey !== null) stored.push({ kind: 'row', partitionKey, clusteringKey, cells: row.regulars });
    }
    return stored;
  }

  #sameAsLast(key: readonly Bytes[]): boolean {
    const last = this.#partition;
    return last?.every((part, index) => Buffer.compare(part, key[index] ?? Buffer.alloc(0)) === 0) ?? false;
  }
}
