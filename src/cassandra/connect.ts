import { Client, policies, types } from 'cassandra-driver';
import { ClusterClock, ClusterTimestamps } from './cluster-clock.ts';
import { firstConnections, steadyControlConnection } from './connect-control.ts';
import { connectError } from './connect-errors.ts';
import { LocalDataCenterPolicy } from './connect-policy.ts';

/** Certificates are PEM text, not paths, so that the options can be handed to a worker thread. */
export interface TlsOptions {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly keyPassphrase?: string;
  /** The name that the certificate is checked against; by default the contact point's. */
  readonly serverName?: string;
  /** False accepts any certificate; true by default. */
  readonly verify?: boolean;
}

/** How a cluster is reached. Nothing here but plain data. */
export interface ConnectOptions {
  /** `host`, `host:port` or `[address]:port`; the port is 9042 by default and the same on every node. */
  readonly contactPoints: readonly string[];
  /** The path of Astra DB's zip file: contact points and TLS are in it, and none are given beside it. */
  readonly secureConnectBundle?: string;
  /** By default that of the first node that answers. */
  readonly localDataCenter?: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly tls?: TlsOptions;
  /** As `system_views.clients` shows it. */
  readonly applicationName?: string;
  readonly connectTimeoutMs?: number;
  /** How long a node may take to answer a read or write. */
  readonly requestTimeoutMs?: number;
  /** How long a node may take to answer a schema statement; afterwards its outcome is unknown. */
  readonly ddlTimeoutMs?: number;
  /**
   * To each node of the local data center; 1 by default. A node reads what comes over one connection in one thread, so
   * that two take in more rows; but what goes over two has no order, which schema statements and their barrier need.
   */
  readonly connectionsPerNode?: number;
}

type DriverOptions = ConstructorParameters<typeof Client>[0];

export const defaultPort = 9042;
export const defaultDdlTimeoutMs = 60_000;

/** A connected driver client. `client` is for the files of this folder only. */
export interface Connection {
  readonly client: Client;
  /** `host:port` of the node that answered first. */
  readonly address: string;
  readonly localDataCenter: string;
  /** This machine's until it is told to follow the nodes'; writes that name no time have it. */
  readonly clock: ClusterClock;
  /** With the credentials: never to be printed. */
  readonly options: ConnectOptions;
  shutdown(): Promise<void>;
}

/**
 * Connects to the first contact point that answers; other nodes are connected to in the background.
 * Throws `CLUSTER_UNREACHABLE`, `AUTHENTICATION_FAILED`, `DATA_CENTER_UNKNOWN` or `SECURE_BUNDLE_INVALID`.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const policy = new LocalDataCenterPolicy(options.localDataCenter);
  const clock = new ClusterClock();
  const client = new Client(driverOptions(options, policy, clock));
  steadyControlConnection(client);
  const first = firstConnections(client);
  try {
    await client.connect();
  } catch (thrown) {
    await client.shutdown().catch(() => undefined);
    await first.close();
    throw await connectError(thrown, options);
  }
  const address = client.getState().getConnectedHosts()[0]?.address ?? options.contactPoints[0] ?? '';
  let closed: Promise<void> | undefined;
  return {
    client,
    address,
    localDataCenter: policy.localDataCenter,
    clock,
    options,
    shutdown: () => {
      closed ??= client.shutdown();
      return closed;
    },
  };
}

/** The port of a contact point. */
export function portOf(contactPoint: string): number {
  const digits = /^(?:\[.*\]|[^:]*):(\d+)$/.exec(contactPoint)?.[1];
  return digits === undefined ? defaultPort : Number(digits);
}

function driverOptions(
  options: ConnectOptions,
  loadBalancing: LocalDataCenterPolicy,
  clock: ClusterClock,
): DriverOptions {
  return {
    ...placeOf(options),
    policies: {
      loadBalancing,
      timestampGeneration: new ClusterTimestamps(clock),
      // The default waits up to ten minutes; a node that comes back is wanted within a run.
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(100, 2_000, true),
    },
    ...(options.credentials === undefined ? {} : { credentials: { ...options.credentials } }),
    applicationName: options.applicationName ?? 'cqlform',
    // The schema is read by introspect.ts; the driver's copy of all keyspaces would be fetched for nothing.
    isMetadataSyncEnabled: false,
    monitorReporting: { enabled: false },
    pooling: {
      warmup: false,
      coreConnectionsPerHost: { [types.distance.local]: options.connectionsPerNode ?? 1 },
    },
    protocolOptions: {
      port: portOf(options.contactPoints[0] ?? ''),
      // Highest that the driver speaks with Cassandra; without it, it tries DSE's first and reconnects.
      maxVersion: types.protocolVersion.v4,
      // Agreement is awaited by agreement.ts, which tells who disagrees.
      maxSchemaAgreementWaitSeconds: 0,
    },
    socketOptions: {
      connectTimeout: options.connectTimeoutMs ?? 5_000,
      readTimeout: options.requestTimeoutMs ?? 12_000,
    },
    queryOptions: { consistency: types.consistencies.localQuorum },
    encoding: { useBigIntAsLong: true, useBigIntAsVarint: true },
  };
}

/** The driver takes a bundle or the addresses, and refuses both. */
function placeOf({ contactPoints, secureConnectBundle, tls }: ConnectOptions): DriverOptions {
  if (secureConnectBundle !== undefined) return { cloud: { secureConnectBundle } };
  return {
    contactPoints: [...contactPoints],
    ...(tls === undefined ? {} : { sslOptions: tlsOptions(tls) }),
  };
}

function tlsOptions(tls: TlsOptions): NonNullable<DriverOptions['sslOptions']> {
  return {
    // Said in any case: the driver's own default is to accept any certificate.
    rejectUnauthorized: tls.verify ?? true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.keyPassphrase === undefined ? {} : { passphrase: tls.keyPassphrase }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}
