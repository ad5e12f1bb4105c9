/**
 * Shows on a real Docker engine what `cqlform dev` does with it: `node test/devcluster/docker-by-hand.ts`. It needs an
 * engine that answers and the image cassandra:5.0.8 (or the network to fetch it), uses no Java of this machine, and
 * takes about a minute. It ends with `all as it should be`, or with the assertion that failed.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'cassandra-driver';
import { devDown } from '../../src/devcluster/down.ts';
import { flushNode, nodetool, pauseNode, resumeNode } from '../../src/devcluster/node-control.ts';
import { type Ran, run, which } from '../../src/devcluster/processes.ts';
import { readState } from '../../src/devcluster/state.ts';
import { type DevStatus, devStatus } from '../../src/devcluster/status.ts';
import { type DevCluster, devUp } from '../../src/devcluster/up.ts';

const docker = (await which('docker', process.env)) ?? assert.fail('no docker on the PATH');
const base = await mkdtemp(join(tmpdir(), 'cqlform-docker-'));
const folder = join(base, 'a folder, with a comma and ünd');
const bin = join(base, 'bin');
await mkdir(bin);
await symlink(docker, join(bin, 'docker'));
const withoutJava = { HOME: process.env['HOME'], DOCKER_HOST: process.env['DOCKER_HOST'], PATH: bin };

const up = (nodes: 1 | 3 = 1): Promise<DevCluster> =>
  devUp({ folder, nodes, env: withoutJava, heapMb: 512, compiler: 'quick', ports: 'any' });
const dockerSays = (...args: readonly string[]): Promise<Ran> => run(docker, args);
const containers = async (): Promise<string> =>
  (await dockerSays('ps', '--all', '--quiet', '--filter', `name=cqlform-${(await readState(folder))?.id}`)).stdout;
const healthOf = (status: DevStatus): string | undefined =>
  status.kind === 'present' ? status.nodes[0]?.health : undefined;

async function cql(cluster: DevCluster, statement: string): Promise<number> {
  const client = new Client({ contactPoints: [...cluster.contactPoints], localDataCenter: cluster.localDataCenter });
  try {
    return (await client.execute(statement)).rows?.length ?? 0;
  } finally {
    await client.shutdown();
  }
}

async function containerId(): Promise<string> {
  const node = (await readState(folder))?.nodes[0];
  return node?.process?.kind === 'container' ? node.process.id : assert.fail('no container recorded');
}

const say = (what: string): boolean => process.stdout.write(`${what}\n`);
try {
  await assert.rejects(up(3), { code: 'CLUSTER_NEEDS_JAVA' });
  const volumes = (await dockerSays('volume', 'ls', '--quiet')).stdout;

  say('a node starts, and is found again');
  const cluster = await up();
  assert.equal((await up()).reused, true);
  assert.equal(healthOf(await devStatus({ folder })), 'up');
  await cql(cluster, "CREATE KEYSPACE kept WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  await cql(cluster, 'CREATE TABLE kept.t (id int PRIMARY KEY)');
  await cql(cluster, 'INSERT INTO kept.t (id) VALUES (1)');

  say('it obeys nodetool, stands still and goes on');
  await flushNode({ folder }, 'kept');
  assert.match(await nodetool({ folder }, ['status']), /^UN /m);
  await pauseNode({ folder });
  assert.equal(healthOf(await devStatus({ folder })), 'not-answering');
  await resumeNode({ folder });
  await cql(cluster, 'INSERT INTO kept.t (id) VALUES (2)');

  say('what was flushed survives a kill, and the container that is over is replaced');
  await dockerSays('kill', await containerId());
  assert.equal(healthOf(await devStatus({ folder })), 'down');
  assert.ok((await cql(await up(), 'SELECT * FROM kept.t')) >= 1);
  await cql(cluster, 'INSERT INTO kept.t (id) VALUES (3)');

  say('down leaves no container and no volume, and up has every row');
  assert.deepEqual((await devDown({ folder })).stopped, ['node1']);
  assert.equal(await containers(), '');
  assert.equal((await dockerSays('volume', 'ls', '--quiet')).stdout, volumes);
  assert.ok((await cql(await up(), 'SELECT * FROM kept.t')) >= 2);

  say('a container that was killed is removed by down, and purge deletes the data');
  await dockerSays('kill', await containerId());
  assert.deepEqual(await devDown({ folder, purge: true }), { stopped: [], purged: true });
  assert.equal((await devStatus({ folder })).kind, 'absent');

  say('a server that refuses to start says why');
  await assert.rejects(
    devUp({ folder, env: withoutJava, heapMb: 512, settings: { no_such_setting: 1 }, ports: 'any' }),
    /no_such_setting/,
  );
  assert.equal(await containers(), '');
  say('all as it should be');
} finally {
  await devDown({ folder, purge: true });
  await rm(base, { recursive: true });
}
