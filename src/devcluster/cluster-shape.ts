import { randomUUID } from 'node:crypto';
import { CqlformError } from '../kernel/errors.ts';
import { type OnProgress, silent } from './events.ts';
import { findPorts, type PortChoice } from './ports.ts';
import { type Environment, thisProcess } from './processes.ts';
import { describeRuntime, prepareLauncher, resolveRuntime } from './runtime.ts';
import type { ClusterState, JitCompiler, SchemaDurability, SettingValue } from './state.ts';

export interface UpOptions {
  /** Where the cluster lives: its state, configuration, logs and data. */
  readonly folder: string;
  /** 1 unless said otherwise; 3 for a ring on three loopback addresses. */
  readonly nodes?: 1 | 3;
  /** Cassandra version; 5.0.8 unless said otherwise. */
  readonly version?: string;
  /** Heap of each node in MiB: 1024 for one node, 512 for each of three. */
  readonly heapMb?: number;
  /** How the JVM compiles; `thorough` unless said otherwise. */
  readonly compiler?: JitCompiler;
  /** `flushed` unless said otherwise. */
  readonly schemaChanges?: SchemaDurability;
  /** A `java` program to run it with. */
  readonly java?: string;
  /** cassandra.yaml settings over the defaults, such as `{ authenticator: 'PasswordAuthenticator' }`. */
  readonly settings?: Readonly<Record<string, SettingValue>>;
  /** `standard` (127.0.0.1:9042 first) unless said otherwise. */
  readonly ports?: PortChoice;
  readonly env?: Environment;
  readonly onProgress?: OnProgress;
  /** How long one node may take to start; 120 s unless said otherwise. */
  readonly startTimeoutMs?: number;
}

/** The state to start from: a new cluster's, or the one that was found, with the launcher that the machine has now. */
export async function stateToStart(found: ClusterState | undefined, options: UpOptions): Promise<ClusterState> {
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? silent;
  const version = options.version ?? found?.launcher.version;
  const runtime = await resolveRuntime({
    env,
    ...(version === undefined ? {} : { version }),
    ...(options.java === undefined ? {} : { java: options.java }),
  });
  onProgress({ kind: 'runtime-found', description: describeRuntime(runtime) });
  const count = found?.nodes.length ?? options.nodes ?? 1;
  if (runtime.kind === 'docker' && count > 1) {
    throw new CqlformError(
      'CLUSTER_NEEDS_JAVA',
      `${count} nodes cannot be started in Docker, whose addresses the host cannot always reach`,
      {
        next: 'Install Java 17 and Maven, or start one node.',
      },
    );
  }
  const launcher = await prepareLauncher(runtime, env, onProgress);
  if (found !== undefined) {
    const { heapMb = found.heapMb, settings = found.settings, compiler = found.compiler ?? 'thorough' } = options;
    const schemaChanges = options.schemaChanges ?? found.schemaChanges ?? 'flushed';
    return { ...found, launcher, heapMb, settings, compiler, schemaChanges, startedBy: await thisProcess() };
  }

  const ports = await findPorts(count, options.ports ?? 'standard');
  return {
    format: 1,
    id: randomUUID().slice(0, 8),
    launcher,
    localDataCenter: 'datacenter1',
    nativePort: ports.native,
    storagePort: ports.storage,
    heapMb: options.heapMb ?? (count === 1 ? 1024 : 512),
    settings: options.settings ?? {},
    compiler: options.compiler ?? 'thorough',
    schemaChanges: options.schemaChanges ?? 'flushed',
    startedBy: await thisProcess(),
    nodes: ports.addresses.map((address, i) => ({
      name: `node${i + 1}`,
      address,
      jmxPort: ports.jmx[i] ?? 0,
      token: evenToken(i, count),
      process: null,
      startedAt: null,
      initialised: false,
    })),
  };
}

/** Refuses options that ask for another cluster than the one in the folder. */
export function requireSame(found: ClusterState, options: UpOptions): void {
  const differences: string[] = [];
  if (options.nodes !== undefined && options.nodes !== found.nodes.length) {
    differences.push(`it has ${found.nodes.length} nodes, not ${options.nodes}`);
  }
  if (options.version !== undefined && options.version !== found.launcher.version) {
    differences.push(`it is Cassandra ${found.launcher.version}, not ${options.version}`);
  }
  if (differences.length === 0) return;
  throw new CqlformError(
    'DEV_CLUSTER_DIFFERS',
    `another development cluster is in this folder: ${differences.join('; ')}`,
    {
      next: 'Ask for the same again, or delete it first with `cqlform dev down --purge`.',
      fields: { nodes: found.nodes.length, version: found.launcher.version },
    },
  );
}

/** The token of node `i` of `count` that makes their shares of the Murmur3 ring equal. */
function evenToken(i: number, count: number): string {
  return String(-(2n ** 63n) + (BigInt(i) * 2n ** 64n) / BigInt(count));
}
