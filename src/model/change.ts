import type { KeyspaceSettings, ObjectKind, SchemaObject } from './schema.ts';

/** One object before and after a migration; `before` null creates, `after` null drops. `name` is the object's key in the schema. */
export interface ObjectChange {
  readonly kind: 'object';
  readonly of: ObjectKind;
  readonly name: string;
  readonly before: SchemaObject | null;
  readonly after: SchemaObject | null;
  /** Columns or fields whose name changed, old → new. */
  readonly renamed: Readonly<Record<string, string>>;
  /** True when the live object already equals `after`: nothing runs, the object becomes managed. */
  readonly adopted: boolean;
}
export interface KeyspaceChange {
  readonly kind: 'keyspace';
  readonly before: KeyspaceSettings | null;
  readonly after: KeyspaceSettings;
}
/** What one migration changes; applied to the state before it gives the state after it. */
export type Change = ObjectChange | KeyspaceChange;

/** One difference between what the ledger recorded and what the cluster has. */
export interface DriftItem {
  readonly kind: 'missing' | 'different' | 'recreated' | 'unmanaged';
  readonly of: ObjectKind | 'column' | 'keyspace';
  /** `shop.users`, `shop.users.email`. */
  readonly address: string;
  /** CQL or a value as text; null where there is none. */
  readonly recorded: string | null;
  readonly live: string | null;
}

/** What is not as it was recorded; objects that no migration names are left alone. */
export function deviations(drift: readonly DriftItem[]): readonly DriftItem[] {
  return drift.filter((item) => item.kind !== 'unmanaged');
}
