import type { Client } from 'cassandra-driver';
import { reasonOf } from '../kernel/errors.ts';
import type { Grants } from '../model/right.ts';
import { permissionsAreOff } from './masked.ts';
import { responseCode } from './scan-errors.ts';

type Row = Readonly<Record<string, unknown>>;

/** See `Cluster.grants`. Passwords are not read. */
export async function grantsIn(client: Client, keyspace: string): Promise<Grants> {
  if (await permissionsAreOff(client)) return { kind: 'none' };
  try {
    const read = async (query: string): Promise<readonly Row[]> =>
      (await client.execute(query, [], { isIdempotent: true, prepare: false })).rows;
    const all = await read('SELECT role, resource, permissions FROM system_auth.role_permissions');
    const permissions = all
      .filter(({ resource }) => isOf(String(resource), keyspace))
      .map(({ role, resource, permissions: some }) => ({
        role: String(role),
        resource: String(resource),
        permissions: textsIn(some),
      }))
      .toSorted((a, b) => (`${a.role} ${a.resource}` < `${b.role} ${b.resource}` ? -1 : 1));
    const roles = await read('SELECT role, is_superuser, can_login, member_of FROM system_auth.roles');
    return { kind: 'read', roles: rolesOf(roles, new Set(permissions.map(({ role }) => role))), permissions };
  } catch (thrown) {
    if (responseCode(thrown) === null) throw thrown;
    return { kind: 'unreadable', reason: reasonOf(thrown) };
  }
}

function isOf(resource: string, keyspace: string): boolean {
  const [kind, of] = resource.split('/');
  return (kind === 'data' || kind === 'functions') && of === keyspace;
}

/** With the roles that hold permissions, those that have been granted them. */
function rolesOf(
  rows: readonly Row[],
  holders: ReadonlySet<string>,
): Extract<Grants, { readonly kind: 'read' }>['roles'] {
  return rows
    .map((row) => ({
      role: String(row['role']),
      superuser: row['is_superuser'] === true,
      login: row['can_login'] === true,
      memberOf: textsIn(row['member_of']),
    }))
    .filter(({ role, memberOf }) => holders.has(role) || memberOf.some((one) => holders.has(one)))
    .toSorted((a, b) => (a.role < b.role ? -1 : 1));
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) || value instanceof Set ? [...value].map(String).toSorted() : [];
}
