import { type DownResult, devDown } from '../devcluster/down.ts';
import type { OnProgress } from '../devcluster/events.ts';
import { type DevStatus, devStatus } from '../devcluster/status.ts';
import { type DevCluster, devUp } from '../devcluster/up.ts';
import { type Overrides, openProject } from './config.ts';
import { devFolder } from './dev-folder.ts';
import type { Project } from './project.ts';

/** The folder of the development cluster: the project's, or the current folder's where there is no project yet. */
async function folderOf(overrides: Overrides): Promise<string> {
  return devFolder((await projectOf(overrides)).stateFolder);
}

function projectOf(overrides: Overrides): Promise<Project> {
  return openProject({ ...overrides, keyspace: overrides.keyspace ?? 'any' });
}

export interface DevUpOptions {
  readonly nodes: 1 | 3;
  /** Cassandra version; that of the cluster that is there, else 5.0.8. */
  readonly version?: string;
  readonly onProgress: OnProgress;
}

/** `configured`: there is a project to go on with. */
export async function startDev(
  overrides: Overrides,
  options: DevUpOptions,
): Promise<{ readonly cluster: DevCluster; readonly configured: boolean }> {
  const { stateFolder, configFile } = await projectOf(overrides);
  return { cluster: await devUp({ folder: devFolder(stateFolder), ...options }), configured: configFile !== null };
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
