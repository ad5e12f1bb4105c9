import { expect, it } from 'vitest';
import { devStatus, type NodeHealth } from '../../src/devcluster/status.ts';
import { privateCluster } from '../support/cassandra.ts';

it('three nodes form one even ring, and each can hang, go down and come back', { timeout: 300_000 }, async () => {
  await using own = await privateCluster({ nodes: 3 });
  const health = async (): Promise<readonly NodeHealth[]> => {
    const status = await devStatus({ folder: own.folder });
    return status.kind === 'present' ? status.nodes.map((node) => node.health) : [];
  };

  expect(new Set(own.cluster.nodes.map((node) => node.port)).size).toBe(1);
  expect(new Set(own.cluster.nodes.map((node) => node.address)).size).toBe(3);
  const ring = await own.nodetool('status', 'system_auth');
  expect(ring.match(/^UN /gm)).toHaveLength(3);
  expect(ring.match(/33\.3%/g)).toHaveLength(3);
  expect(await health()).toEqual(['up', 'up', 'up']);

  await own.pause('node3');
  expect(await health()).toEqual(['up', 'up', 'not-answering']);
  await own.resume('node3');
  expect(await health()).toEqual(['up', 'up', 'up']);

  await own.stop('node2');
  expect(await health()).toEqual(['up', 'down', 'up']);
  await expect.poll(() => own.nodetool('status'), { timeout: 60_000, interval: 500 }).toMatch(/^DN /m);

  await own.repair();
  expect(await health()).toEqual(['up', 'up', 'up']);
  expect((await own.nodetool('status')).match(/^UN /gm)).toHaveLength(3);
});
