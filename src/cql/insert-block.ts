import { own } from '../kernel/own.ts';
import type { Bytes, Cell, Mutation, StoredRow } from '../model/row.ts';
import { defaultTtlOf, keyColumns, type Table } from '../model/schema.ts';
import { hashOfBytes, putTimes, type RowSink } from './row-sink.ts';
import { isMultiCell } from './select.ts';

/** All columns, those of the key first. */
export function insertColumns(table: Table): readonly string[] {
  const keys = keyColumns(table);
  return [...keys, ...table.columns.map(({ name }) => name).filter((name) => !keys.includes(name))];
}

/** Whether rows may be written by one statement each, and twice: lists that can be added to would double, and counters count. */
export function suitsInserts(table: Table): boolean {
  return !table.columns.some(
    ({ type }) => (type.kind === 'list' && isMultiCell(type)) || (type.kind === 'scalar' && type.name === 'counter'),
  );
}

type Insert = Extract<Mutation, { readonly kind: 'insert' }> & {
  readonly timestamp: bigint;
  readonly clusteringKey: readonly Bytes[];
};

/** Puts inserts into wire form, as a writer of blocks takes them. */
export class InsertBlock {
  /** The columns of the writer's statement. */
  readonly columns: readonly string[];
  readonly #others: readonly string[];
  readonly #defaultTtl: number;
  readonly #statement: number;

  /** `statement`: which one of the writer's it is. */
  constructor(table: Table, statement = 0) {
    this.#statement = statement;
    this.columns = insertColumns(table);
    this.#others = this.columns.slice(keyColumns(table).length);
    this.#defaultTtl = defaultTtlOf(table);
  }

  /** A row whose end is near is not held back. */
  takes(mutation: Mutation): mutation is Insert {
    if (mutation.kind !== 'insert' || mutation.timestamp === null || mutation.clusteringKey === null) return false;
    // an end of its own is counted anew when it is sent, which blocks do not
    if (mutation.expiresAt !== undefined) return false;
    return mutation.ttl === 0 || mutation.ttl === this.#defaultTtl;
  }

  append({ cells, timestamp, ttl, partitionKey, clusteringKey }: Insert, block: RowSink): void {
    const hash = beginRow(partitionKey, clusteringKey, block);
    for (const name of this.#others) block.value(own(cells, name));
    putTimes(block.sink, timestamp, ttl);
    block.commit(hash, this.#statement);
  }

  /** As `append`, for a row of one write time; `places`: of its cells, by `others`; `untimed`: the time of one without. */
  appendRow(
    { cells, partitionKey, clusteringKey }: UniformRow,
    { places, untimed }: { readonly places: readonly number[]; readonly untimed: bigint },
    block: RowSink,
  ): void {
    const hash = beginRow(partitionKey, clusteringKey, block);
    let timestamp = untimed;
    for (const place of places) {
      const cell = cells[place] ?? null;
      if (cell === null) block.value(undefined);
      else {
        block.value(cell.bytes);
        timestamp = cell.writeTime ?? timestamp;
      }
    }
    putTimes(block.sink, timestamp, 0);
    block.commit(hash, this.#statement);
  }

  /** The columns besides the key, in the order of the statement. */
  get others(): readonly string[] {
    return this.#others;
  }
}

type ValueCell = Extract<Cell, { readonly kind: 'value' }>;
export type UniformRow = Omit<Extract<StoredRow, { readonly kind: 'row' }>, 'cells'> & {
  readonly cells: readonly (ValueCell | null)[];
};

/** Whether a row is one insert: it has cells, all of one write time or none with any, and none ends. */
export function isUniform(row: StoredRow): row is UniformRow {
  if (row.kind === 'static') return false;
  let time: bigint | null | undefined;
  for (const cell of row.cells) {
    if (cell === null) continue;
    if (cell.kind !== 'value' || cell.expiresAt !== null) return false;
    if (time !== undefined && cell.writeTime !== time) return false;
    time = cell.writeTime;
  }
  return time !== undefined;
}

/** Puts the row's key; gives the hash of its partition key. */
function beginRow(partitionKey: readonly Bytes[], clusteringKey: readonly Bytes[], block: RowSink): number {
  const { sink } = block;
  block.begin();
  const from = sink.length;
  for (const part of partitionKey) block.value(part);
  const hash = hashOfBytes(sink.bytes, from, sink.length);
  for (const part of clusteringKey) block.value(part);
  return hash;
}
