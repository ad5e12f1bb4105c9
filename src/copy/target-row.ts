import { codecOf } from '../cql/codec/codec.ts';
import { isMultiCell } from '../cql/select.ts';
import { CqlformError } from '../kernel/errors.ts';
import { own, setOwn } from '../kernel/own.ts';
import { type JsRow, RowRejected } from '../model/data.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../model/schema.ts';

/** A row in wire form, ready to be written. */
export interface TargetRow {
  readonly partitionKey: readonly Bytes[];
  /** Null: only static columns are written. */
  readonly clusteringKey: readonly Bytes[] | null;
  /** Null deletes; a column left out stays as it is. */
  readonly cells: Readonly<Record<string, Bytes | null>>;
}

/** The server refuses longer key parts. */
export const longestKeyPart = 65_535;

/** Encodes rows for one table. */
export class TargetEncoder {
  readonly table: Table;
  readonly types: ByName<UserType>;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #encoders: ReadonlyMap<string, (value: unknown) => Bytes>;
  readonly #keys: ReadonlySet<string>;

  constructor(table: Table, types: ByName<UserType>) {
    this.table = table;
    this.types = types;
    this.#columns = new Map(table.columns.map((column) => [column.name, column]));
    this.#encoders = new Map(
      table.columns.map((column) => {
        const codec = codecOf(column.type, types);
        return [column.name, (value: unknown) => codec.encode(value)];
      }),
    );
    this.#keys = new Set(keyColumns(table));
  }

  /** Throws `RowRejected` for a value that does not fit and `UNKNOWN_COLUMN` for a column that is not there. */
  encode(row: JsRow): TargetRow {
    const cells: Record<string, Bytes | null> = {};
    for (const [name, value] of Object.entries(row)) {
      const column = this.column(name);
      if (value === undefined || this.#keys.has(name)) continue;
      setOwn(cells, column.name, value === null ? null : this.value(name, value));
    }
    return { ...this.key((name) => own(row, name)), cells };
  }

  /** The key of a row whose values are handed out by name; see `keyFrom`. */
  key(read: (name: string) => unknown): Pick<TargetRow, 'partitionKey' | 'clusteringKey'> {
    return this.keyFrom((name) => {
      const value = read(name);
      return value === undefined || value === null ? null : this.value(name, value);
    });
  }

  /**
   * The key from its parts in wire form. Clustering columns may all be null where the table has static columns: then
   * the row is its partition's static row. Throws `RowRejected` for any other key column that is null, and for keys
   * that the server refuses.
   */
  keyFrom(bytesOf: (name: string) => Bytes | null): Pick<TargetRow, 'partitionKey' | 'clusteringKey'> {
    const part = (name: string): Bytes => {
      const bytes = bytesOf(name);
      if (bytes === null) throw new RowRejected(`key column ${name} is missing`);
      if (bytes.length > longestKeyPart) throw new RowRejected(`key column ${name} is longer than 65,535 bytes`);
      return bytes;
    };
    const partitionKey = this.table.partitionKey.map(part);
    if (partitionKey.length === 1 && partitionKey[0]?.length === 0) {
      throw new RowRejected(`key column ${this.table.partitionKey[0]} is empty, which Cassandra refuses`);
    }
    const names = this.table.clusteringKey.map(({ column }) => column);
    const clustering = names.map(bytesOf);
    const staticOnly = names.length > 0 && clustering.every((bytes) => bytes === null) && this.hasStatics;
    return { partitionKey, clusteringKey: staticOnly ? null : names.map(part) };
  }

  get hasStatics(): boolean {
    return this.table.columns.some((column) => column.static);
  }

  column(name: string): Column {
    const column = this.#columns.get(name);
    if (column !== undefined) return column;
    throw new CqlformError(
      'UNKNOWN_COLUMN',
      `a row for ${this.table.name} has a column ${name}, which it does not have`,
      {
        next: `Emit only columns of the table: ${[...this.#columns.keys()].join(', ')}.`,
        fields: { table: this.table.name, column: name },
      },
    );
  }

  /** A value that is not null, in wire form. */
  value(name: string, value: unknown): Bytes {
    const encode = this.#encoders.get(this.column(name).name);
    try {
      return encode?.(value) ?? new Uint8Array();
    } catch (thrown) {
      if (thrown instanceof RowRejected) throw new RowRejected(`${name}: ${thrown.reason}`);
      throw thrown;
    }
  }
}

