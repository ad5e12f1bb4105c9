import { describe, expect, it } from 'vitest';
import { nodeSettings } from '../../src/devcluster/settings.ts';
import type { ClusterState } from '../../src/devcluster/state.ts';

function clusterOf(version: string): ClusterState {
  const node = { jmxPort: 7199, process: null, startedAt: null, initialised: false };
  return {
    format: 1,
    id: 'abc',
    launcher: { kind: 'jvm', version, java: 'java', jars: 'lib', classArchive: null },
    localDataCenter: 'datacenter1',
    nativePort: 19042,
    storagePort: 17000,
    heapMb: 512,
    settings: { authenticator: 'PasswordAuthenticator' },
    startedBy: { pid: 1, startMark: '' },
    nodes: [
      { ...node, name: 'node1', address: '127.0.0.1', token: '-9223372036854775808' },
      { ...node, name: 'node2', address: '127.0.0.2', token: '0' },
    ],
  };
}

function secondNodeOf(version: string): Readonly<Record<string, unknown>> {
  const state = clusterOf(version);
  const [, node] = state.nodes;
  if (node === undefined) throw new Error('two nodes');
  return nodeSettings(node, state);
}

describe('the settings of a node', () => {
  it('make the first node the seed, keep every port on loopback, and let the user have the last word', () => {
    const settings = secondNodeOf('5.0.8');
    expect(settings).toMatchObject({
      listen_address: '127.0.0.2',
      rpc_address: '127.0.0.2',
      initial_token: '0',
      authenticator: 'PasswordAuthenticator',
    });
    expect(JSON.stringify(settings['seed_provider'])).toContain('127.0.0.1:17000');
  });

  it('use the names that each version knows', () => {
    expect(secondNodeOf('5.0.8')).toMatchObject({ storage_compatibility_mode: 'NONE', sasi_indexes_enabled: true });
    expect(secondNodeOf('4.1.10')).toMatchObject({ sasi_indexes_enabled: true });
    expect(secondNodeOf('4.1.10')).not.toHaveProperty('storage_compatibility_mode');
    expect(secondNodeOf('4.1.10')).not.toHaveProperty('dynamic_data_masking_enabled');
    expect(secondNodeOf('4.0.18')).toMatchObject({ enable_sasi_indexes: true, commitlog_segment_size_in_mb: 32 });
    expect(secondNodeOf('4.0.18')).not.toHaveProperty('sasi_indexes_enabled');
  });
});
