import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auth, Client } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { devDown } from '../../src/devcluster/down.ts';
import type { DevEvent } from '../../src/devcluster/events.ts';
import { isRunning, startMarkOf } from '../../src/devcluster/processes.ts';
import { type ClusterState, readState, writeState } from '../../src/devcluster/state.ts';
import { devStatus } from '../../src/devcluster/status.ts';
import { type DevCluster, devUp } from '../../src/devcluster/up.ts';
import { CqlformError } from '../../src/kernel/errors.ts';
import { clusterFolder, privateCluster } from '../support/cassandra.ts';

// Several servers start in one test.
vi.setConfig({ testTimeout: 180_000 });

/** Runs statements through a connection of their own and returns the rows of the last. */
async function cql(cluster: DevCluster, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ contactPoints: [...cluster.contactPoints], localDataCenter: cluster.localDataCenter });
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.execute(statement)).rows ?? [];
    return rows.map((row) => ({ ...row }));
  } finally {
    await client.shutdown();
  }
}

const kinds = (events: readonly DevEvent[]): readonly string[] => events.map((event) => event.kind);

async function stateIn(folder: string): Promise<ClusterState> {
  const state = await readState(folder);
  if (state === undefined) throw new Error(`no state in ${folder}`);
  return state;
}

async function thrownBy(work: () => Promise<unknown>): Promise<CqlformError> {
  const thrown = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof CqlformError) return thrown;
  throw new Error(`expected a CqlformError, got ${String(thrown)}`);
}

describe('a development node', () => {
  let folder: string;
  let cluster: DevCluster;
  const up = (events: DevEvent[] = []): Promise<DevCluster> =>
    devUp({ folder, heapMb: 512, ports: 'any', compiler: 'quick', onProgress: (event) => events.push(event) });

  beforeAll(async () => {
    folder = join(await clusterFolder(), 'a folder with spaces, ünd möre');
    expect(await devStatus({ folder })).toEqual({ kind: 'absent', folder });
    const [first, second] = [[], []] as [DevEvent[], DevEvent[]];
    // Two at once: one starts it, the other waits and finds it.
    const both = await Promise.all([up(first), up(second)]);
    expect(both.map(({ reused }) => reused).sort()).toEqual([false, true]);
    expect([...kinds(first), ...kinds(second)].filter((kind) => kind === 'node-starting')).toHaveLength(1);
    expect([...kinds(first), ...kinds(second)]).toContain('lock-waiting');
    cluster = both[0];
    await cql(
      cluster,
      "CREATE KEYSPACE kept WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
      'CREATE TABLE kept.t (id int PRIMARY KEY, v text)',
      "INSERT INTO kept.t (id, v) VALUES (1, 'one')",
    );
  });
  afterAll(async () => void (await devDown({ folder, purge: true })));

  it('has every feature switched on that a release hides behind a setting', async () => {
    await cql(
      cluster,
      'CREATE MATERIALIZED VIEW kept.by_v AS SELECT * FROM kept.t WHERE v IS NOT NULL AND id IS NOT NULL PRIMARY KEY (v, id)',
      "CREATE FUNCTION kept.twice(x int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return x * 2;'",
      "CREATE CUSTOM INDEX sasi_v ON kept.t (v) USING 'org.apache.cassandra.index.sasi.SASIIndex'",
      'CREATE TABLE kept.masked (id int PRIMARY KEY, mail text MASKED WITH DEFAULT)',
      'CREATE TABLE kept.vectors (id int PRIMARY KEY, v vector<float, 3>)',
    );
    expect(await cql(cluster, 'SELECT kept.twice(id) AS twice FROM kept.t')).toEqual([{ twice: 2 }]);
  });

  it('is found by a second call and told about by status', async () => {
    const events: DevEvent[] = [];
    const again = await up(events);
    expect(again).toEqual({ ...cluster, reused: true });
    expect(kinds(events)).toEqual(['cluster-found']);

    const status = await devStatus({ folder });
    if (status.kind !== 'present') throw new Error('status does not see the cluster');
    expect(status.version).toBe('5.0.8');
    const [node] = status.nodes;
    expect(node).toMatchObject({ name: 'node1', health: 'up', pid: cluster.nodes[0]?.pid });
    expect(node?.dataBytes).toBeGreaterThan(10_000);
    expect(node?.uptimeSeconds).toBeGreaterThan(0);
  });

  it('refuses another shape or version in the same folder', async () => {
    const error = await thrownBy(() => devUp({ folder, nodes: 3, version: '4.1.10' }));
    expect(error.code).toBe('DEV_CLUSTER_DIFFERS');
    expect(error.message).toContain('1 nodes, not 3');
    expect(error.message).toContain('5.0.8, not 4.1.10');
  });

  it('is started again with its data after it was killed', async () => {
    process.kill(cluster.nodes[0]?.pid ?? 0, 'SIGKILL');
    await expect.poll(async () => JSON.stringify(await devStatus({ folder }))).toContain('"health":"down"');
    const events: DevEvent[] = [];
    const repaired = await up(events);
    expect(kinds(events)).toContain('node-dead');
    expect(repaired.contactPoints).toEqual(cluster.contactPoints);
    expect(repaired.nodes[0]?.pid).not.toBe(cluster.nodes[0]?.pid);
    expect(await cql(repaired, 'SELECT v FROM kept.t')).toEqual([{ v: 'one' }]);
    cluster = repaired;
  });

  it('goes down once, keeps its data, and never touches a process that has got its pid since', async () => {
    const pid = cluster.nodes[0]?.pid ?? 0;
    expect(await devDown({ folder })).toEqual({ stopped: ['node1'], purged: false });
    expect(await startMarkOf(pid)).toBeUndefined();
    expect(await devDown({ folder })).toEqual({ stopped: [], purged: false });

    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    await once(stranger, 'spawn');
    const record = { pid: stranger.pid ?? 0, startMark: (await startMarkOf(stranger.pid ?? 0)) ?? '' };
    try {
      for (const startMark of ['of a process long gone', record.startMark]) {
        const state = await stateIn(folder);
        const nodes = state.nodes.map((node) => ({
          ...node,
          process: { kind: 'process' as const, ...record, startMark },
        }));
        await writeState(folder, { ...state, nodes });
        expect(await devDown({ folder })).toEqual({ stopped: [], purged: false });
        expect(await isRunning(record)).toBe(true);
      }
    } finally {
      stranger.kill('SIGKILL');
    }
    cluster = await up();
    expect(await cql(cluster, 'SELECT v FROM kept.t')).toEqual([{ v: 'one' }]);
  });

  it('is gone with its data after a purge', async () => {
    expect(await devDown({ folder, purge: true })).toEqual({ stopped: ['node1'], purged: true });
    expect(existsSync(folder)).toBe(false);
    expect(await devStatus({ folder })).toEqual({ kind: 'absent', folder });
  });
});

