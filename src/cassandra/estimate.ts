import type { Estimate } from '../model/live.ts';
import type { ByName } from '../model/schema.ts';
import type { Connection } from './connect.ts';

export async function estimateTables(
  _connection: Connection,
  _of: { readonly keyspace: string; readonly tables: readonly string[] },
): Promise<ByName<Estimate>> {
  return {};
}
