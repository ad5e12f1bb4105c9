import { CqlformError } from '../kernel/errors.ts';
import { type Ran, run } from './processes.ts';
import type { Launcher } from './runtime.ts';
import { nodeFilesIn } from './settings.ts';
import { type ClusterState, type NodeProcess, type NodeState, nodeFolderOf, speedFlags } from './state.ts';

type DockerLauncher = Extract<Launcher, { readonly kind: 'docker' }>;

const inside = '/cqlform';

/** Starts the one node of a Docker cluster, its native port published on 127.0.0.1. */
export async function startContainer(folder: string, node: NodeState, state: ClusterState): Promise<NodeProcess> {
  const { docker, image } = dockerLauncherOf(state);
  const own = nodeFolderOf(folder, node);
  const name = `cqlform-${state.id}-${node.name}`;
  await run(docker, ['rm', '--force', name]);
  const files = nodeFilesIn(inside);
  const options = [
    `-Dcassandra.config=file://${files.config}`,
    `-Dcassandra-rackdc.properties=file://${files.rackdc}`,
    `-Dlogback.configurationFile=${files.logback}`,
    `-Dcassandra.storagedir=${files.data}`,
    `-Dcassandra.logdir=${files.logs}`,
    '-Dcassandra.ring_delay_ms=1 -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.superuser_setup_delay_ms=0',
    ...speedFlags(state),
  ].join(' ');
  const started = await run(docker, [
    ...['run', '--detach', '--name', name, '--volume', `${own}:${inside}`],
    // As this user: the data then belongs to whoever will delete it.
    ...(process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.()}`]),
    ...['--publish', `${node.address}:${state.nativePort}:${state.nativePort}`],
    ...['--env', `MAX_HEAP_SIZE=${state.heapMb}M`, '--env', 'HEAP_NEWSIZE=128M', '--env', `JVM_EXTRA_OPTS=${options}`],
    image,
  ]);
  const id = started.stdout.trim().split('\n').at(-1) ?? '';
  if (started.code === 0 && /^[0-9a-f]{64}$/.test(id)) return { kind: 'container', id };
  throw new CqlformError(
    'DOCKER_FAILED',
    `docker could not start ${image}: ${started.stderr.trim().split('\n').at(-1)}`,
    {
      next: `Run \`docker pull ${image}\` to see what is wrong, then run the command again.`,
      retryable: true,
      fields: { image },
    },
  );
}

export async function isContainerRunning(id: string, state: ClusterState): Promise<boolean> {
  const seen = await run(dockerLauncherOf(state).docker, ['inspect', '--format', '{{.State.Running}}', id]);
  return seen.code === 0 && seen.stdout.trim() === 'true';
}

/** Ends a container and removes it; its data stays in the node's folder. */
export async function endContainer(id: string, state: ClusterState, graceSeconds: number): Promise<void> {
  const { docker } = dockerLauncherOf(state);
  await run(docker, ['stop', '--time', String(graceSeconds), id]);
  await run(docker, ['rm', '--force', id]);
}

/** Stops (`pause`) or continues (`unpause`) everything that runs in a container. */
export async function pauseContainer(id: string, verb: 'pause' | 'unpause', state: ClusterState): Promise<boolean> {
  return (await run(dockerLauncherOf(state).docker, [verb, id])).code === 0;
}

export async function nodetoolContainer(id: string, args: readonly string[], state: ClusterState): Promise<Ran> {
  return run(dockerLauncherOf(state).docker, ['exec', id, 'nodetool', ...args]);
}

function dockerLauncherOf(state: ClusterState): DockerLauncher {
  if (state.launcher.kind === 'docker') return state.launcher;
  throw new TypeError(`a ${state.launcher.kind} cluster has no container`);
}