it('a start that fails says why, with the lines of the log, and does not stand in the way of the next', async () => {
  const folder = await clusterFolder();
  const wrong = { folder, heapMb: 512, ports: 'any', compiler: 'quick', settings: { no_such_setting: 1 } } as const;
  const error = await thrownBy(() => devUp(wrong));
  expect(error.code).toBe('NODE_START_FAILED');
  expect(error.message).toContain('Please remove properties [no_such_setting]');
  expect(existsSync(String(error.fields['log']))).toBe(true);
  const cluster = await devUp({ folder, heapMb: 512, ports: 'any', compiler: 'quick' });
  expect(await cql(cluster, 'SELECT key FROM system.local')).toEqual([{ key: 'local' }]);
  await devDown({ folder, purge: true });
});

it('a private node that wants a login takes it as soon as it is up; it flushes and restarts', async () => {
  await using own = await privateCluster({ settings: { authenticator: 'PasswordAuthenticator' } });
  const login = async (): Promise<unknown> => {
    const client = new Client({
      contactPoints: [`${own.address.host}:${own.address.port}`],
      localDataCenter: own.address.localDataCenter,
      authProvider: new auth.PlainTextAuthProvider('cassandra', 'cassandra'),
    });
    try {
      return (await client.execute('SELECT role FROM system_auth.roles')).first()?.['role'];
    } finally {
      await client.shutdown();
    }
  };
  expect(await login()).toBe('cassandra');
  await own.flush('system_auth', 'roles');
  expect(await own.nodetool('tablestats', 'system_auth.roles')).toMatch(/SSTable count: [1-9]/);
  await own.restart();
  expect(await login()).toBe('cassandra');
  const error = await thrownBy(() => own.nodetool('flush', 'no_such_keyspace'));
  expect(error.code).toBe('NODETOOL_FAILED');
  expect(error.message).toContain('no_such_keyspace');
});
