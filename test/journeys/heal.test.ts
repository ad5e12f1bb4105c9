import { expect, it, vi } from 'vitest';
import { openProject } from '../../src/app/config.ts';
import { type Healed, healTable } from '../../src/app/heal.ts';
import { withSession } from '../../src/app/session.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { ended, type TestProject, testProject } from '../support/project.ts';

const base = `
import { migration, t, table } from 'cqlform';
const x = table('x', { columns: { id: t.int(), v: t.text(), w: t.text(), u: t.int() }, partitionKey: ['id'] });
export default migration({ description: 'Base', schema: [x] });
`;

const drop = `
import { alter, existing, migration, t } from 'cqlform';
const x = existing('x', { columns: { id: t.int(), v: t.text(), u: t.int() }, partitionKey: ['id'] });
export default migration({ description: 'Drop', schema: [alter(x, { drop: ['v', 'u'] })] });
`;

/** Without a process of its own; with the column of another table. */
async function heal({ keyspace }: TestProject, column: string): Promise<Healed> {
  const { host, port } = cassandraAddress();
  const project = await openProject({ contactPoints: `${host}:${port}`, keyspace }, '/');
  const options = { leaseTimeoutMs: 30_000, emit: () => undefined, after: null };
  return withSession(project, (session) => healTable(session, [`${keyspace}.${column}`], options));
}

/** The servers flush a table some time after a column of it was dropped; before, it can be read. */
async function cannotBeRead(project: TestProject, table: string): Promise<void> {
  await vi.waitFor(() => expect(project.rows(`SELECT * FROM $ks.${table}`)).rejects.toThrow('failure'), 10_000);
}

it('heals a table that cannot be read since a column was dropped while it was written or deleted', {
  timeout: 300_000,
}, async () => {
  await using project = await testProject({ address: cassandraAddress(), migrations: { '20260101000000_a': base } });
  const { client, keyspace } = project;
  expect((await project.run('apply', '--no-check', '--auto-approve')).code).toBe(0);

  await client.execute(`CREATE TABLE ${keyspace}.t (id int PRIMARY KEY, a int, b int)`);
  const from = Date.now() * 1000;
  await client.execute(`INSERT INTO ${keyspace}.t (id, a, b) VALUES (1, 1, 1) USING TIMESTAMP ${from + 30_000_000}`);
  await client.execute(`DELETE b FROM ${keyspace}.t USING TIMESTAMP ${from + 1_200_000_000} WHERE id = 1`);
  await client.execute(`ALTER TABLE ${keyspace}.t DROP b`);
  await cannotBeRead(project, 't');
  const { droppedAt } = await heal(project, 't.b');
  expect(droppedAt.getTime()).toBeGreaterThan(from / 1000 + 1_200_000);
  expect(await project.rows('SELECT * FROM $ks.t')).toEqual([{ id: 1, a: 1 }]);
  await expect(heal(project, 't.a')).rejects.toMatchObject({ code: 'COLUMN_NOT_DROPPED' });
  await client.execute(`ALTER TABLE ${keyspace}.t ADD b int`);
  await expect(heal(project, 't.b')).rejects.toMatchObject({ code: 'COLUMN_NOT_DROPPED' });

  await client.execute(`INSERT INTO ${keyspace}.x (id, v, w) VALUES (1, 'f', 'w')`);
  await client.execute(`DELETE v FROM ${keyspace}.x USING TIMESTAMP 1858430000000001 WHERE id = 1`);
  await project.write('20260102000000_b', drop);
  const consents = ['v', 'u'].map((column) => `--allow-destructive=${keyspace}.x.${column}`);
  const apply = (): ReturnType<TestProject['run']> => project.run('apply', '--no-check', '--auto-approve', ...consents);
  // The second one finds the column gone, and the table as unreadable as the first did.
  for (const again of [1, 2]) {
    const broken = await apply();
    expect(broken.code, `${again}: ${broken.stderr}`).toBe(8);
    expect(broken.stderr).toContain('error[TABLE_UNREADABLE]');
    expect(broken.stderr).toContain(`--heal ${keyspace}.x.v`);
  }
  await expect(heal(project, 'x.v')).rejects.toMatchObject({
    code: 'TABLE_STILL_UNREADABLE',
    exitCode: 8,
    next: expect.stringContaining(`resolve --heal ${keyspace}.x.v --after TIME`),
  });

  const words = ['resolve', '--heal', `${keyspace}.x.v`, '--after', '2028-11-22T00:00:00Z'];
  const dying = project.start(...words);
  const death = ended(dying);
  await vi.waitFor(() => project.rows('SELECT v FROM $ks.x'), { timeout: 20_000, interval: 10 });
  dying.kill('SIGKILL');
  expect((await death).signal).toBe('SIGKILL');
  expect(await project.rows('SELECT w, v FROM $ks.x')).toEqual([{ w: 'w', v: null }]);
  const healed = await project.run(...words);
  expect(healed.code, healed.stderr).toBe(0);
  expect(healed.stdout).toContain('dropped as of 2028-11-22T00:00:00.000Z; the whole table was read');
  const finished = await apply();
  expect(finished.code, finished.stderr).toBe(0);
  expect(await project.rows('SELECT * FROM $ks.x')).toEqual([{ id: 1, w: 'w' }]);
});
