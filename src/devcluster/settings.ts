import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ClusterState, NodeState, SettingValue } from './state.ts';

type Settings = Record<string, SettingValue | readonly unknown[]>;

/** Where a node's files are, as the node itself sees them (in a container: inside it). */
export interface NodeFiles {
  readonly config: string;
  readonly rackdc: string;
  readonly logback: string;
  readonly data: string;
  readonly logs: string;
}

export function nodeFilesIn(folder: string): NodeFiles {
  return {
    config: join(folder, 'cassandra.yaml'),
    rackdc: join(folder, 'cassandra-rackdc.properties'),
    logback: join(folder, 'logback.xml'),
    data: join(folder, 'data'),
    logs: join(folder, 'logs'),
  };
}

/** The system properties that a server is started with, as `name=value`. */
export function serverProperties(files: NodeFiles, options: { readonly ringDelayMs: number }): readonly string[] {
  return [
    `cassandra.ring_delay_ms=${options.ringDelayMs}`,
    'cassandra.skip_wait_for_gossip_to_settle=0',
    'cassandra.superuser_setup_delay_ms=0',
    'cassandra.shutdown_announce_in_ms=100',
    // What 5.0 measures for a second at each start; only the accounting of memtables uses it.
    'cassandra.memtable.row_overhead_size=180',
    `cassandra.config=${pathToFileURL(files.config)}`,
    `cassandra-rackdc.properties=${pathToFileURL(files.rackdc)}`,
    `logback.configurationFile=${files.logback}`,
    `cassandra.storagedir=${files.data}`,
    `cassandra.logdir=${files.logs}`,
  ];
}

/** Writes a node's configuration into its folder. */
export async function writeNodeFiles(folder: string, node: NodeState, state: ClusterState): Promise<void> {
  const files = nodeFilesIn(folder);
  await mkdir(files.logs, { recursive: true });
  await mkdir(files.data, { recursive: true });
  await writeFile(files.config, yamlOf(nodeSettings(node, state)));
  await writeFile(files.rackdc, `dc=${state.localDataCenter}\nrack=rack1\n`);
  await writeFile(files.logback, logback);
}

/** cassandra.yaml of a node: everything that can be switched on is, and the stores are sized for a small machine. */
export function nodeSettings(node: NodeState, state: ClusterState): Settings {
  const seed = state.nodes[0] ?? node;
  const contained = state.launcher.kind === 'docker';
  return {
    cluster_name: `cqlform ${state.id}`,
    num_tokens: 1,
    initial_token: node.token,
    auto_bootstrap: false,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'GossipingPropertyFileSnitch',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `${seed.address}:${state.storagePort}` }],
      },
    ],
    listen_address: node.address,
    storage_port: state.storagePort,
    start_native_transport: true,
    native_transport_port: state.nativePort,
    // A published container port reaches the server from outside its own loopback.
    ...(contained ? { rpc_address: '0.0.0.0', broadcast_rpc_address: node.address } : { rpc_address: node.address }),
    commitlog_sync: 'periodic',
    ...settingsOfVersion(state.launcher.version),
    ...state.settings,
  };
}

/** The settings whose names or existence depend on the version: 4.0 has other names, 5.0 has more features. */
function settingsOfVersion(version: string): Settings {
  if (version.startsWith('4.0')) {
    return {
      enable_materialized_views: true,
      enable_user_defined_functions: true,
      enable_sasi_indexes: true,
      commitlog_sync_period_in_ms: 10_000,
      commitlog_segment_size_in_mb: 32,
      commitlog_total_space_in_mb: 256,
      file_cache_size_in_mb: 64,
      key_cache_size_in_mb: 8,
      counter_cache_size_in_mb: 8,
    };
  }
  return {
    materialized_views_enabled: true,
    user_defined_functions_enabled: true,
    sasi_indexes_enabled: true,
    commitlog_sync_period: '10000ms',
    commitlog_segment_size: '32MiB',
    commitlog_total_space: '256MiB',
    file_cache_size: '64MiB',
    key_cache_size: '8MiB',
    counter_cache_size: '8MiB',
    ...(version.startsWith('4.') ? {} : { dynamic_data_masking_enabled: true, storage_compatibility_mode: 'NONE' }),
  };
}

/** YAML of flat settings; JSON is YAML, so values need no quoting rules of their own. */
function yamlOf(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
}

const logback = `<configuration scan="false">
  <appender name="FILE" class="ch.qos.logback.core.FileAppender">
    <file>\${cassandra.logdir}/system.log</file>
    <append>false</append>
    <encoder>
      <pattern>%-5level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern>
    </encoder>
  </appender>
  <root level="INFO">
    <appender-ref ref="FILE" />
  </root>
</configuration>
`;
