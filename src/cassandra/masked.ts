import { type Client, types } from 'cassandra-driver';
import { quoted } from '../model/identifier.ts';
import type { Table } from '../model/schema.ts';
import { responseCode } from './scan-errors.ts';

/**
 * True unless it is certain that this connection reads the table's real values. A masked column is answered with a
 * masked value and the real write time: nothing in the answer tells. Certain it is when the table has no mask, when the
 * server does not check permissions, or when the role is a superuser or holds UNMASK on the table, its keyspace or all
 * keyspaces, itself or through a role granted to it. What may not be looked up is not certain.
 */
export async function readsMasked(
  client: Client,
  target: { readonly keyspace: string; readonly table: Table },
  user: string | null,
): Promise<boolean> {
  if (!(await hasMasks(client, target))) return false;
  if (await permissionsAreOff(client)) return false;
  if (user === null) return true;
  return !((await isSuperuser(client, user)) || (await holdsUnmask(client, target, user)));
}

async function hasMasks(
  client: Client,
  { keyspace, table }: { readonly keyspace: string; readonly table: Table },
): Promise<boolean> {
  const text = 'SELECT column_name FROM system_schema.column_masks WHERE keyspace_name = ? AND table_name = ?';
  try {
    const result = await client.execute(text, [keyspace, table.name], { prepare: true });
    return result.rows.length > 0;
  } catch (thrown) {
    // releases before 5.0 have neither masks nor this table
    if (responseCode(thrown) === types.responseErrorCodes.invalid) return false;
    throw thrown;
  }
}

/** True when it is certain that the server checks no permissions. */
export async function permissionsAreOff(client: Client): Promise<boolean> {
  const rows = await tryRows(client, "SELECT value FROM system_views.settings WHERE name = 'authorizer'");
  const [row] = rows;
  if (row === undefined) return false;
  const value: unknown = row['value'];
  // A setting that cassandra.yaml leaves out is stated as null; then the server takes AllowAllAuthorizer.
  return value === null || (typeof value === 'string' && /(^|\.)AllowAllAuthorizer$/.test(value));
}

export async function isSuperuser(client: Client, user: string): Promise<boolean> {
  const rows = await tryRows(client, `LIST ROLES OF ${roleName(user)}`);
  return rows.some((row) => row['super'] === true);
}

async function holdsUnmask(
  client: Client,
  { keyspace, table }: { readonly keyspace: string; readonly table: Table },
  user: string,
): Promise<boolean> {
  // without NORECURSIVE this includes what is granted on the keyspace, on all keyspaces, and to roles granted
  const resource = `${quoted(keyspace)}.${quoted(table.name)}`;
  const rows = await tryRows(client, `LIST UNMASK PERMISSION ON TABLE ${resource} OF ${roleName(user)}`);
  return rows.some((row) => row['permission'] === 'UNMASK');
}

/** No rows where the role may not look. */
async function tryRows(client: Client, text: string): Promise<readonly types.Row[]> {
  try {
    return (await client.execute(text)).rows ?? [];
  } catch (thrown) {
    if (responseCode(thrown) !== null) return [];
    throw thrown;
  }
}

export function roleName(user: string): string {
  return `"${user.replaceAll('"', '""')}"`;
}
