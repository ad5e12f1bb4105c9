import { rename, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { CqlformError } from '../kernel/errors.ts';
import { containerUser, engineSilent, isEngineSilent, reasonIn } from './docker-engine.ts';
import { type Ran, run } from './processes.ts';
import type { Launcher } from './runtime.ts';
import { type NodeFiles, nodeFilesIn, serverProperties } from './settings.ts';
import { type ClusterState, type NodeProcess, type NodeState, nodeFolderOf, speedFlags } from './state.ts';

type DockerLauncher = Extract<Launcher, { readonly kind: 'docker' }>;

/** Where a container sees the node's folder, and its data: the image has a volume there, which this takes the place of. */
const inside = '/cqlform';
const dataInside = '/var/lib/cassandra';

/** Starts the one node of a Docker cluster, its native port published on its loopback address. */
export async function startContainer(folder: string, node: NodeState, state: ClusterState): Promise<NodeProcess> {
  const { docker, image } = dockerLauncherOf(state);
  const name = containerNameOf(state, node);
  const own = nodeFolderOf(folder, node);
  const { logs } = nodeFilesIn(own);
  for (const log of ['system', 'output']) {
    await rename(join(logs, `${log}.log`), join(logs, `${log}.previous.log`)).catch(() => undefined);
  }
  await remove(docker, name);
  const started = await run(docker, await containerArguments(own, node, state));
  const id = started.stdout.trim().split('\n').at(-1) ?? '';
  if (started.code === 0 && /^[0-9a-f]{64}$/.test(id)) return { kind: 'container', id };
  await remove(docker, name);
  if (isEngineSilent(started)) throw engineSilent(reasonIn(started), `${node.name} cannot be started`);
  const reason = reasonIn(started);
  const what = `docker could not start ${image}: ${reason}`;
  const details = { retryable: true, fields: { image } };
  if (/port is already allocated|address already in use|ports are not available/i.test(reason)) {
    throw new CqlformError('ADDRESS_IN_USE', what, {
      next: 'End the other server on that port, then run the command again.',
      ...details,
    });
  }
  throw new CqlformError('DOCKER_FAILED', what, {
    next: 'Mend what Docker names (`docker info` shows its state), then run the command again.',
    ...details,
  });
}

/**
 * The image's own start-up script is passed over: as root it would hand the server to another user, who cannot write
 * here, and what it edits is not read. `-D` arguments come after the properties that the server's script sets.
 */
async function containerArguments(own: string, node: NodeState, state: ClusterState): Promise<readonly string[]> {
  const { docker, image } = dockerLauncherOf(state);
  const files: NodeFiles = {
    config: posix.join(inside, 'cassandra.yaml'),
    rackdc: posix.join(inside, 'cassandra-rackdc.properties'),
    logback: posix.join(inside, 'logback.xml'),
    data: dataInside,
    logs: posix.join(inside, 'logs'),
  };
  // Memory is taken as it is needed: this is somebody's own machine.
  const flags = ['-Xms256M', '-XX:-AlwaysPreTouch', ...speedFlags(state)].join(' ');
  return [
    ...['run', '--detach', '--name', containerNameOf(state, node), '--entrypoint', 'cassandra'],
    ...mount(own, inside),
    ...mount(nodeFilesIn(own).data, dataInside),
    // Without this, SELinux keeps a container from files outside its own.
    ...['--security-opt', 'label=disable'],
    ...(await containerUser(docker)),
    ...['--publish', `${node.address}:${state.nativePort}:${state.nativePort}`],
    ...['--env', `MAX_HEAP_SIZE=${state.heapMb}M`, '--env', 'HEAP_NEWSIZE=128M', '--env', `JVM_EXTRA_OPTS=${flags}`],
    ...[image, '-f', '-R'],
    ...serverProperties(files, { ringDelayMs: 1 }).flatMap((property) => ['-D', property]),
  ];
}

/** A bind mount; its fields are CSV, so that a folder's name may hold any character. */
function mount(source: string, target: string): readonly string[] {
  return ['--mount', `type=bind,"source=${source.replaceAll('"', '""')}",target=${target}`];
}

/** A paused one runs, too. False only when Docker says so. Throws DOCKER_UNREACHABLE when it does not answer. */
export async function isContainerRunning(id: string, state: ClusterState): Promise<boolean> {
  const seen = await run(dockerLauncherOf(state).docker, ['inspect', '--format', '{{.State.Status}}', id]);
  if (seen.code === 127 || isEngineSilent(seen)) {
    throw engineSilent(reasonIn(seen), 'the development cluster was started in a container');
  }
  return seen.code === 0 && ['running', 'paused'].includes(seen.stdout.trim());
}

/** Ends a container that may be paused or over already, and removes it; its data stays in the node's folder. */
export async function endContainer(id: string, state: ClusterState, graceSeconds: number): Promise<void> {
  const { docker } = dockerLauncherOf(state);
  await run(docker, ['unpause', id]);
  await run(docker, ['stop', '-t', String(graceSeconds), id]);
  await remove(docker, id);
}

/** Keeps what a container printed as the node's `output.log`: why a server did not start may stand only there. */
export async function saveContainerOutput(folder: string, node: NodeState, state: ClusterState): Promise<void> {
  if (node.process?.kind !== 'container') return;
  const said = await run(dockerLauncherOf(state).docker, ['logs', '--tail', '1000', node.process.id]);
  const path = join(nodeFilesIn(nodeFolderOf(folder, node)).logs, 'output.log');
  if (said.code === 0) await writeFile(path, `${said.stdout}${said.stderr}`);
}

/** Stops (`pause`) or continues (`unpause`) everything that runs in a container. */
export async function pauseContainer(id: string, verb: 'pause' | 'unpause', state: ClusterState): Promise<boolean> {
  return (await run(dockerLauncherOf(state).docker, [verb, id])).code === 0;
}

export async function nodetoolContainer(id: string, args: readonly string[], state: ClusterState): Promise<Ran> {
  return run(dockerLauncherOf(state).docker, ['exec', id, 'nodetool', ...args]);
}

async function remove(docker: string, container: string): Promise<void> {
  await run(docker, ['rm', '--force', '--volumes', container]);
}

const containerNameOf = (state: ClusterState, node: NodeState): string => `cqlform-${state.id}-${node.name}`;

function dockerLauncherOf(state: ClusterState): DockerLauncher {
  if (state.launcher.kind === 'docker') return state.launcher;
  throw new TypeError(`a ${state.launcher.kind} cluster has no container`);
}
