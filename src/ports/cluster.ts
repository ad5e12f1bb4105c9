import type { RowSink } from '../cql/row-sink.ts';
import type { SimplePage } from '../cql/simple-cells.ts';
import type { Ddl } from '../model/ddl.ts';
import type { LiveKeyspace, NodeClock, NodeHealth } from '../model/live.ts';
import type { Grants, Right } from '../model/right.ts';
import type { Bytes, Mutation, StoredRow, TokenRange } from '../model/row.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import type { Flow } from './flow.ts';

export type Consistency = 'ALL' | 'QUORUM' | 'LOCAL_QUORUM' | 'ONE' | 'LOCAL_ONE';

/** How a schema statement ended. `unknown`: a time-out or a lost connection; it may still land, so it must be probed, never repeated blindly. */
export type DdlOutcome =
  | { readonly kind: 'done'; readonly warnings: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * What the role of a connection may do. `everything`: nothing is checked, or it is a superuser. `unknown`: the server does
 * not say.
 */
export type HeldRights =
  | { readonly kind: 'everything' }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'some'; readonly role: string; readonly holds: (right: Right) => boolean };

/** Schema work and facts of one cluster. */
export interface Cluster {
  readonly address: string;
  describe(keyspace: string): Promise<LiveKeyspace>;
  /** The names of all, those of the server itself too. */
  keyspaces(): Promise<readonly string[]>;
  /** `size_estimates`, and sampled ranges for the tables named whose estimate is absent. */
  estimate(keyspace: string, tables: readonly string[]): Promise<LiveKeyspace['estimates']>;
  health(): Promise<readonly NodeHealth[]>;
  /** The clocks of the nodes that answer; from then on the cluster's clock is that of the node furthest ahead. */
  clocks(): Promise<readonly NodeClock[]>;
  /** Sent once, never retried. A refusal by the server is thrown as a CqlformError `DDL_REFUSED` with the server's words. */
  execute(statement: string): Promise<DdlOutcome>;
  /** One no-op schema statement through the same coordinator: what was sent before it has landed or never will. */
  barrier(): Promise<void>;
  /** Waits until all nodes that are up state one schema version; throws `NO_SCHEMA_AGREEMENT` after `timeoutMs`. Gives the milliseconds waited. */
  agree(timeoutMs: number): Promise<number>;
  /** True when the index answers queries on every node (SAI by `sai_column_indexes`, secondary by `built_indexes`). */
  indexQueryable(keyspace: string, index: string): Promise<boolean>;
  /** Who may do what in a keyspace, as far as this role may read it. */
  grants(keyspace: string): Promise<Grants>;
  /** Read anew each time; two small statements. */
  rights(): Promise<HeldRights>;
  close(): Promise<void>;
}

export interface ScanRequest {
  readonly keyspace: string;
  readonly table: Table;
  readonly types: ByName<UserType>;
  /** Static and regular columns to read, besides the key. */
  readonly columns: readonly string[];
  readonly range: TokenRange;
  /** Whether write times and expiries are read. */
  readonly times: boolean;
  readonly consistency: Consistency;
  /** How many rows a page has at most; left out: as many as make about a megabyte. */
  readonly pageRows?: number;
}

/** Whose row is read: a row by its whole key, or the static cells of a partition. */
export type RowAddress =
  | { readonly kind: 'static'; readonly partitionKey: readonly Bytes[] }
  | { readonly kind: 'row'; readonly partitionKey: readonly Bytes[]; readonly clusteringKey: readonly Bytes[] };

export interface RawScanRequest extends Omit<ScanRequest, 'times'> {
  /** Relations of CQL that rows have to meet besides; left out: none. */
  readonly where?: string;
}

/** Rows as the server sent them: cells of the key, the static and the regular columns asked for, each an int32 length (-1: null) and its bytes. */
export interface RawRows {
  readonly count: number;
  readonly bytes: Buffer;
}

export interface WriterRequest {
  readonly keyspace: string;
  readonly table: Table;
  readonly types: ByName<UserType>;
  readonly consistency: Consistency;
}

/** Writes with bounded concurrency. Every mutation handed in is either acknowledged by the time `flush` resolves, or `flush` throws. */
export interface TableWriter {
  /** Resolves when there is room for more. */
  write(mutation: Mutation): Promise<void>;
  flush(): Promise<void>;
}

export interface BlockWriterRequest extends WriterRequest {
  /** By the number that rows name: the columns that a row sets, which begin with all of its key. */
  readonly statements: readonly (readonly string[])[];
  /**
   * How much is held back so that rows of a partition meet: `little` where they come one after another, `some` where
   * several writers work side by side; `much` unless said otherwise.
   */
  readonly held?: 'little' | 'some' | 'much';
  /** Asked before each batch: resolves when that many more rows may be sent, throws when no more may. Left out: at once. */
  readonly admit?: (rows: number, bytes: number) => Promise<void>;
}

