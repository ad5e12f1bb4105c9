import { readFile } from 'node:fs/promises';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Cluster, Rows } from '../ports/cluster.ts';
import type { Journal } from '../ports/journal.ts';
import { createCluster } from './cluster.ts';
import { clusterStore } from './cluster-store.ts';
import { type ConnectOptions, connect, type TlsOptions } from './connect.ts';
import { schemaSession } from './execute.ts';
import { createJournal } from './journal.ts';
import type { LeaseTimings } from './lease-holder.ts';
import type { LedgerReplication } from './ledger-tables.ts';
import { createRows } from './rows.ts';

/** A cluster as the configuration names it: secrets are resolved and files are read when it is opened. */
export interface OpenOptions {
  /** `host`, `host:port` or `[address]:port`. */
  readonly contactPoints: readonly string[];
  /** Null: that of the first node that answers. */
  readonly localDataCenter: string | null;
  readonly credentials: { readonly username: () => string; readonly password: () => string } | null;
  /** Paths of PEM files. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly verify: boolean;
    /** The name that certificates are checked against; null: the address that is connected to. */
    readonly serverName: string | null;
  } | null;
  /** The keyspace that is migrated. */
  readonly keyspace: string;
  readonly ledgerKeyspace: string;
  /** Null or left out: three copies in every data center, fewer where there are fewer nodes. */
  readonly ledgerReplication?: LedgerReplication | null;
  /** Left out: a heartbeat every 2 s, taken over after 10 s without one and the time that a schema statement may take. */
  readonly leaseTimings?: Partial<LeaseTimings>;
  readonly ddlTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

export interface OpenedCluster {
  readonly cluster: Cluster;
  readonly rows: Rows;
  readonly journal: Journal;
  /** The store of blobs in a keyspace of this cluster. */
  clusterStore(keyspace: string): BlobStore;
  /** Gives back the lease, if it is held, and closes the connection. */
  close(): Promise<void>;
}

/** Opens a cluster for one keyspace. Throws as `connect` does, and `TLS_FILE_UNREADABLE`. */
export async function openCluster(options: OpenOptions): Promise<OpenedCluster> {
  const connection = await connect(await connectOptions(options));
  const { keyspace, ledgerKeyspace } = options;
  const session = schemaSession(connection, { keyspace, ledgerKeyspace });
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

async function connectOptions(options: OpenOptions): Promise<ConnectOptions> {
  const { localDataCenter, credentials, tls, ddlTimeoutMs, requestTimeoutMs } = options;
  return {
    contactPoints: options.contactPoints,
    ...(localDataCenter === null ? {} : { localDataCenter }),
    ...(credentials === null
      ? {}
      : { credentials: { username: credentials.username(), password: credentials.password() } }),
    ...(tls === null ? {} : { tls: await tlsOptions(tls) }),
    ...(ddlTimeoutMs === undefined ? {} : { ddlTimeoutMs }),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  };
}

async function tlsOptions(tls: NonNullable<OpenOptions['tls']>): Promise<TlsOptions> {
  const [ca, certificate, key] = await Promise.all([pem(tls.ca), pem(tls.cert), pem(tls.key)]);
  return {
    verify: tls.verify,
    ...(tls.serverName === null ? {} : { serverName: tls.serverName }),
    ...(ca === null ? {} : { ca }),
    ...(certificate === null ? {} : { certificate }),
    ...(key === null ? {} : { key }),
  };
}

async function pem(path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new CqlformError('TLS_FILE_UNREADABLE', `The TLS file ${path} cannot be read: ${reasonOf(thrown)}`, {
      next: 'Check the paths under `tls` in the configuration; they are relative to the project folder.',
      fields: { path },
    });
  }
}
