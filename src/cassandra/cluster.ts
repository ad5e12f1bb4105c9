import type { LiveKeyspace } from '../model/live.ts';
import { emptySchema } from '../model/schema.ts';
import type { Cluster } from '../ports/cluster.ts';
import { agree } from './agreement.ts';
import type { Connection } from './connect.ts';
import { estimateTables } from './estimate.ts';
import type { SchemaSession } from './execute.ts';
import { grantsIn } from './grants.ts';
import { healthOf, knownCluster, lowestVersion } from './health.ts';
import { heldRights } from './held-rights.ts';
import { indexQueryable } from './index-state.ts';
import { factsOf, schemaOf } from './introspect.ts';
import { type ReadSchema, schemaReader } from './introspect-rows.ts';
import { nodeClocks } from './node-clocks.ts';

/** Closing the cluster closes the connection. */
export function createCluster(connection: Connection, session: SchemaSession): Cluster {
  const readSchema = schemaReader(connection.client);
  return {
    address: connection.address,
    describe: (keyspace) => describe(keyspace, { connection, session, readSchema }),
    keyspaces: async () => {
      const { rows } = await connection.client.execute('SELECT keyspace_name FROM system_schema.keyspaces', [], {
        host: session.coordinator(),
      });
      return rows.map((row) => String(row['keyspace_name']));
    },
    estimate: (keyspace, tables) => estimateTables(connection, { keyspace, tables, host: session.coordinator() }),
    health: () => healthOf(connection, session.coordinator()),
    clocks: async () => {
      const clocks = await nodeClocks(connection, session.coordinator());
      if (clocks.length > 0) connection.clock.follow(Math.max(...clocks.map(({ aheadMs }) => aheadMs)));
      return clocks;
    },
    execute: session.execute,
    barrier: session.barrier,
    agree: (timeoutMs) => agree(connection, session, timeoutMs),
    indexQueryable: (keyspace, index) => indexQueryable(connection, session.coordinator(), { keyspace, index }),
    grants: (keyspace) => grantsIn(connection.client, keyspace),
    rights: () => heldRights(connection.client, connection.options.credentials?.username ?? null),
    close: connection.shutdown,
  };
}

interface Described {
  readonly connection: Connection;
  readonly session: SchemaSession;
  readonly readSchema: ReadSchema;
}

async function describe(keyspace: string, { connection, session, readSchema }: Described): Promise<LiveKeyspace> {
  const host = session.coordinator();
  const [rows, known] = await Promise.all([readSchema(host, keyspace), knownCluster(connection, host)]);
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
