/** What a role may be granted, as CQL names it. */
export type Permission = 'CREATE' | 'ALTER' | 'DROP' | 'SELECT' | 'MODIFY' | 'EXECUTE';

/** On what. A right on a wider resource holds for all that is in it. */
export type Resource =
  | { readonly kind: 'all-keyspaces' }
  | { readonly kind: 'keyspace'; readonly keyspace: string }
  | { readonly kind: 'table'; readonly keyspace: string; readonly table: string }
  | { readonly kind: 'functions'; readonly keyspace: string };

export interface Right {
  readonly permission: Permission;
  readonly on: Resource;
}