export interface WriteTime {
  readonly timestamp: bigint;
  /** Seconds; 0: never. */
  readonly ttl: number;
  /** Seconds since the epoch, where `ttl` is what is left until then. */
  readonly expiresAt?: number;
  readonly attempt: number;
}

/**
 * The writes of a row whose cells all have one time. A list gets a write of its own, 2 µs later with each attempt,
 * because writing it twice at one time would double it. `marker` false: only cells of rows that are there.
 */
export function writesOf(
  row: TargetRow,
  table: Table,
  { timestamp, ttl, expiresAt, attempt, marker }: WriteTime & { readonly marker: boolean },
): readonly Mutation[] {
  const { partitionKey } = row;
  const end = expiresAt === undefined ? { ttl } : { ttl, expiresAt };
  const plain: Record<string, Bytes | null> = {};
  const statics: Record<string, Bytes | null> = {};
  const lists: Mutation[] = [];
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  for (const [name, value] of Object.entries(row.cells)) {
    const column = columns.get(name);
    if (column === undefined) continue;
    const clusteringKey = column.static ? null : row.clusteringKey;
    if (value !== null && column.type.kind === 'list' && isMultiCell(column.type)) {
      const later = timestamp + 2n * BigInt(attempt);
      lists.push({ ...update({ partitionKey, clusteringKey, cells: { [name]: value } }), timestamp: later, ...end });
    } else if (column.static) setOwn(statics, name, value);
    else setOwn(plain, name, value);
  }
  const writes: Mutation[] = [];
  if (Object.keys(statics).length > 0) {
    writes.push({ ...update({ partitionKey, clusteringKey: null, cells: statics }), timestamp, ...end });
  }
  if (row.clusteringKey !== null) {
    const own = { partitionKey, clusteringKey: row.clusteringKey, cells: plain };
    if (marker) writes.push({ kind: 'insert', ...own, timestamp, ...end });
    else if (Object.keys(plain).length > 0) writes.push({ ...update(own), timestamp, ...end });
  }
  return writes.concat(lists);
}

function update(row: TargetRow): Omit<Extract<Mutation, { kind: 'update' }>, 'timestamp' | 'ttl'> {
  return { kind: 'update', ...row, add: {}, fields: {} };
}

/** Throws `COUNTER_TARGET` for a table of counters: adding would count again on every resume. */
export function assertNoCounters(table: Table): void {
  const counter = table.columns.find(({ type }) => type.kind === 'scalar' && type.name === 'counter');
  if (counter === undefined) return;
  throw new CqlformError(
    'COUNTER_TARGET',
    `${table.name} has the counter ${counter.name}; rows cannot be copied into it`,
    {
      next: 'Copy counters in a migration that makes their table, or count into a table with bigint columns.',
      fields: { table: table.name, column: counter.name },
    },
  );
}

/** Bytes of a write's key and cells. */
export function bytesOf(mutation: Mutation): number {
  let sum = 0;
  for (const part of mutation.partitionKey) sum += part.length;
  for (const part of mutation.clusteringKey ?? []) sum += part.length;
  if (mutation.kind !== 'insert' && mutation.kind !== 'update') return sum;
  for (const value of Object.values(mutation.cells)) sum += value?.length ?? 0;
  if (mutation.kind === 'insert') return sum;
  for (const value of Object.values(mutation.add)) sum += value.length;
  for (const fields of Object.values(mutation.fields)) {
    for (const value of Object.values(fields)) sum += value?.length ?? 0;
  }
  return sum;
}
