import type { Client, Host } from 'cassandra-driver';
import { CqlformError } from '../kernel/errors.ts';
import type { Connection } from './connect.ts';
import { eachNode } from './each-node.ts';
import { isInvalid, isUnauthorized } from './execute-errors.ts';

interface IndexName {
  readonly keyspace: string;
  readonly index: string;
}

/** See `Cluster.indexQueryable`. An index that is not there is not queryable. */
export async function indexQueryable(connection: Connection, coordinator: Host, name: IndexName): Promise<boolean> {
  try {
    const answers = await eachNode(connection, coordinator, (client, host) => queryableOn(client, host, name));
    return answers.length > 0 && answers.every((answer) => answer);
  } catch (thrown) {
    if (!isUnauthorized(thrown)) throw thrown;
    throw new CqlformError('INDEX_STATE_UNREADABLE', `The role may not read whether index ${name.index} is built.`, {
      next: 'Grant it SELECT on keyspace system_views and on system."IndexInfo" (docs/permissions.md), then run the same command again.',
      fields: { index: name.index },
      cause: thrown,
    });
  }
}

async function queryableOn(client: Client, host: Host, name: IndexName): Promise<boolean> {
  const options = { host, isIdempotent: true };
  const sai = await client
    .execute(
      'SELECT is_queryable FROM system_views.sai_column_indexes WHERE keyspace_name = ? AND index_name = ? ALLOW FILTERING',
      [name.keyspace, name.index],
      options,
    )
    .catch((thrown: unknown) => {
      // Before 5.0 there is no such table.
      if (isInvalid(thrown)) return null;
      throw thrown;
    });
  const rows = sai?.rows ?? [];
  if (rows.length > 0) return rows.every((row) => row.get('is_queryable') === true);
  const built = await client.execute(
    'SELECT index_name FROM system."IndexInfo" WHERE table_name = ? AND index_name = ?',
    [name.keyspace, name.index],
    options,
  );
  return built.rowLength > 0;
}
