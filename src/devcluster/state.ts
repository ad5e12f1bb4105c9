import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import type { ClusterPorts } from './ports.ts';
import type { ProcessRecord } from './processes.ts';
import type { Launcher } from './runtime.ts';

/** What a node runs in, once started. */
export type NodeProcess =
  | ({ readonly kind: 'process' } & ProcessRecord)
  | { readonly kind: 'container'; readonly id: string };

export interface NodeState {
  /** `node1`, `node2`, …: also the name of its folder. */
  readonly name: string;
  readonly address: string;
  readonly jmxPort: number;
  /** The one token that the node owns, so that the ring is even. */
  readonly token: string;
  readonly process: NodeProcess | null;
  /** ISO time of the last start. */
  readonly startedAt: string | null;
  /** True once the node has been up: its data is worth keeping. */
  readonly initialised: boolean;
}

export type SettingValue = string | number | boolean | { readonly [name: string]: SettingValue };

/**
 * `quick` takes half the processor time for a node that lives for minutes, as those of tests do; `thorough` is faster
 * once a node has been busy for some minutes.
 */
export type JitCompiler = 'quick' | 'thorough';

/**
 * Whether each schema change is flushed to disk before it is answered, or only stands in the commit log, four times as
 * fast: a node that is killed may then come back without the last ones. For the nodes of tests.
 */
export type SchemaDurability = 'flushed' | 'logged';

/** What `cluster.json` holds. */
export interface ClusterState {
  readonly format: 1;
  /** Marks this cluster's processes: it stands in their command lines. */
  readonly id: string;
  readonly launcher: Launcher;
  readonly localDataCenter: string;
  readonly nativePort: number;
  readonly storagePort: number;
  readonly heapMb: number;
  /** cassandra.yaml settings over the defaults. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** Absent in clusters that were made before it was recorded: `thorough`. */
  readonly compiler?: JitCompiler;
  /** Absent: `flushed`. */
  readonly schemaChanges?: SchemaDurability;
  readonly startedBy: ProcessRecord;
  readonly nodes: readonly NodeState[];
}

/** The JVM's flags that the cluster's choice between speed and strength asks for. */
export const speedFlags = (state: ClusterState): readonly string[] => [
  ...(state.compiler === 'quick' ? ['-XX:TieredStopAtLevel=1'] : []),
  ...(state.schemaChanges === 'logged' ? ['-Dcassandra.test.flush_local_schema_changes=false'] : []),
];

export const stateFileOf = (folder: string): string => join(folder, 'cluster.json');
export const lockFileOf = (folder: string): string => `${folder}.lock`;
export const nodeFolderOf = (folder: string, node: { readonly name: string }): string => join(folder, node.name);
export const logFileOf = (folder: string, node: { readonly name: string }): string =>
  join(nodeFolderOf(folder, node), 'logs', 'system.log');

/** The text in the command line that tells a node's process from any other. */
export function markerOf(state: ClusterState, node: { readonly name: string }): string {
  return `-Dcqlform.node=${state.id}/${node.name}`;
}

export function portsOf(state: ClusterState): ClusterPorts {
  return {
    native: state.nativePort,
    storage: state.storagePort,
    addresses: state.nodes.map((node) => node.address),
    jmx: state.nodes.map((node) => node.jmxPort),
  };
}

/** The state of the cluster in a folder; undefined when there is none. Throws DEV_STATE_DAMAGED. */
export async function readState(folder: string): Promise<ClusterState | undefined> {
  const path = stateFileOf(folder);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw damaged(path, reasonOf(error));
  }
  try {
    const state = JSON.parse(text) as ClusterState;
    if (state.format === 1 && typeof state.id === 'string' && Array.isArray(state.nodes)) return state;
  } catch (error) {
    throw damaged(path, reasonOf(error));
  }
  throw damaged(path, 'it is not in a format this version knows');
}

/** Writes the state so that a reader sees the old or the new one, never half. */
export async function writeState(folder: string, state: ClusterState): Promise<ClusterState> {
  await mkdir(folder, { recursive: true });
  const draft = `${stateFileOf(folder)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(state, null, 2)}\n`);
  await rename(draft, stateFileOf(folder));
  return state;
}

/** The state with one node changed. */
export function withNode(state: ClusterState, name: string, change: Partial<NodeState>): ClusterState {
  return { ...state, nodes: state.nodes.map((node) => (node.name === name ? { ...node, ...change } : node)) };
}

function damaged(path: string, reason: string): CqlformError {
  return new CqlformError('DEV_STATE_DAMAGED', `${path} cannot be read: ${reason}`, {
    next: 'End the Cassandra processes it was about by hand, delete its folder, then run the command again.',
    where: { path },
  });
}
