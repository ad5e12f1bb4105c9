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

/** Who may do what in a keyspace, without anything secret. `none`: the servers check no permissions. */
export type Grants =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'read';
      /** Those with permissions, and the roles that these were granted. */
      readonly roles: readonly {
        readonly role: string;
        readonly superuser: boolean;
        readonly login: boolean;
        readonly memberOf: readonly string[];
      }[];
      /** Resources as the servers name them: `data/shop`, `data/shop/users`, `functions/shop`. */
      readonly permissions: readonly {
        readonly role: string;
        readonly resource: string;
        readonly permissions: readonly string[];
      }[];
    };
