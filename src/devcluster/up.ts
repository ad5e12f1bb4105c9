import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CqlformError } from '../kernel/errors.ts';
import { requireSame, stateToStart, type UpOptions } from './cluster-shape.ts';
import { type OnProgress, silent } from './events.ts';
import { withLock } from './lock.ts';
import { contactPointOf, isNodeRunning, startNode, stopNodes, type Work, waitForRing, waitUntilUp } from './nodes.ts';
import { findPorts, takenPorts } from './ports.ts';
import { type ClusterState, lockFileOf, nodeFolderOf, portsOf, readState, writeState } from './state.ts';

/** A running development cluster. */
export interface DevCluster {
  readonly folder: string;
  readonly version: string;
  readonly localDataCenter: string;
  /** `address:port` of every node. */
  readonly contactPoints: readonly string[];
  readonly nodes: readonly DevNode[];
  /** True when it ran already and nothing was started. */
  readonly reused: boolean;
}

export interface DevNode {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly jmxPort: number;
  /** 0 for a container. */
  readonly pid: number;
}

/**
 * Starts a Cassandra cluster that outlives this process, or finds the one that runs in this folder. Nodes that have
 * died are started again with their data. Of two calls at once, the second waits and gets the first one's cluster.
 */
export async function devUp(options: UpOptions): Promise<DevCluster> {
  const folder = resolve(options.folder);
  const onProgress = options.onProgress ?? silent;
  const wait = { waitMs: 10 * 60_000, onWait: (holder: number) => onProgress({ kind: 'lock-waiting', holder }) };
  return withLock(lockFileOf(folder), wait, async () => {
    const found = await keptState(folder, onProgress);
    if (found !== undefined) requireSame(found, options);
    const startTimeoutMs = options.startTimeoutMs ?? 120_000;
    if (found !== undefined && (await allRunning(found))) {
      let state = found;
      for (const { name } of found.nodes)
        state = await waitUntilUp({ folder, state, onProgress, startTimeoutMs }, name);
      await waitForRing({ folder, state, onProgress, startTimeoutMs });
      const cluster = clusterOf(folder, state, true);
      onProgress({ kind: 'cluster-found', contactPoints: cluster.contactPoints });
      return cluster;
    }
    const asked = await stateToStart(found, options);
    const state = {
      ...asked,
      nodes: await nodesToStart({ folder, state: found ?? asked, onProgress, startTimeoutMs }, asked),
    };
    return clusterOf(folder, await startAll({ folder, state, onProgress, startTimeoutMs }), false);
  });
}

/** The state of the folder's cluster; none when no node was ever up, for then there is nothing to keep. */
async function keptState(folder: string, onProgress: OnProgress): Promise<ClusterState | undefined> {
  const found = await readState(folder);
  if (found === undefined || found.nodes.some((node) => node.initialised)) return found;
  if (await allRunning(found)) return found;
  const names = found.nodes.map((node) => node.name);
  await stopNodes({ folder, state: found, onProgress, startTimeoutMs: 0 }, names, { keepData: false });
  for (const name of names) await rm(nodeFolderOf(folder, { name }), { recursive: true, force: true });
  return undefined;
}

/** The nodes of a cluster; without what they last ran in, where that is gone and they will run in something else. */
async function nodesToStart(work: Work, asked: ClusterState): Promise<ClusterState['nodes']> {
  if (work.state.launcher.kind === asked.launcher.kind) return asked.nodes;
  return (
    await stopNodes(
      work,
      asked.nodes.map(({ name }) => name),
    )
  ).state.nodes;
}

/** The cluster that a state describes. */
export function clusterOf(folder: string, state: ClusterState, reused: boolean): DevCluster {
  return {
    folder,
    version: state.launcher.version,
    localDataCenter: state.localDataCenter,
    contactPoints: state.nodes.map((node) => contactPointOf(state, node)),
    nodes: state.nodes.map((node) => ({
      name: node.name,
      address: node.address,
      port: state.nativePort,
      jmxPort: node.jmxPort,
      pid: node.process?.kind === 'process' ? node.process.pid : 0,
    })),
    reused,
  };
}

async function allRunning(state: ClusterState): Promise<boolean> {
  return (await Promise.all(state.nodes.map((node) => isNodeRunning(state, node)))).every(Boolean);
}

/**
 * Starts the nodes that do not run, one after another: nodes of a new ring that start together can each form a ring
 * of their own. A new single node whose port is taken while it starts moves to other ports.
 */
async function startAll(work: Work, attempt = 1): Promise<ClusterState> {
  let state = await writeState(work.folder, await withFreePorts(work));
  try {
    for (const { name } of state.nodes) {
      const node = state.nodes.find((candidate) => candidate.name === name);
      if (node === undefined) continue;
      if (await isNodeRunning(state, node)) {
        state = await waitUntilUp({ ...work, state }, name);
        continue;
      }
      if (node.process !== null) {
        const pid = node.process.kind === 'process' ? node.process.pid : null;
        work.onProgress({ kind: 'node-dead', node: name, pid });
      }
      state = await startNode({ ...work, state }, name);
    }
    await waitForRing({ ...work, state });
    return state;
  } catch (error) {
    const started = (await readState(work.folder)) ?? state;
    const isNew = started.nodes.every((node) => !node.initialised);
    if (!(error instanceof CqlformError && error.code === 'ADDRESS_IN_USE' && isNew && attempt < 4)) throw error;
    const names = started.nodes.map((node) => node.name);
    state = (await stopNodes({ ...work, state: started }, names, { keepData: false })).state;
    for (const name of names) await rm(nodeFolderOf(work.folder, { name }), { recursive: true, force: true });
    work.onProgress({ kind: 'ports-moved', reason: 'another server took a port meanwhile' });
    return startAll({ ...work, state: movedTo(state, await findPorts(state.nodes.length, 'any')) }, attempt + 1);
  }
}

/** The state with ports that are free. A single node may move; a ring knows its members by address and may not. */
async function withFreePorts(work: Work): Promise<ClusterState> {
  const { state } = work;
  const running = await Promise.all(state.nodes.map((node) => isNodeRunning(state, node)));
  const idle = state.nodes.filter((_, i) => running[i] !== true);
  const taken = await takenPorts(portsOf({ ...state, nodes: idle }));
  if (taken.length === 0) return state;
  if (state.nodes.length === 1) {
    work.onProgress({ kind: 'ports-moved', reason: `${taken.join(', ')} in use` });
    return movedTo(state, await findPorts(1, 'any'));
  }
  throw new CqlformError(
    'ADDRESS_IN_USE',
    `another server listens on ${taken.join(', ')}, where this cluster's nodes belong`,
    {
      next: 'End that server, or delete this cluster with its data (`cqlform dev down --purge`) and start a new one.',
      fields: { taken },
      retryable: true,
    },
  );
}

function movedTo(state: ClusterState, ports: Awaited<ReturnType<typeof findPorts>>): ClusterState {
  const nodes = state.nodes.map((node, i) => ({
    ...node,
    address: ports.addresses[i] ?? node.address,
    jmxPort: ports.jmx[i] ?? node.jmxPort,
  }));
  return { ...state, nativePort: ports.native, storagePort: ports.storage, nodes };
}
