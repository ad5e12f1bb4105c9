import { type DownResult, devDown } from '../devcluster/down.ts';
import type { OnProgress } from '../devcluster/events.ts';
import { type DevStatus, devStatus } from '../devcluster/status.ts';
import { type DevCluster, devUp } from '../devcluster/up.ts';
import { type Overrides, openProject } from './config.ts';
import { devFolder } from './dev-folder.ts';

/** The folder of the development cluster: the project's, or the current folder's where there is no project yet. */
async function folderOf(overrides: Overrides): Promise<string> {
  const project = await openProject({ ...overrides, keyspace: overrides.keyspace ?? 'any' });
  return devFolder(project.stateFolder);
}

export interface DevUpOptions {
  readonly nodes: 1 | 3;
  /** Cassandra version; that of the cluster that is there, else 5.0.8. */
  readonly version?: string;
  readonly onProgress: OnProgress;
}

export async function startDev(overrides: Overrides, options: DevUpOptions): Promise<DevCluster> {
  return devUp({ folder: await folderOf(overrides), ...options });
}

export async function stopDev(
  overrides: Overrides,
  options: { readonly purge: boolean; readonly onProgress: OnProgress },
): Promise<DownResult> {
  return devDown({ folder: await folderOf(overrides), ...options });
}

export async function statusOfDev(overrides: Overrides): Promise<DevStatus> {
  return devStatus({ folder: await folderOf(overrides) });
}
