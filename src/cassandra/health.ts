import { connect as connectSocket } from 'node:net';
import type { Client, Host, types } from 'cassandra-driver';
import type { NodeHealth, ServerVersion } from '../model/live.ts';
import { type Connection, portOf } from './connect.ts';
import { isInvalid, isUnauthorized } from './execute-errors.ts';

/** A node as the coordinator knows it. */
export interface KnownNode {
  /** Where it takes native connections. */
  readonly host: string;
  readonly port: number;
  readonly dataCenter: string;
  readonly version: string;
  readonly schemaVersion: string | null;
}

export interface KnownCluster {
  readonly name: string;
  /** The coordinator first. */
  readonly nodes: readonly KnownNode[];
}

/** Reads `system.local` and the peers of one node. */
export async function knownCluster(connection: Connection, host: Host): Promise<KnownCluster> {
  const { client } = connection;
  const [local, peers] = await Promise.all([
    client.execute('SELECT * FROM system.local', [], { host, isIdempotent: true }),
    peersOf(client, host),
  ]);
  const first = local.first();
  const port = portOf(host.address);
  return {
    name: text(first?.get('cluster_name')) ?? '',
    nodes: [first, ...peers]
      .filter((row) => row !== null && row !== undefined)
      .map((row) => nodeOf(row, port))
      .filter((node) => node !== null),
  };
}

async function peersOf(client: Client, host: Host): Promise<readonly types.Row[]> {
  try {
    return (await client.execute('SELECT * FROM system.peers_v2', [], { host, isIdempotent: true })).rows;
  } catch (thrown) {
    // Before 4.0, and on services that hide it.
    if (!isInvalid(thrown) && !isUnauthorized(thrown)) throw thrown;
    return (await client.execute('SELECT * FROM system.peers', [], { host, isIdempotent: true })).rows;
  }
}

/** Null for a peer of which nothing but the address is known: a leftover of a node that is gone. */
function nodeOf(row: types.Row, defaultPort: number): KnownNode | null {
  const address = text(row.get('native_address')) ?? text(row.get('rpc_address'));
  const version = text(row.get('release_version'));
  if (address === null || version === null) return null;
  const port: unknown = row.get('native_port') ?? row.get('rpc_port');
  return {
    host: address,
    port: typeof port === 'number' ? port : defaultPort,
    dataCenter: text(row.get('data_center')) ?? '',
    version,
    schemaVersion: text(row.get('schema_version')),
  };
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** `host:port`, as the driver and users write it. */
export function addressOf(node: KnownNode): string {
  return `${node.host.includes(':') ? `[${node.host}]` : node.host}:${node.port}`;
}

/** Every node of the cluster, whether it takes connections, and what gossip says against it. */
export async function healthOf(connection: Connection, host: Host): Promise<readonly NodeHealth[]> {
  const [known, down] = await Promise.all([knownCluster(connection, host), downByGossip(connection.client, host)]);
  return Promise.all(
    known.nodes.map(async (node) => ({
      address: addressOf(node),
      dataCenter: node.dataCenter,
      version: node.version,
      up: !down.has(node.host) && (await answers(node)),
      schemaVersion: node.schemaVersion,
    })),
  );
}

const statesOfAbsence = /^(?:shutdown|LEFT|removed|removing|BOOT_REPLACE)\b/i;

/** Addresses of nodes that said goodbye. Gossip over CQL knows no liveness, and many roles may not read it. */
async function downByGossip(client: Client, host: Host): Promise<ReadonlySet<string>> {
  try {
    const result = await client.execute('SELECT * FROM system_views.gossip_info', [], { host, isIdempotent: true });
    const gone = result.rows.filter((row) =>
      statesOfAbsence.test(text(row.get('status_with_port')) ?? text(row.get('status')) ?? ''),
    );
    return new Set(
      gone.flatMap((row) => [text(row.get('rpc_address')), text(row.get('address'))]).filter((one) => one !== null),
    );
  } catch (thrown) {
    if (isInvalid(thrown) || isUnauthorized(thrown)) return new Set();
    throw thrown;
  }
}

const probeTimeoutMs = 2_000;
/** OPTIONS, the one request that needs no login. */
const optionsFrame = Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0]);

/**
 * Whether the node says anything on its native port. A process that hangs still has its connections accepted by the
 * kernel, so an answer is wanted; that a node with TLS closes the connection is one too.
 */
export function answers(node: Pick<KnownNode, 'host' | 'port'>): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket({ host: node.host, port: node.port, timeout: probeTimeoutMs });
    let connected = false;
    const end = (up: boolean): void => {
      socket.destroy();
      resolve(up);
    };
    socket.once('connect', () => {
      connected = true;
      socket.write(optionsFrame);
    });
    socket.once('data', () => end(true));
    socket.once('end', () => end(true));
    socket.once('error', () => end(connected));
    socket.once('timeout', () => end(false));
  });
}

/** `5.0.8`, `4.1.10`, `4.0.11-SNAPSHOT`; what is no number counts as 0. */
export function versionOf(release: string): ServerVersion {
  const [major, minor, patch] = (/^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release) ?? []).slice(1).map(Number);
  return { text: release, major: major ?? 0, minor: minor ?? 0, patch: Number.isNaN(patch) ? 0 : (patch ?? 0) };
}

export function lowestVersion(releases: readonly string[]): ServerVersion {
  const versions = releases.map(versionOf);
  const [first, ...rest] = versions;
  return rest.reduce((lowest, one) => (isLower(one, lowest) ? one : lowest), first ?? versionOf('0.0.0'));
}

function isLower(one: ServerVersion, other: ServerVersion): boolean {
  return (one.major - other.major || one.minor - other.minor || one.patch - other.patch) < 0;
}
