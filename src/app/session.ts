import { createBackups } from '../backup/backups.ts';
import { localStore } from '../backup/stores/local.ts';
import { type OpenedCluster, openCluster } from '../cassandra/open.ts';
import { systemClock } from '../cassandra/system-clock.ts';
import { createCopier } from '../copy/copier.ts';
import { readState } from '../devcluster/state.ts';
import { CqlformError } from '../kernel/errors.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, Rows } from '../ports/cluster.ts';
import type { Backups, Copier } from '../ports/engines.ts';
import type { Journal } from '../ports/journal.ts';
import { createOpenSource } from '../sources/open.ts';
import { devFolder } from './dev-folder.ts';
import type { Project } from './project.ts';
import { storeName } from './store.ts';

/** A project with its cluster: what most use cases work on. Closed by `close`, whatever happened. */
export interface Session {
  readonly project: Project;
  readonly cluster: Cluster;
  readonly rows: Rows;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly copier: Copier;
  /** The repository of automatic backups. */
  readonly backups: Backups;
  /** The repository of a store's name, as the ledger keeps it. */
  readonly backupsAt: (store: string) => Backups;
  close(): Promise<void>;
}

export async function withSession<T>(project: Project, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(project);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function openSession(project: Project): Promise<Session> {
  const opened = await openCluster({
    contactPoints: await contactPoints(project),
    localDataCenter: project.cluster.localDataCenter,
    credentials: project.cluster.credentials,
    tls: project.cluster.tls,
    keyspace: project.keyspace,
    ledgerKeyspace: project.ledgerKeyspace,
  });
  const { rows, journal } = opened;
  const { cluster, identity } = remembering(opened.cluster);
  const clock = systemClock;
  const openSource = createOpenSource({ projectFolder: project.folder });
  const repositories = new Map<string, Backups>();
  const backupsAt = (name: string): Backups => {
    const known = repositories.get(name);
    if (known !== undefined) return known;
    const made = createBackups({ rows, clock, cluster: identity, store: storeNamed(name, opened) });
    repositories.set(name, made);
    return made;
  };
  return {
    project,
    cluster,
    rows,
    journal,
    clock,
    copier: createCopier({ rows, openSource, clock }),
    get backups() {
      return backupsAt(storeName(project));
    },
    backupsAt,
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

function storeNamed(name: string, opened: OpenedCluster): BlobStore {
  const at = name.indexOf(':');
  const place = name.slice(at + 1);
  if (name.startsWith('cluster:')) return opened.clusterStore(place);
  if (name.startsWith('local:')) return localStore(place);
  throw new CqlformError('STORE_UNKNOWN', `backups lie in ${name}, a kind of store that this version does not know`, {
    next: 'Use the version of cqlform that made the backup, or a newer one.',
  });
}
