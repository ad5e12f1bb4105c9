import type { ClusterSource, DataSpec, ForeignSource } from '../model/data.ts';
import type { Declaration, Drop, TableDelta, TypeDelta } from '../model/migration.ts';
import type { SchemaObject, Table, UserType } from '../model/schema.ts';
import type { Columns } from './cql-type.ts';
import type { Properties } from './mistake.ts';
import type { SourceColumns } from './source.ts';

/** A table as `table`, `existing` or `alter` made it. */
export type TableOrigin =
  | { readonly kind: 'table'; readonly how: 'created'; readonly table: Table; readonly types: Columns }
  | { readonly kind: 'table'; readonly how: 'existing'; readonly table: Table; readonly types: Columns }
  | {
      readonly kind: 'table';
      readonly how: 'altered';
      readonly table: Table;
      readonly types: Columns;
      readonly base: TableOrigin;
      readonly delta: TableDelta;
    };
/** A user-defined type as `udt` or `alterType` made it. */
export interface TypeOrigin {
  readonly kind: 'type';
  readonly type: UserType;
  readonly alters: { readonly base: TypeOrigin; readonly delta: TypeDelta } | null;
}
/** An index, view, function or aggregate; `on` is the table that an index or a view stands on. */
export interface ObjectOrigin {
  readonly kind: 'object';
  readonly object: Exclude<SchemaObject, Table | UserType>;
  readonly on: TableOrigin | null;
}
export interface DropOrigin {
  readonly kind: 'drop';
  readonly drop: Drop;
  readonly table: TableOrigin | null;
}
export interface KeyspaceOrigin {
  readonly kind: 'keyspace';
  readonly declaration: Extract<Declaration, { readonly kind: 'alter-keyspace' }>;
}
/** A source outside the keyspace. */
export interface SourceOrigin {
  readonly kind: 'source';
  readonly source: ForeignSource;
  readonly types: SourceColumns;
}
/** A table of another cluster. */
export interface ClusterOrigin {
  readonly kind: 'cluster-table';
  readonly source: ClusterSource;
  readonly table: Table;
  readonly types: Columns;
}
/** A data step; `spec` waits for its place in the list. */
export interface DataOrigin {
  readonly kind: 'data';
  readonly verb: DataSpec['kind'];
  readonly tables: readonly TableOrigin[];
  readonly from: TableOrigin | ClusterOrigin | SourceOrigin;
  readonly spec: (index: number) => DataSpec;
}
/** A migration, with its lists as they were given. */
export interface MigrationOrigin {
  readonly kind: 'migration';
  readonly definition: Properties;
}
export type Origin =
  | TableOrigin
  | TypeOrigin
  | ObjectOrigin
  | DropOrigin
  | KeyspaceOrigin
  | SourceOrigin
  | ClusterOrigin
  | DataOrigin
  | MigrationOrigin;

/**
 * What a declared value means to cqlform lies beside what users see of it, under a symbol that is not enumerated:
 * a copy made by spreading is not a declaration. The symbol is registered, so that two copies of the package agree.
 */
const originKey = Symbol.for('cqlform.origin');

/** Freezes the value with its origin. */
export function withOrigin<V extends object>(value: V, origin: Origin): V {
  Object.defineProperty(value, originKey, { value: Object.freeze(origin), enumerable: false });
  return Object.freeze(value);
}

/** The origin of a value; undefined for a value that none of our functions made. */
export function originOf(value: unknown): Origin | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, originKey)) return undefined;
  return (value as { readonly [originKey]?: Origin })[originKey];
}
