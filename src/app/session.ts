import { openCluster } from '../cassandra/open.ts';
import { readState } from '../devcluster/state.ts';
import { CqlformError } from '../kernel/errors.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, Rows } from '../ports/cluster.ts';
import type { Journal } from '../ports/journal.ts';
import { devFolder } from './dev-folder.ts';
import type { Project } from './project.ts';

/** A project with its cluster: what most use cases work on; see `engines.ts` for what moves rows. Closed by `close`. */
export interface Session {
  readonly project: Project;
  readonly cluster: Cluster;
  readonly rows: Rows;
  readonly journal: Journal;
  /** The cluster's time, whatever this machine's clock says. */
  readonly clock: Clock;
  /** Name and version of the cluster as last described. */
  readonly identity: { readonly name: string; readonly version: string };
  /** The store of blobs in a keyspace of this cluster. */
  readonly clusterStore: (keyspace: string) => BlobStore;
  close(): Promise<void>;
}

/** What is connected for. */
export interface SessionUse {
  /** Rows are moved and no schema statement is sent: more connections take more rows, and keep no order among them. */
  readonly rowsOnly: boolean;
}

const connectionsForRows = 2;

export async function withSession<T>(
  project: Project,
  work: (session: Session) => Promise<T>,
  { rowsOnly }: SessionUse = { rowsOnly: false },
): Promise<T> {
  const session = await openSession(project, rowsOnly ? connectionsForRows : 1);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function openSession(project: Project, connectionsPerNode: number): Promise<Session> {
  const opened = await openCluster({
    contactPoints: await contactPoints(project),
    localDataCenter: project.cluster.localDataCenter,
    credentials: project.cluster.credentials,
    tls: project.cluster.tls,
    keyspace: project.keyspace,
    ledgerKeyspace: project.ledgerKeyspace,
    leaseTimings: project.lease,
    connectionsPerNode,
  });
  const { rows, journal, clock } = opened;
  const { cluster, identity } = remembering(opened.cluster);
  return {
    project,
    cluster,
    rows,
    journal,
    clock,
    identity,
    clusterStore: (keyspace) => opened.clusterStore(keyspace),
    close: () => opened.close(),
  };
}

/** A cluster that remembers its name and version from the last time it was described, which every backup comes after. */
function remembering(cluster: Cluster): {
  readonly cluster: Cluster;
  readonly identity: { name: string; version: string };
} {
  const identity = { name: 'unknown', version: 'unknown' };
  const describe = async (keyspace: string): Promise<LiveKeyspace> => {
    const live = await cluster.describe(keyspace);
    identity.name = live.cluster;
    identity.version = live.version.text;
    return live;
  };
  return { cluster: { ...cluster, describe }, identity };
}

async function contactPoints({ cluster, stateFolder }: Project): Promise<readonly string[]> {
  if (cluster.contactPoints !== null) return cluster.contactPoints;
  const dev = await readState(devFolder(stateFolder));
  if (dev !== undefined) return dev.nodes.map((node) => `${node.address}:${dev.nativePort}`);
  throw new CqlformError('NO_CLUSTER', 'no cluster is named, and this project has no development cluster running', {
    next: 'Start one with `cqlform dev up`, or name yours: `contactPoints` in the configuration or --contact-points.',
  });
}
