import type { LiveKeyspace } from '../model/live.ts';
import { emptySchema } from '../model/schema.ts';
import type { Cluster } from '../ports/cluster.ts';
import { agree } from './agreement.ts';
import type { Connection } from './connect.ts';
import { estimateTables } from './estimate.ts';
import type { SchemaSession } from './execute.ts';
import { healthOf, knownCluster, lowestVersion } from './health.ts';
import { heldRights } from './held-rights.ts';
import { indexQueryable } from './index-state.ts';
import { factsOf, schemaOf } from './introspect.ts';
import { readSchemaRows } from './introspect-rows.ts';

/** Closing the cluster closes the connection. */
export function createCluster(connection: Connection, session: SchemaSession): Cluster {
  return {
    address: connection.address,
    describe: (keyspace) => describe(connection, session, keyspace),
    estimate: (keyspace, tables) => estimateTables(connection, { keyspace, tables, host: session.coordinator() }),
    health: () => healthOf(connection, session.coordinator()),
    execute: session.execute,
    barrier: session.barrier,
    agree: (timeoutMs) => agree(connection, session, timeoutMs),
    indexQueryable: (keyspace, index) => indexQueryable(connection, session.coordinator(), { keyspace, index }),
    rights: () => heldRights(connection.client, connection.options.credentials?.username ?? null),
    close: connection.shutdown,
  };
}

async function describe(connection: Connection, session: SchemaSession, keyspace: string): Promise<LiveKeyspace> {
  const host = session.coordinator();
  const [rows, known] = await Promise.all([
    readSchemaRows(connection.client, host, keyspace),
    knownCluster(connection, host),
  ]);
  const exists = rows.keyspace !== undefined;
  return {
    name: keyspace,
    exists,
    schema: exists ? schemaOf(rows) : emptySchema,
    facts: exists ? factsOf(rows) : {},
    cluster: known.name,
    version: lowestVersion(known.nodes.map((node) => node.version)),
    estimates: {},
  };
}
