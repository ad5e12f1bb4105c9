import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { probeNative } from './native-protocol.ts';
import { isNodeRunning } from './nodes.ts';
import { nodeFilesIn } from './settings.ts';
import { type ClusterState, logFileOf, type NodeState, nodeFolderOf, readState } from './state.ts';

/** `up`: takes clients. `not-answering`: the process is there but takes no clients (yet). `down`: no process. */
export type NodeHealth = 'up' | 'not-answering' | 'down';

export interface NodeStatus {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly health: NodeHealth;
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly uptimeSeconds: number | null;
  readonly dataBytes: number;
  readonly log: string;
}

export type DevStatus =
  | { readonly kind: 'absent'; readonly folder: string }
  | {
      readonly kind: 'present';
      readonly folder: string;
      readonly version: string;
      readonly localDataCenter: string;
      readonly nodes: readonly NodeStatus[];
    };

/** How the cluster of a folder is; `absent` when `devUp` has never been run there. Changes nothing. */
export async function devStatus(options: { readonly folder: string }): Promise<DevStatus> {
  const folder = resolve(options.folder);
  const state = await readState(folder);
  if (state === undefined) return { kind: 'absent', folder };
  const nodes = await Promise.all(state.nodes.map((node) => statusOf(folder, state, node)));
  return { kind: 'present', folder, version: state.launcher.version, localDataCenter: state.localDataCenter, nodes };
}

async function statusOf(folder: string, state: ClusterState, node: NodeState): Promise<NodeStatus> {
  const running = await isNodeRunning(state, node);
  const answer = running ? await probeNative(node.address, state.nativePort, { freshData: false }) : 'silent';
  const started = running ? node.startedAt : null;
  return {
    name: node.name,
    address: node.address,
    port: state.nativePort,
    health: running ? (answer === 'ready' ? 'up' : 'not-answering') : 'down',
    pid: running && node.process?.kind === 'process' ? node.process.pid : null,
    startedAt: started,
    uptimeSeconds: started === null ? null : Math.max(0, Math.round((Date.now() - Date.parse(started)) / 1000)),
    dataBytes: await bytesIn(nodeFilesIn(nodeFolderOf(folder, node)).data),
    log: logFileOf(folder, node),
  };
}

/** Bytes of all files below a folder; files that vanish meanwhile count nothing. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await bytesIn(path) : ((await stat(path).catch(() => undefined))?.size ?? 0);
  }
  return bytes;
}
