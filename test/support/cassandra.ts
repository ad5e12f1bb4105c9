import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { UpOptions } from '../../src/devcluster/cluster-shape.ts';
import { devDown } from '../../src/devcluster/down.ts';
import {
  flushNode,
  nodetool,
  pauseNode,
  restartNode,
  resumeNode,
  stopOneNode,
} from '../../src/devcluster/node-control.ts';
import { type DevCluster, devUp } from '../../src/devcluster/up.ts';

/** Where a test finds the Cassandra that all tests of the run use. */
export interface CassandraAddress {
  readonly host: string;
  readonly port: number;
  readonly localDataCenter: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    cassandra: CassandraAddress;
    /** The folder of this run; every cluster in it is ended when the run is over, whoever forgot it. */
    runFolder: string;
  }
}

/** The Cassandra of this test run: use keyspaces of your own, drop them afterwards, never restart it. */
export function cassandraAddress(): CassandraAddress {
  return inject('cassandra');
}

/** A cluster of a test's own, which may be restarted, paused and killed. Ends, with its data, when disposed. */
export interface PrivateCluster extends AsyncDisposable {
  readonly folder: string;
  readonly cluster: DevCluster;
  readonly address: CassandraAddress;
  /** Nodes are named `node1`, `node2`, `node3`; a verb without a name means `node1`. */
  restart(node?: string): Promise<void>;
  stop(node?: string): Promise<void>;
  pause(node?: string): Promise<void>;
  resume(node?: string): Promise<void>;
  /** Starts every node that is down. */
  repair(): Promise<void>;
  flush(keyspace: string, ...tables: readonly string[]): Promise<void>;
  nodetool(...args: readonly string[]): Promise<string>;
}

/** A folder of a test's own for a cluster; what runs in it ends with the run at the latest. */
export async function clusterFolder(): Promise<string> {
  const parent = inject('runFolder');
  await mkdir(parent, { recursive: true });
  return join(await mkdtemp(join(parent, 'own-')), 'cluster');
}

const forTests = { heapMb: 512, ports: 'any', compiler: 'quick', schemaChanges: 'logged' } as const;

/**
 * Starts a cluster for one test file: `await using own = await privateCluster({ nodes: 3 })`, or in `beforeAll` with
 * `await own[Symbol.asyncDispose]()` in `afterAll`.
 */
export async function privateCluster(options: Omit<UpOptions, 'folder'> = {}): Promise<PrivateCluster> {
  const folder = await clusterFolder();
  const up = (): Promise<DevCluster> => devUp({ ...forTests, ...options, folder });
  const cluster = await up();
  return {
    folder,
    cluster,
    address: addressOf(cluster),
    restart: async (node = 'node1') => void (await restartNode({ folder, node })),
    stop: async (node = 'node1') => void (await stopOneNode({ folder, node })),
    pause: (node = 'node1') => pauseNode({ folder, node }),
    resume: (node = 'node1') => resumeNode({ folder, node }),
    repair: async () => void (await up()),
    flush: (keyspace, ...tables) => flushNode({ folder }, keyspace, ...tables),
    nodetool: (...args) => nodetool({ folder }, args),
    [Symbol.asyncDispose]: async () => void (await devDown({ folder, purge: true })),
  };
}

/** The address of a cluster's first node. */
export function addressOf(cluster: DevCluster): CassandraAddress {
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error('a cluster has at least one node');
  return { host: node.address, port: node.port, localDataCenter: cluster.localDataCenter };
}
