import type { DataSpec } from './data.ts';
import type { ClusteringColumn, Column, Field, KeyspaceSettings, ObjectKind, Options, SchemaObject } from './schema.ts';
import type { CqlType } from './type.ts';

/** A delta to a table, composed onto whatever the table is by then. All names are the table's names before the delta, except `add` and the new key. */
export interface TableDelta {
  readonly kind: 'alter-table';
  readonly table: string;
  readonly add: readonly Column[];
  readonly drop: readonly string[];
  readonly rename: Readonly<Record<string, string>>;
  readonly retype: Readonly<Record<string, { readonly type: CqlType; readonly static: boolean }>>;
  /** Null: the key stays. */
  readonly key: {
    readonly partitionKey: readonly string[];
    readonly clusteringKey: readonly ClusteringColumn[];
  } | null;
  readonly options: Options;
}

export interface TypeDelta {
  readonly kind: 'alter-type';
  readonly type: string;
  readonly add: readonly Field[];
  readonly rename: Readonly<Record<string, string>>;
}

export interface Create {
  readonly kind: 'create';
  readonly object: SchemaObject;
}
/** `name` is the key in the schema: a signature for functions and aggregates. */
export interface Drop {
  readonly kind: 'drop';
  readonly of: ObjectKind;
  readonly name: string;
}
export interface AlterKeyspace {
  readonly kind: 'alter-keyspace';
  readonly settings: KeyspaceSettings;
}

/** One entry of a migration's `schema` list. */
export type Declaration = Create | TableDelta | TypeDelta | Drop | AlterKeyspace;

/** What a file says it will find: the columns it uses and the whole key. */
export interface Expectation {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly ClusteringColumn[];
}

/** A migration file, compiled. */
export interface Migration {
  /** The stem of the file's name: `20261122093000_movies_by_genre`. */
  readonly id: string;
  readonly description: string;
  readonly declarations: readonly Declaration[];
  readonly expects: readonly Expectation[];
  readonly data: readonly DataSpec[];
  readonly replaces: readonly string[];
  /** By table and column, what its tables are marked with as personal; left out: nothing. */
  readonly pii?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** SHA-256 of the compiled declaration. */
  readonly schemaHash: string;
  /** SHA-256 of the code that its data functions run; null without data. */
  readonly codeHash: string | null;
  /** Packages that its row functions name, with their versions; left out: none. Recorded, not hashed. */
  readonly packages?: Readonly<Record<string, string>>;
  /** The document that keeps its source text, for showing what was edited; left out by versions that did not keep it. */
  readonly sourceHash?: string;
}
