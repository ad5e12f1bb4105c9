import { resolve } from 'node:path';
import { CqlformError } from '../kernel/errors.ts';
import { type OnProgress, silent } from './events.ts';
import { withLock } from './lock.ts';
import { pauseNodeProcess, runNodetool, startNode, stopNodes, type Work, waitForRing, waitUntilUp } from './nodes.ts';
import { lockFileOf, type NodeState, readState } from './state.ts';
import { clusterOf, type DevCluster } from './up.ts';

/** One node of the cluster in a folder. */
export interface NodeTarget {
  readonly folder: string;
  /** `node1` unless said otherwise. */
  readonly node?: string;
  readonly onProgress?: OnProgress;
}

/** Ends one node and starts it again with its data; returns once all nodes see all others up. */
export function restartNode(target: NodeTarget): Promise<DevCluster> {
  return onNode(target, async (work, node) => {
    const { state } = await stopNodes(work, [node.name]);
    return settled({ ...work, state: await startNode({ ...work, state }, node.name) });
  });
}

/** Ends one node and leaves it down. */
export function stopOneNode(target: NodeTarget): Promise<DevCluster> {
  return onNode(target, async (work, node) => {
    const { state } = await stopNodes(work, [node.name]);
    return clusterOf(work.folder, state, false);
  });
}

/** Makes one node hang: it keeps its connections but answers nobody. `resumeNode` lets it go on. */
export function pauseNode(target: NodeTarget): Promise<void> {
  return onNode(target, async (work, node) => {
    if (!(await pauseNodeProcess(work.state, node, 'pause'))) throw notRunning(node);
  });
}

/** Lets a paused node go on; returns once it takes clients. */
export function resumeNode(target: NodeTarget): Promise<void> {
  return onNode(target, async (work, node) => {
    if (!(await pauseNodeProcess(work.state, node, 'resume'))) throw notRunning(node);
    await waitUntilUp(work, node.name);
  });
}

/** Runs NodeTool against one node and returns what it printed. Throws NODETOOL_FAILED with its reason. */
export async function nodetool(target: NodeTarget, args: readonly string[]): Promise<string> {
  const { work, node } = await find(target);
  const ran = await runNodetool(work, node, args);
  if (ran.code === 0) return ran.stdout;
  const reason = `${ran.stderr}\n${ran.stdout}`
    .trim()
    .split('\n')
    .find((line) => /error|nodetool:/i.test(line));
  throw new CqlformError(
    'NODETOOL_FAILED',
    `nodetool ${args.join(' ')} on ${node.name}: ${reason ?? `exit code ${ran.code}`}`,
    {
      next: 'See with `cqlform dev status` whether the node is up.',
      fields: { node: node.name, exitCode: ran.code },
    },
  );
}

/** Writes a table's (or a keyspace's) memtables to SSTables. */
export async function flushNode(target: NodeTarget, keyspace: string, ...tables: readonly string[]): Promise<void> {
  await nodetool(target, ['flush', '--', keyspace, ...tables]);
}

async function settled(work: Work): Promise<DevCluster> {
  const allStarted = work.state.nodes.every((node) => node.process !== null);
  if (allStarted) await waitForRing(work);
  return clusterOf(work.folder, work.state, false);
}

function onNode<R>(target: NodeTarget, work: (work: Work, node: NodeState) => Promise<R>): Promise<R> {
  return withLock(lockFileOf(resolve(target.folder)), { waitMs: 5 * 60_000 }, async () => {
    const found = await find(target);
    return work(found.work, found.node);
  });
}

async function find(target: NodeTarget): Promise<{ readonly work: Work; readonly node: NodeState }> {
  const folder = resolve(target.folder);
  const state = await readState(folder);
  if (state === undefined) {
    throw new CqlformError('DEV_CLUSTER_MISSING', `no development cluster in ${folder}`, {
      next: 'Start one with `cqlform dev up`.',
    });
  }
  const name = target.node ?? 'node1';
  const node = state.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) {
    const names = state.nodes.map((candidate) => candidate.name);
    throw new CqlformError('DEV_NODE_UNKNOWN', `no node ${name}; there are ${names.join(', ')}`, {
      next: `Name one of ${names.join(', ')}.`,
    });
  }
  return { work: { folder, state, onProgress: target.onProgress ?? silent, startTimeoutMs: 120_000 }, node };
}

function notRunning(node: NodeState): CqlformError {
  return new CqlformError('DEV_NODE_DOWN', `${node.name} (${node.address}) does not run`, {
    next: 'Start it with `cqlform dev up`.',
  });
}
