import { setTimeout as sleep } from 'node:timers/promises';
import type { CqlformError } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import {
  endContainer,
  isContainerRunning,
  nodetoolContainer,
  pauseContainer,
  saveContainerOutput,
  startContainer,
} from './docker.ts';
import type { OnProgress } from './events.ts';
import { startFailure } from './failures.ts';
import { afterCleanExit, graceOf, nodetoolJvm, startJvm } from './jvm.ts';
import { probeNative } from './native-protocol.ts';
import { endProcess, isRunning, type Ran, signalProcess } from './processes.ts';
import { writeNodeFiles } from './settings.ts';
import {
  type ClusterState,
  logFileOf,
  markerOf,
  type NodeProcess,
  type NodeState,
  nodeFolderOf,
  withNode,
  writeState,
} from './state.ts';

/** A cluster that is being worked on: where it is, what is known, and who listens. */
export interface Work {
  readonly folder: string;
  readonly state: ClusterState;
  readonly onProgress: OnProgress;
  readonly startTimeoutMs: number;
}

export const contactPointOf = (state: ClusterState, node: NodeState): string => `${node.address}:${state.nativePort}`;

/** True when what the state says this node runs in is really there. */
export function isNodeRunning(state: ClusterState, node: NodeState): Promise<boolean> {
  if (node.process === null) return Promise.resolve(false);
  return match<NodeProcess, Promise<boolean>>(node.process, {
    process: (record) => isRunning(record, markerOf(state, node)),
    container: ({ id }) => isContainerRunning(id, state),
  });
}

/** Starts a node that does not run, records its process at once, and waits until it takes clients. */
export async function startNode(work: Work, name: string): Promise<ClusterState> {
  const { folder, onProgress } = work;
  const node = nodeNamed(work.state, name);
  const began = Date.now();
  await writeNodeFiles(nodeFolderOf(folder, node), node, work.state);
  const contactPoint = contactPointOf(work.state, node);
  onProgress({ kind: 'node-starting', node: name, contactPoint, log: logFileOf(folder, node) });
  const started =
    work.state.launcher.kind === 'jvm'
      ? (await startJvm(folder, node, work.state)).process
      : await startContainer(folder, node, work.state);
  const change = { process: started, startedAt: new Date(began).toISOString() };
  let state = await writeState(folder, withNode(work.state, name, change));
  try {
    state = await waitUntilUp({ ...work, state }, name);
  } catch (error) {
    await stopNodes({ ...work, state }, [name]);
    throw error;
  }
  onProgress({ kind: 'node-ready', node: name, contactPoint, milliseconds: Date.now() - began });
  return state;
}

/**
 * Waits until a started node takes clients and records that it has been up. Throws, with what its log says, when it
 * ends first or takes too long.
 */
export async function waitUntilUp(work: Work, name: string): Promise<ClusterState> {
  const node = nodeNamed(work.state, name);
  const deadline = Date.now() + work.startTimeoutMs;
  for (;;) {
    const answer = await probeNative(node.address, work.state.nativePort, { freshData: !node.initialised });
    // Asked in this order, another server on the same port is not taken for this one.
    if (!(await isNodeRunning(work.state, node))) throw await failure(work, node, 'ended while starting');
    if (answer === 'ready') return recordUp(work, node);
    if (Date.now() >= deadline) {
      throw await failure(work, node, `took no clients within ${work.startTimeoutMs / 1000} s`);
    }
    await sleep(100);
  }
}

async function failure(work: Work, node: NodeState, what: string): Promise<CqlformError> {
  await saveContainerOutput(work.folder, node, work.state);
  return startFailure(work.folder, node, what);
}

async function recordUp({ folder, state }: Work, node: NodeState): Promise<ClusterState> {
  return node.initialised ? state : writeState(folder, withNode(state, node.name, { initialised: true }));
}

/**
 * Ends the named nodes that run, all at once, waits for their exit and records that. Tells which ones ran. With
 * `keepData: false` they are not given time to write anything.
 */
export async function stopNodes(
  work: Work,
  names: readonly string[],
  options: { readonly keepData: boolean } = { keepData: true },
): Promise<{ readonly state: ClusterState; readonly stopped: readonly string[] }> {
  const stopped = await Promise.all(names.map((name) => stopIfRunning(work, nodeNamed(work.state, name), options)));
  const state = names.reduce((all, name) => withNode(all, name, { process: null, startedAt: null }), work.state);
  await writeState(work.folder, state);
  return { state, stopped: names.filter((_, i) => stopped[i]) };
}

async function stopIfRunning(work: Work, node: NodeState, options: { readonly keepData: boolean }): Promise<boolean> {
  const { state, onProgress } = work;
  if (node.process === null) return false;
  if (!(await isNodeRunning(state, node))) {
    // A container that is over is still there.
    if (node.process.kind === 'container') await endContainer(node.process.id, state, 0);
    return false;
  }
  onProgress({ kind: 'node-stopping', node: node.name, pid: node.process.kind === 'process' ? node.process.pid : 0 });
  const forced = await match<NodeProcess, Promise<boolean>>(node.process, {
    process: async (record) => {
      const how = await endProcess(record, markerOf(state, node), await graceOf(state, options));
      if (how === 'ended') await afterCleanExit(state);
      return how === 'killed';
    },
    container: async ({ id }) => {
      await endContainer(id, state, options.keepData ? 20 : 0);
      return false;
    },
  });
  onProgress({ kind: 'node-stopped', node: node.name, forced });
  return true;
}

/** Stops or continues a node's process without ending it: to its peers and clients it hangs. */
export function pauseNodeProcess(state: ClusterState, node: NodeState, verb: 'pause' | 'resume'): Promise<boolean> {
  if (node.process === null) return Promise.resolve(false);
  return match<NodeProcess, Promise<boolean>>(node.process, {
    process: (record) => signalProcess(record, markerOf(state, node), verb === 'pause' ? 'SIGSTOP' : 'SIGCONT'),
    container: ({ id }) => pauseContainer(id, verb === 'pause' ? 'pause' : 'unpause', state),
  });
}

/** Runs NodeTool against a node. */
export function runNodetool(work: Work, node: NodeState, args: readonly string[]): Promise<Ran> {
  if (node.process?.kind === 'container') return nodetoolContainer(node.process.id, args, work.state);
  return nodetoolJvm(work.folder, node, args, work.state);
}

/** Waits until every node sees every node up and normal. */
export async function waitForRing(work: Work): Promise<void> {
  const { state } = work;
  const expected = state.nodes.length;
  if (expected === 1) return;
  const deadline = Date.now() + work.startTimeoutMs;
  for (const node of state.nodes) {
    for (;;) {
      const { stdout } = await runNodetool(work, node, ['status']);
      const seen = stdout.split('\n').filter((line) => line.startsWith('UN ')).length;
      if (seen >= expected) break;
      work.onProgress({ kind: 'ring-waiting', seen, expected });
      if (Date.now() >= deadline) throw await startFailure(work.folder, node, `sees ${seen} of ${expected} nodes up`);
      await sleep(250);
    }
  }
}

export function nodeNamed(state: ClusterState, name: string): NodeState {
  const node = state.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new RangeError(`no node named ${name}`);
  return node;
}
