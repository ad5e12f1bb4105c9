import type { CqlType } from './type.ts';

export interface Column {
  readonly name: string;
  readonly type: CqlType;
  readonly static: boolean;
  /** The masking function as the server states it, e.g. `system.mask_inner(1, 1)`. Left out: none, or not managed. */
  readonly mask?: string;
}

export interface ClusteringColumn {
  readonly column: string;
  readonly order: 'asc' | 'desc';
}

/** `compaction` and the like are maps of texts; the server replaces such a map as a whole. */
export type OptionValue = string | number | boolean | Readonly<Record<string, string>>;
/** By the name that CQL uses, e.g. `default_time_to_live`. An option that is left out is not managed, never reset. */
export type Options = Readonly<Record<string, OptionValue>>;

/** Columns in this order: partition key, clustering key, static, regular; the last two sorted by name as the server states them. */
export interface Table {
  readonly kind: 'table';
  readonly name: string;
  readonly columns: readonly Column[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly ClusteringColumn[];
  readonly options: Options;
}

export interface Field {
  readonly name: string;
  readonly type: CqlType;
}
/** A user-defined type; the order of its fields is part of it. */
export interface UserType {
  readonly kind: 'type';
  readonly name: string;
  readonly fields: readonly Field[];
}

/** What of the column is indexed: `full` is for frozen collections. */
export type IndexForm = 'values' | 'keys' | 'entries' | 'full';
export interface Index {
  readonly kind: 'index';
  readonly name: string;
  readonly table: string;
  readonly column: string;
  readonly form: IndexForm;
  /** `secondary` is Cassandra's built-in index, `sai` the StorageAttachedIndex; anything else is a Java class name. */
  readonly using: 'secondary' | 'sai' | { readonly className: string };
  readonly options: Readonly<Record<string, string>>;
}

export interface View {
  readonly kind: 'view';
  readonly name: string;
  readonly table: string;
  /** `*` selects every column of the table, also those added later. */
  readonly columns: '*' | readonly string[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly ClusteringColumn[];
  /** As the server states it, e.g. `genre IS NOT NULL AND id IS NOT NULL`. */
  readonly where: string;
  readonly options: Options;
}

export interface UserFunction {
  readonly kind: 'function';
  readonly name: string;
  readonly arguments: readonly Field[];
  readonly returns: CqlType;
  readonly language: string;
  readonly calledOnNull: boolean;
  readonly body: string;
}

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly arguments: readonly CqlType[];
  readonly stateFunction: string;
  readonly stateType: CqlType;
  readonly finalFunction: string | null;
  /** A CQL literal, e.g. `0` or `(0, 0)`. */
  readonly initialState: string | null;
}

/** Settings of the keyspace itself; what is left out is not managed. Replication comes from the configuration. */
export interface KeyspaceSettings {
  readonly kind: 'keyspace';
  readonly replication?: Readonly<Record<string, string>>;
  readonly durableWrites?: boolean;
}

/** Whatever has a name inside a keyspace. */
export type SchemaObject = Table | UserType | Index | View | UserFunction | Aggregate;
export type ObjectKind = SchemaObject['kind'];

export type ByName<T> = Readonly<Record<string, T>>;

/** The objects of one keyspace. Functions and aggregates are keyed by signature, `name(int, text)`; all others by name. */
export interface Schema {
  readonly keyspace: KeyspaceSettings;
  readonly types: ByName<UserType>;
  readonly tables: ByName<Table>;
  readonly indexes: ByName<Index>;
  readonly views: ByName<View>;
  readonly functions: ByName<UserFunction>;
  readonly aggregates: ByName<Aggregate>;
}

export const emptySchema: Schema = Object.freeze({
  keyspace: Object.freeze({ kind: 'keyspace' }),
  types: {},
  tables: {},
  indexes: {},
  views: {},
  functions: {},
  aggregates: {},
});

/** The names of the key columns, partition key first. */
export function keyColumns(table: Pick<Table, 'partitionKey' | 'clusteringKey'>): readonly string[] {
  return [...table.partitionKey, ...table.clusteringKey.map((part) => part.column)];
}

/** Seconds; 0: rows of the table last unless they say otherwise. */
export function defaultTtlOf(table: Table): number {
  const stated = table.options['default_time_to_live'];
  return typeof stated === 'number' ? stated : 0;
}