/**
 * Writes rows that are in wire form already: values of a statement's columns, then the write time (8 bytes) and the TTL
 * (4 bytes), all with their lengths. Rows may be written twice, so none may hold an unfrozen list or a counter.
 */
export interface BlockWriter {
  /** Takes a row; null while there is no room for one. */
  readonly filling: RowSink | null;
  /** Waits for room. */
  room(): Promise<RowSink>;
  /** To be called after each row or few: sends what is to be sent. */
  filled(): void;
  /** Rows that the cluster has acknowledged. */
  readonly acknowledged: number;
  /** Every row handed in is acknowledged when it resolves, or it throws. */
  flush(): Promise<void>;
}

/** A row on its way from one table to another; its bytes are there until the next row comes. */
export interface PassingRow {
  /** A part of the key, partition key first. */
  key(index: number): Bytes;
  /** One of the columns asked for; null: it has no cell. */
  regular(index: number): Bytes | null;
}

/** What stands in a place of a statement: a part of the key that is read, a regular column of those asked for, or what is made of the row. */
export type PassedValue =
  | { readonly kind: 'key'; readonly index: number }
  | { readonly kind: 'regular'; readonly index: number }
  | {
      readonly kind: 'made';
      /** Gives a cell's bytes, `unset` for none, or `apart` for a row that cannot go on as it is. */
      readonly make: (row: PassingRow) => Bytes | 'unset' | 'apart';
    };

/** How rows of one table become rows of another as they are: the values of the writer's first statement, from the rows read. */
export interface PassThrough {
  readonly into: BlockWriter;
  /** By place in the statement. */
  readonly values: readonly PassedValue[];
  /** Called with each row before anything is made of it. */
  readonly onRow?: (row: PassingRow) => void;
  /** How many of the first values are the partition key. */
  readonly partitionParts: number;
  /** Rows are written at max(original, floor), in microseconds; null: no floor. */
  readonly floor: bigint | null;
  /** Called once, before the first row is handed to the writer. */
  readonly begin: () => Promise<void>;
}

/** What became of a page of rows. */
export interface PassedPage {
  /** Rows handed to the writer. */
  readonly passed: number;
  /** Of their keys and values. */
  readonly bytes: number;
  /** The others, in their order. */
  readonly rows: readonly StoredRow[];
}

/** Rows of one cluster. */
export interface Rows {
  /** What all reading and writing here follows. */
  readonly flow: Flow;
  /** The ids of the nodes that are known: two connections that share one lead to the same cluster. */
  hostIds(): readonly string[];
  /** Splits the ring into at least `parts` ranges, none of which wraps. */
  split(parts: number): readonly TokenRange[];
  /** As `split`, but one range for a table that has too few rows to be worth more. */
  splitFor(keyspace: string, table: Table, parts: number): Promise<readonly TokenRange[]>;
  /** Pages of rows in token and clustering order; a static row comes before the rows of its partition. */
  scan(request: ScanRequest): AsyncIterable<readonly StoredRow[]>;
  /** Single rows, with times, in the order of their addresses; null: there is none. */
  read(
    request: Omit<ScanRequest, 'range' | 'times'>,
    addresses: readonly RowAddress[],
  ): Promise<readonly (StoredRow | null)[]>;
  /** Pages of undecoded rows in token and clustering order; a partition of static cells only is a row whose clustering key is null. */
  scanRaw(request: RawScanRequest): AsyncIterable<RawRows>;
  /**
   * As `scan`, for plain regular columns: rows whose cells all have one write time and never expire are handed on as they
   * are, without being decoded.
   */
  scanThrough(request: Omit<ScanRequest, 'times'>, through: PassThrough): AsyncIterable<PassedPage>;
  /** Pages of undecoded rows in token and clustering order; all columns asked for are simple. */
  scanSimple(request: ScanRequest): AsyncIterable<SimplePage>;
  /** Columns of this table whose write time the server cannot tell. */
  untimedColumns(table: Table): readonly string[];
  /** The newest write time of the columns, in microseconds; null when there is no cell. */
  newestWriteTime(request: Omit<ScanRequest, 'range' | 'times' | 'consistency'>): Promise<bigint | null>;
  /** Has the servers read every row and send none; throws `READ_FAILED` when a part of the table cannot be read. */
  readThrough(keyspace: string, table: Table): Promise<void>;
  /** True when a role other than one with UNMASK would read masked values: such a read must be refused. */
  readsMasked(keyspace: string, table: Table): Promise<boolean>;
  write(request: WriterRequest): TableWriter;
  /** Holds more rows than `write`, up to some 100 MB, for batches as large as they can be. */
  writeBlocks(request: BlockWriterRequest): BlockWriter;
  /** True when the table has no row. */
  isEmpty(keyspace: string, table: string): Promise<boolean>;
}

/** Emits the statement of a schema change; implemented by `cql/`, named here so that views and runner agree. */
export type EmitDdl = (ddl: Ddl) => string;
