import { expect, it } from 'vitest';
import { privateCluster } from '../support/cassandra.ts';
import { testProject } from '../support/project.ts';

it('heals a table that cannot be read since a column was dropped while it was written', {
  timeout: 300_000,
}, async () => {
  await using node = await privateCluster();
  await using project = await testProject({ address: node.address });
  const { client, keyspace } = project;
  await client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  await client.execute(`CREATE TABLE ${keyspace}.t (id int PRIMARY KEY, a int, b int)`);
  const soon = Date.now() * 1000 + 20_000_000;
  await client.execute(`INSERT INTO ${keyspace}.t (id, a, b) VALUES (1, 1, 1) USING TIMESTAMP ${soon}`);
  await client.execute(`ALTER TABLE ${keyspace}.t DROP b`);
  await node.flush(keyspace, 't');
  await expect(project.rows('SELECT * FROM $ks.t')).rejects.toThrow();

  const healed = await project.run('resolve', '--heal', `${keyspace}.t.b`);
  expect(healed.code, healed.stderr).toBe(0);
  expect(await project.rows('SELECT id, a FROM $ks.t')).toEqual([{ id: 1, a: 1 }]);
  await node.flush(keyspace, 't');
  expect(await project.rows('SELECT * FROM $ks.t')).toEqual([{ id: 1, a: 1 }]);
});
