import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, Rows } from '../ports/cluster.ts';
import type { Journal } from '../ports/journal.ts';
import { createCluster } from './cluster.ts';
import { clusterStore } from './cluster-store.ts';
import { connect } from './connect.ts';
import { type ConnectPlace, connectOptions } from './connect-files.ts';
import { schemaSession } from './execute.ts';
import { createJournal } from './journal.ts';
import type { LeaseTimings } from './lease-holder.ts';
import type { LedgerReplication } from './ledger-tables.ts';
import { nodeClock } from './node-clocks.ts';
import { createRows } from './rows.ts';

/** A cluster as the configuration names it: secrets are resolved and files are read when it is opened. */
export interface OpenOptions extends ConnectPlace {
  /** The keyspace that is migrated. */
  readonly keyspace: string;
  readonly ledgerKeyspace: string;
  /** Null or left out: three copies in every data center, fewer where there are fewer nodes. */
  readonly ledgerReplication?: LedgerReplication | null;
  /** Left out: a heartbeat every 2 s, taken over after 10 s without one and the time that a schema statement may take. */
  readonly leaseTimings?: Partial<LeaseTimings>;
  /** As `ConnectOptions` has it. */
  readonly connectionsPerNode?: number;
}

export interface OpenedCluster {
  readonly cluster: Cluster;
  readonly rows: Rows;
  readonly journal: Journal;
  /** The cluster's, as told by the node that answered first, and after `cluster.clocks` by all. */
  readonly clock: Clock;
  /** The store of blobs in a keyspace of this cluster. */
  clusterStore(keyspace: string): BlobStore;
  /** Gives back the lease, if it is held, and closes the connection. */
  close(): Promise<void>;
}

/** Opens a cluster for one keyspace. Throws as `connect` does, and `TLS_FILE_UNREADABLE`. */
export async function openCluster(options: OpenOptions): Promise<OpenedCluster> {
  const { connectionsPerNode = 1 } = options;
  const connection = await connect({ ...(await connectOptions(options)), connectionsPerNode });
  const { keyspace, ledgerKeyspace } = options;
  const session = schemaSession(connection, { keyspace, ledgerKeyspace });
  // A node that does not answer now has its say again before anything is changed.
  const told = await nodeClock(connection.client, session.coordinator()).catch(() => null);
  if (told !== null) connection.clock.follow(told.aheadMs);
  const journal = createJournal({
    connection,
    session,
    keyspace,
    ledgerKeyspace,
    replication: options.ledgerReplication ?? null,
    ...(options.leaseTimings === undefined ? {} : { timings: options.leaseTimings }),
  });
  return {
    cluster: createCluster(connection, session),
    rows: createRows(connection),
    journal,
    clock: connection.clock,
    clusterStore: (name) => clusterStore(connection, { keyspace: name }),
    close: async () => {
      try {
        await journal.close();
      } finally {
        await connection.shutdown();
      }
    },
  };
}
