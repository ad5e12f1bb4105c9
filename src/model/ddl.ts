import type {
  Aggregate,
  Column,
  Field,
  Index,
  KeyspaceSettings,
  ObjectKind,
  Options,
  SchemaObject,
  Table,
  UserFunction,
  UserType,
  View,
} from './schema.ts';

/**
 * One statement that changes the schema. Table ids and the timestamp of a column drop are chosen when the step starts
 * and recorded before it is sent, so they are not part of it.
 */
export type Ddl =
  | {
      readonly kind: 'create-keyspace';
      readonly settings: KeyspaceSettings;
      /** True where the ledger is in it, which is there before the first step. */
      readonly ifNotExists?: boolean;
    }
  | { readonly kind: 'alter-keyspace'; readonly settings: KeyspaceSettings }
  | { readonly kind: 'create-type'; readonly type: UserType }
  | { readonly kind: 'add-field'; readonly type: string; readonly field: Field }
  | { readonly kind: 'rename-fields'; readonly type: string; readonly renames: Readonly<Record<string, string>> }
  | { readonly kind: 'drop-type'; readonly name: string }
  | { readonly kind: 'create-table'; readonly table: Table }
  | { readonly kind: 'add-columns'; readonly table: string; readonly columns: readonly Column[] }
  | { readonly kind: 'drop-columns'; readonly table: string; readonly columns: readonly Column[] }
  | { readonly kind: 'rename-columns'; readonly table: string; readonly renames: Readonly<Record<string, string>> }
  | { readonly kind: 'alter-options'; readonly of: 'table' | 'view'; readonly name: string; readonly options: Options }
  | { readonly kind: 'drop-table'; readonly name: string }
  | { readonly kind: 'create-index'; readonly index: Index }
  | { readonly kind: 'drop-index'; readonly name: string }
  | { readonly kind: 'create-view'; readonly view: View }
  | { readonly kind: 'drop-view'; readonly name: string }
  | { readonly kind: 'create-function'; readonly function: UserFunction; readonly replace: boolean }
  | { readonly kind: 'drop-function'; readonly signature: string }
  | { readonly kind: 'create-aggregate'; readonly aggregate: Aggregate; readonly replace: boolean }
  | { readonly kind: 'drop-aggregate'; readonly signature: string };

/** What the emitter needs beyond the statement itself. */
export interface DdlContext {
  readonly keyspace: string;
  /** For `create-table`; null where the server refuses ids. */
  readonly tableId: string | null;
  /** For `drop-columns`: microseconds, a whole millisecond, decimal digits. Null: not decided yet (a plan shows a mark in its place). */
  readonly dropTimestamp: string | null;
}

/** Something that must be true of the live schema before or after a step. */
export type Condition =
  | { readonly kind: 'keyspace-present' }
  | { readonly kind: 'present'; readonly object: SchemaObject }
  | { readonly kind: 'absent'; readonly of: ObjectKind; readonly name: string }
  | { readonly kind: 'column-present'; readonly table: string; readonly column: Column }
  | { readonly kind: 'column-absent'; readonly table: string; readonly column: string }
  | { readonly kind: 'field-present'; readonly type: string; readonly field: Field }
  | { readonly kind: 'field-absent'; readonly type: string; readonly field: string }
  | { readonly kind: 'options'; readonly of: 'table' | 'view'; readonly name: string; readonly options: Options }
  | { readonly kind: 'keyspace-settings'; readonly settings: KeyspaceSettings };
