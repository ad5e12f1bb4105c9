import { writerOf } from '../cql/codec/codec.ts';
import { moveBytes } from '../cql/codec/move-bytes.ts';
import type { Sink } from '../cql/codec/sink.ts';
import { insertColumns } from '../cql/insert-block.ts';
import { RowBlock } from '../cql/row-block.ts';
import { hashOfBytes, nullLength, putTimes, type RowSink, timesBytes, unsetLength } from '../cql/row-sink.ts';
import { setOwn } from '../kernel/own.ts';
import { type JsRow, RowRejected } from '../model/data.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import { type ByName, keyColumns, type Table, type UserType } from '../model/schema.ts';
import { KeyHasher } from './collisions.ts';
import { bytesOf, longestKeyPart, type TargetEncoder, writesOf } from './target-row.ts';

interface PlannedColumn {
  readonly name: string;
  readonly write: (value: unknown, sink: Sink) => void;
}

const firstBytes = 4 * 1024;
const longRows = 1024 * 1024;

/** Of the rows that are made next. */
export interface RowTime {
  /** Microseconds. */
  readonly timestamp: bigint;
  /** Seconds; 0: for ever. */
  readonly ttl: number;
}

/**
 * The rows that one row of a source becomes, each as the values of one statement, so that none is handed on before all of
 * them are made, and nothing is allocated for a value. Columns without a value are left unset.
 */
export class EncodedRows {
  /** The columns of the statement, the key first. */
  readonly columns: readonly string[];
  /** Writes of rows that only set static columns, for which the statement is none. */
  readonly apart: (readonly Mutation[])[] = [];
  readonly #encoder: TargetEncoder;
  readonly #planned: readonly PlannedColumn[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #partitionParts: number;
  readonly #keyParts: number;
  readonly #values: unknown[];
  readonly #rows = new RowBlock(firstBytes);
  readonly #hasher = new KeyHasher();
  #time: RowTime = { timestamp: 0n, ttl: 0 };

  constructor(encoder: TargetEncoder) {
    const { table, types } = encoder;
    this.#encoder = encoder;
    this.columns = insertColumns(table);
    this.#planned = this.columns.map((name) => planned(name, table, types));
    this.#places = new Map(this.columns.map((name, at) => [name, at]));
    this.#partitionParts = table.partitionKey.length;
    this.#keyParts = keyColumns(table).length;
    this.#values = this.columns.map(() => undefined);
  }

