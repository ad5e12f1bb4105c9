import { type ChildProcess, spawn } from 'node:child_process';
import { open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CqlformError } from '../kernel/errors.ts';
import { classArchiveFlags, keepClassArchive, wantsClassArchive } from './class-archive.ts';
import { type Ran, run, startMarkOf } from './processes.ts';
import type { Launcher } from './runtime.ts';
import { nodeFilesIn, serverProperties } from './settings.ts';
import { type ClusterState, markerOf, type NodeProcess, type NodeState, nodeFolderOf, speedFlags } from './state.ts';

type JvmLauncher = Extract<Launcher, { readonly kind: 'jvm' }>;

/** The packages that Cassandra reaches into, as in its own server options for Java 11 and 17. */
const openPackages: Readonly<Record<string, readonly string[]>> = {
  'java.base': [
    'jdk.internal.misc',
    'jdk.internal.ref',
    'jdk.internal.reflect',
    'jdk.internal.math',
    'jdk.internal.module',
    'jdk.internal.util.jar',
    'jdk.internal.loader',
    'sun.nio.ch',
    'java.io',
    'java.nio',
    'java.util',
    'java.lang',
    'java.lang.ref',
    'java.lang.module',
    'java.lang.reflect',
    'java.util.concurrent',
    'java.util.concurrent.atomic',
  ],
  'java.rmi': ['sun.rmi.registry', 'sun.rmi.server', 'sun.rmi.transport.tcp'],
  'java.management.rmi': ['com.sun.jmx.remote.internal.rmi'],
  'java.sql': ['java.sql'],
  'jdk.management': ['com.sun.management.internal'],
  'jdk.compiler': ['com.sun.tools.javac.file'],
};

const openings: readonly string[] = Object.entries(openPackages).flatMap(([module, packages]) =>
  packages.flatMap((name) => [
    `--add-exports=${module}/${name}=ALL-UNNAMED`,
    `--add-opens=${module}/${name}=ALL-UNNAMED`,
  ]),
);

/** A node's process as it was started: its record, and when it ends. */
export interface StartedJvm {
  readonly process: NodeProcess;
  readonly child: ChildProcess;
}

/** Starts a node's server process, detached from this one; its output goes to `logs/output.log` of its folder. */
export async function startJvm(folder: string, node: NodeState, state: ClusterState): Promise<StartedJvm> {
  const launcher = jvmLauncherOf(state);
  const own = nodeFolderOf(folder, node);
  const { logs } = nodeFilesIn(own);
  for (const name of ['system', 'output']) {
    await rename(join(logs, `${name}.log`), join(logs, `${name}.previous.log`)).catch(() => undefined);
  }
  const output = await open(join(logs, 'output.log'), 'w');
  try {
    const child = spawn(launcher.java, await serverArguments(own, node, state), {
      cwd: own,
      detached: true,
      // In a locale without UTF-8 the server cannot open files in folders whose names are not ASCII.
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', output.fd, output.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { process: { kind: 'process', pid, startMark: (await startMarkOf(pid)) ?? 'ended' }, child };
  } finally {
    await output.close();
  }
}

async function serverArguments(own: string, node: NodeState, state: ClusterState): Promise<readonly string[]> {
  const launcher = jvmLauncherOf(state);
  const files = nodeFilesIn(own);
  const heap = state.heapMb;
  return [
    `-javaagent:${await jammIn(launcher.jars)}`,
    ...(await archiveFlags(node, state)),
    ...openings,
    '-Djdk.attach.allowAttachSelf=true',
    '-XX:+UseSerialGC',
    ...speedFlags(state),
    `-Xms${Math.min(heap, 256)}m`,
    `-Xmx${heap}m`,
    '-Xss512k',
    '-XX:+PerfDisableSharedMem',
    '-XX:+ExitOnOutOfMemoryError',
    '-Dfile.encoding=UTF-8',
    '-Djava.net.preferIPv4Stack=true',
    '-Dio.netty.tryReflectionSetAccessible=true',
    '-Dcassandra-foreground=yes',
    `-Dcassandra.jmx.local.port=${node.jmxPort}`,
    ...serverProperties(files, { ringDelayMs: ringDelayOf(node, state) }).map((property) => `-D${property}`),
    markerOf(state, node),
    '-cp',
    join(launcher.jars, '*'),
    'org.apache.cassandra.service.CassandraDaemon',
  ];
}

/**
 * The seed has nobody to wait for. The others give up joining when the seed has not answered within twice this time,
 * and on a busy machine it takes its seconds; a seed that answers at once costs them nothing.
 */
function ringDelayOf(node: NodeState, state: ClusterState): number {
  return node.name === state.nodes[0]?.name ? 1 : 15_000;
}

/** The first node makes the archive for all. */
async function archiveFlags(node: NodeState, state: ClusterState): Promise<readonly string[]> {
  const { classArchive } = jvmLauncherOf(state);
  if (node.name !== state.nodes[0]?.name && (await wantsClassArchive(classArchive))) return [];
  return classArchiveFlags(classArchive, draftOf(state));
}

const draftOf = (state: ClusterState): string => `${jvmLauncherOf(state).classArchive}.${state.id}`;

/** Milliseconds that a JVM node gets between SIGTERM and SIGKILL; writing a class archive takes some. When its data is to go anyway, nothing needs a clean exit. */
export async function graceOf(state: ClusterState, options: { readonly keepData: boolean }): Promise<number> {
  if (await wantsClassArchive(jvmLauncherOf(state).classArchive)) return 60_000;
  return options.keepData ? 20_000 : 0;
}

/** What is to be done after a node's clean exit. */
export function afterCleanExit(state: ClusterState): Promise<void> {
  return keepClassArchive(jvmLauncherOf(state).classArchive, draftOf(state));
}

/** Runs Cassandra's NodeTool against a node over its loopback management port. */
export async function nodetoolJvm(
  folder: string,
  node: NodeState,
  args: readonly string[],
  state: ClusterState,
): Promise<Ran> {
  const launcher = jvmLauncherOf(state);
  const own = nodeFolderOf(folder, node);
  return run(
    launcher.java,
    [
      ...openings,
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Xmx128m',
      `-Duser.home=${own}`,
      `-Dcassandra.storagedir=${nodeFilesIn(own).data}`,
      `-Dlogback.configurationFile=${nodeFilesIn(own).logback}`,
      `-Dcassandra.logdir=${join(own, 'logs', 'nodetool')}`,
      '-cp',
      join(launcher.jars, '*'),
      'org.apache.cassandra.tools.NodeTool',
      '-h',
      '127.0.0.1',
      '-p',
      String(node.jmxPort),
      ...args,
    ],
    { cwd: own, timeoutMs: 120_000 },
  );
}

function jvmLauncherOf(state: ClusterState): JvmLauncher {
  if (state.launcher.kind === 'jvm') return state.launcher;
  throw new TypeError(`a ${state.launcher.kind} cluster has no JVM of its own`);
}

async function jammIn(jars: string): Promise<string> {
  const jamm = (await readdir(jars)).find((file) => /^jamm-.*\.jar$/.test(file));
  if (jamm !== undefined) return join(jars, jamm);
  throw new CqlformError(
    'CASSANDRA_HOME_INVALID',
    `${jars} holds no jamm-<version>.jar, which Cassandra needs to run`,
    {
      next: 'Unpack Apache Cassandra again, or unset CASSANDRA_HOME.',
      fields: { folder: jars },
    },
  );
}
