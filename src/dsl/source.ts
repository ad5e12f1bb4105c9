import type { Typed } from './cql-type.ts';

/** The type of a source's column: `kind` is the system and its own type, e.g. `csv.int`. */
export interface SourceType<Kind extends string = string, R = unknown> extends Typed<R> {
  readonly kind: Kind;
}
export interface SourceColumns {
  readonly [name: string]: SourceType;
}
/** Rows from outside the keyspace: C its columns, Q those that are never null. */
export interface Source<C extends SourceColumns = SourceColumns, Q extends string = string> {
  readonly kind: 'source';
  /** Who reads it: `csv`, `json`, `mysql`, …. */
  readonly system: string;
  /** A name that the configuration knows; null when `place` says it all. */
  readonly connection: string | null;
  /** A path or glob relative to the project's folder, a table's name, the beginning of a query. */
  readonly place: string;
  readonly columns: C;
  /** The columns that name a row in reports. */
  readonly key: readonly Q[];
  /** The columns that are never null: a row where one is missing is rejected. */
  readonly required: readonly Q[];
  /** The field behind a column where their names differ. */
  readonly fields: { readonly [X in keyof C]?: string };
  readonly settings: { readonly [name: string]: string | number | boolean };
}