  /** Begins anew. */
  begin(time: RowTime): void {
    this.#time = time;
    this.#rows.clear();
    // one long row shall not hold its memory for ever
    if (this.#rows.sink.bytes.length > longRows) this.#rows.sink.shrink(firstBytes);
    this.apart.length = 0;
  }

  /** Rows of the statement. */
  get count(): number {
    return this.#rows.count;
  }

  /** Where the value of a column stands among those of `add`; throws `UNKNOWN_COLUMN`. */
  placeOf(column: string): number {
    return this.#places.get(column) ?? this.#places.get(this.#encoder.column(column).name) ?? -1;
  }

  /** A row by its columns' names. Throws `RowRejected` for a value that does not fit and `UNKNOWN_COLUMN`. */
  addRow(row: JsRow): void {
    const values = this.#values;
    values.fill(undefined);
    for (const name of Object.keys(row)) values[this.placeOf(name)] = row[name];
    this.add(values);
  }

  /** A row by its columns' places; null deletes, undefined leaves as it is. Throws `RowRejected`. */
  add(values: readonly unknown[]): void {
    if (this.#isAlone(values)) {
      this.#addApart(values);
      return;
    }
    try {
      this.#rows.begin();
      this.#rows.commit(this.#encode(values), 0);
    } catch (thrown) {
      this.#rows.discard();
      throw thrown;
    }
  }

  /** Bytes of a row's key and cells. */
  bytesOf(row: number): number {
    const [start, end] = this.#span(row);
    return end - start - 4 * this.columns.length - timesBytes;
  }

  /** See `keyHash`; into memory that the next call uses again. */
  keyHash(row: number): Buffer {
    const hasher = this.#hasher;
    const { bytes, view } = this.#rows.sink;
    let [at] = this.#span(row);
    hasher.begin();
    for (let part = 0; part < this.#keyParts; part += 1) {
      const length = view.getInt32(at);
      hasher.add(bytes, at + 4, at + 4 + length);
      at += 4 + length;
    }
    return hasher.hash();
  }

  handTo(sink: RowSink, row: number): void {
    const [start, end] = this.#span(row);
    sink.begin();
    const into = sink.sink;
    const at = into.reserve(end - start);
    moveBytes(this.#rows.sink, start, end - start, into, at);
    sink.commit(this.#rows.hash(row), 0);
  }

  /** The same as writes that stand for themselves. */
  mutationsOf(row: number): readonly Mutation[] {
    const { bytes, view } = this.#rows.sink;
    let [at] = this.#span(row);
    const key: Bytes[] = [];
    const cells: Record<string, Bytes | null> = {};
    this.#planned.forEach(({ name }, place) => {
      const length = view.getInt32(at);
      at += 4 + Math.max(0, length);
      const value = length < 0 ? null : Uint8Array.from(bytes.subarray(at - length, at));
      if (place < this.#keyParts) key.push(value ?? new Uint8Array());
      else if (length !== unsetLength) setOwn(cells, name, value);
    });
    const partitionKey = key.slice(0, this.#partitionParts);
    const clusteringKey = key.slice(this.#partitionParts);
    return this.#writes({ partitionKey, clusteringKey, cells });
  }

  #span(row: number): readonly [start: number, end: number] {
    return [this.#rows.start(row), this.#rows.start(row + 1)];
  }

  /** Gives the hash of the partition key. */
  #encode(values: readonly unknown[]): number {
    const { sink } = this.#rows;
    const start = sink.length;
    let hash = 0;
    for (let place = 0; place < this.#planned.length; place += 1) {
      const column = this.#planned[place] as PlannedColumn;
      const value = values[place];
      const at = sink.reserve(4);
      if (value === undefined || value === null) {
        if (place < this.#keyParts) throw new RowRejected(`key column ${column.name} is missing`);
        sink.view.setInt32(at, value === null ? nullLength : unsetLength);
        continue;
      }
      this.#write(column, value);
      const length = sink.length - at - 4;
      sink.view.setInt32(at, length);
      if (place >= this.#keyParts) continue;
      this.#assertKeyPart(column.name, length);
      if (place === this.#partitionParts - 1) hash = hashOfBytes(sink.bytes, start, sink.length);
    }
    putTimes(sink, this.#time.timestamp, this.#time.ttl);
    return hash;
  }

  #write({ name, write }: PlannedColumn, value: unknown): void {
    try {
      write(value, this.#rows.sink);
    } catch (thrown) {
      if (thrown instanceof RowRejected) throw new RowRejected(`${name}: ${thrown.reason}`);
      throw thrown;
    }
  }

  #assertKeyPart(name: string, length: number): void {
    if (length > longestKeyPart) throw new RowRejected(`key column ${name} is longer than 65,535 bytes`);
    if (length > 0 || this.#partitionParts > 1 || name !== this.columns[0]) return;
    throw new RowRejected(`key column ${name} is empty, which Cassandra refuses`);
  }

  /** Its clustering key is missing as a whole, where static columns are there to be set. */
  #isAlone(values: readonly unknown[]): boolean {
    if (this.#keyParts === this.#partitionParts || !this.#encoder.hasStatics) return false;
    for (let place = this.#partitionParts; place < this.#keyParts; place += 1) {
      if (values[place] !== undefined && values[place] !== null) return false;
    }
    return true;
  }

  #addApart(values: readonly unknown[]): void {
    const row: Record<string, unknown> = {};
    this.columns.forEach((name, place) => {
      setOwn(row, name, values[place]);
    });
    this.apart.push(this.#writes(this.#encoder.encode(row)));
  }

  #writes(row: Parameters<typeof writesOf>[0]): readonly Mutation[] {
    return writesOf(row, this.#encoder.table, { ...this.#time, attempt: 0, marker: true });
  }
}

/** Bytes of writes' keys and cells. */
export function bytesOfAll(mutations: readonly Mutation[]): number {
  return mutations.reduce((sum, mutation) => sum + bytesOf(mutation), 0);
}

function planned(name: string, table: Table, types: ByName<UserType>): PlannedColumn {
  const column = table.columns.find((one) => one.name === name);
  if (column === undefined) throw new TypeError(`${table.name} has no column ${name}`);
  return { name, write: writerOf(column.type, types) };
}
