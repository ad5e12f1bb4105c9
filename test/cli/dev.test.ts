import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { cassandraAddress, clusterFolder } from '../support/cassandra.ts';
import type { Ended } from '../support/project.ts';
import { runIn } from './run.ts';

it('dev up starts one cluster however often it is called, and down stops only that', { timeout: 240_000 }, async () => {
  // Where the run looks for clusters that nobody stopped.
  const folder = await clusterFolder();
  await mkdir(folder);
  const dev = (...words: readonly string[]): Promise<Ended> => runIn({ folder }, 'dev', ...words);
  try {
    const up = await dev('up');
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout).toMatch(/^Cassandra 5\.0\.8 is up at 127\.0\.\d+\.\d+:\d+\n$/);
    expect(up.stderr).toContain('starting node1 at ');
    expect(up.stderr).toContain('Next: `cqlform plan`; `cqlform dev down` stops it.');
    const again = await dev('up');
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toBe(up.stdout.replace('is up at', 'is running at'));
    const other = await dev('up', '--nodes', '3');
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain('error[DEV_CLUSTER_DIFFERS]');
    const status = await dev('status');
    expect(status.code, status.stderr).toBe(0);
    expect(status.stdout).toMatch(/node1 {2}127\.0\.\d+\.\d+:\d+ {2}up, up /);
    const down = await dev('down');
    expect(down.code, down.stderr).toBe(0);
    expect(down.stdout).toBe('Stopped node1.\n');
    const { host, port } = cassandraAddress();
    const socket = connect(port, host);
    await once(socket, 'connect');
    socket.destroy();
    expect((await dev('status')).stdout).toMatch(/node1 {2}\S+ {2}down/);
    expect((await dev('down')).stdout).toBe('Nothing was running.\n');
  } finally {
    await dev('down', '--purge');
  }
  expect((await dev('status')).stdout).toContain('No development cluster in ');
});
