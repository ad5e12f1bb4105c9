import type { DataPrivacy } from './privacy.ts';
import type { ByName, Table, UserType } from './schema.ts';
import type { Since } from './since.ts';

/** A source outside the keyspace, as a migration declares it. */
export interface ForeignSource {
  readonly kind: 'foreign';
  /** `csv`, `json`, `mysql`, …: the folder in `sources/` that reads it. */
  readonly system: string;
  /** A name that the configuration knows; null when the source says itself where it is (a file beside the migrations). */
  readonly connection: string | null;
  /** A path or glob relative to the project folder, a table's name, a query: the system's own notion. */
  readonly place: string;
  /** Declared columns: name → the system's own type name, e.g. `csv.int`, and whether it may be null. */
  readonly columns: Readonly<Record<string, ForeignColumn>>;
  /** The columns that identify a row in reports; may be empty. */
  readonly key: readonly string[];
  /** Settings of the system, e.g. `{ delimiter: ';' }`. JSON-safe. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}
export interface ForeignType {
  readonly type: string;
  /** The words that an enumeration declares. */
  readonly labels?: readonly string[];
  /** Of what a list holds, and the values of a map. */
  readonly element?: ForeignType;
  /** Of the keys of a map. */
  readonly key?: ForeignType;
  /** Of the fields of a structure. */
  readonly fields?: Readonly<Record<string, ForeignType>>;
}
export interface ForeignColumn extends ForeignType {
  readonly required: boolean;
  /** The field's own name where it differs from the column's. */
  readonly field: string;
}

/** A table of the same keyspace, with the columns that the migration declared it uses. */
export interface TableSource {
  readonly kind: 'table';
  readonly table: Table;
}
/** A table or view of another cluster, with the columns that the migration declared it uses. */
export interface ClusterSource {
  readonly kind: 'cluster';
  /** A name that the configuration knows. */
  readonly connection: string;
  /** Null: the keyspace that the configuration names for the connection. */
  readonly keyspace: string | null;
  readonly table: Table;
  /** The user-defined types in its columns, as they are there. */
  readonly types: ByName<UserType>;
}
export type DataSource = TableSource | ClusterSource | ForeignSource;

/** `movies`, `legacy/shop.movies`, `orders.csv`: a source for people. */
export function sourceName(from: DataSource): string {
  switch (from.kind) {
    case 'table':
      return from.table.name;
    case 'cluster':
      return `${from.connection}/${from.keyspace === null ? '' : `${from.keyspace}.`}${from.table.name}`;
    case 'foreign':
      return from.place;
  }
}

/** A row in JavaScript values, by column name. */
export type JsRow = Readonly<Record<string, unknown>>;
export interface RunClock {
  readonly startedAt: Date;
}

export interface SkipSignal {
  readonly kind: 'skip';
  readonly reason: string;
}
export interface RejectSignal {
  readonly kind: 'reject';
  readonly reason: string;
}
export interface UnsetSignal {
  readonly kind: 'unset';
}
/** Thrown by conversions (`to.*`) inside a row function: the engine rejects the row with this reason. */
export class RowRejected extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.name = 'RowRejected';
    this.reason = reason;
  }
}

/** Where a target column's value comes from. */
export type ColumnMapping =
  | { readonly kind: 'column'; readonly from: string }
  | {
      readonly kind: 'function';
      readonly value: (row: JsRow, run: RunClock) => unknown;
      /** The source column that it converts and nothing else. */
      readonly from?: string;
    }
  | { readonly kind: 'unset' };

interface DataSpecBase {
  /** Position in the migration's `data` list, from 0. */
  readonly index: number;
  readonly from: DataSource;
  /** The target with the columns that the migration declared. */
  readonly into: Table;
  readonly maxRejects: number | `${number}%`;
  /** How many rows may have a primary key that another one has, counted before the first write; left out: any number. */
  readonly maxCollisions?: number | `${number}%`;
  /** Left out: it has no personal data and says nothing of any. */
  readonly privacy?: DataPrivacy;
  /** By what changes are told that a later pass copies; left out: they are not told. */
  readonly since?: Since;
}
/** One row in, one row out. `columns` is complete: every target column that is written has its mapping. */
export interface CopySpec extends DataSpecBase {
  readonly kind: 'copy';
  readonly columns: Readonly<Record<string, ColumnMapping>>;
}
export interface TransformSpec extends DataSpecBase {
  readonly kind: 'transform';
  readonly rows: (
    row: JsRow,
    out: { emit(row: JsRow): void },
    run: RunClock,
  ) => SkipSignal | RejectSignal | undefined | void;
}
/** A table into itself: only the columns named, for the rows that are there. */
export interface BackfillSpec extends DataSpecBase {
  readonly kind: 'backfill';
  readonly columns: Readonly<Record<string, ColumnMapping>>;
}
export type DataSpec = CopySpec | TransformSpec | BackfillSpec;

/** The part of a data spec that a plan can hold. */
export interface DataSummary {
  readonly kind: DataSpec['kind'];
  readonly index: number;
  readonly from: { readonly kind: DataSource['kind']; readonly name: string };
  readonly into: string;
  /** Target columns that may be written; null: any (a transform decides per row). */
  readonly columns: readonly string[] | null;
}
