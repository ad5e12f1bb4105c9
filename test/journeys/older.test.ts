import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { privateCluster } from '../support/cassandra.ts';
import { java11 } from '../support/java-11.ts';
import { type TestProject, testProject } from '../support/project.ts';

/** What is written goes to disk within a fifth of a second, where a cell of a dropped column would do its harm. */
const columns = `{ columns: {
  id: t.int(), at: t.int(), name: t.text(), tags: t.set(t.text()), notes: t.list(t.text()), home: address, motto: t.static(t.text()),
}, partitionKey: ['id'], clusteringKey: ['at'], options: { memtableFlushPeriodInMs: 200 } }`;
const base = `
import { index, migration, t, table, udt } from 'cqlform';
const address = udt('address', { street: t.text(), zip: t.text() });
const people = table('people', ${columns});
export default migration({ description: 'People', schema: [address, people, index('people_by_name', { on: people, column: 'name' })] });
`;
const dropping = `
import { alter, existing, migration, t } from 'cqlform';
const people = existing('people', { columns: { id: t.int(), at: t.int(), name: t.text(), notes: t.list(t.text()), motto: t.static(t.text()) },
  partitionKey: ['id'], clusteringKey: ['at'] });
export default migration({ description: 'Drop some', schema: [alter(people, { drop: ['notes', 'motto'] })] });
`;
const rows = [
  `INSERT INTO $ks.people (id, at, name, tags, notes, home, motto) VALUES (1, 1, 'Ann', {'x', 'y'}, ['a', 'b', 'a'], {street: 's', zip: 'z'}, 'up') USING TIMESTAMP 1000`,
  `UPDATE $ks.people USING TTL 86400 SET notes = ['brief'] WHERE id = 2 AND at = 1`,
  `INSERT INTO $ks.people (id, at) VALUES (3, 1)`,
  `INSERT INTO $ks.people (id, motto) VALUES (4, 'static only')`,
];

async function well(project: TestProject, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.run(...words);
  expect(code, `${words.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
}

/** The files of a new user. */
async function beginAnew(project: TestProject): Promise<void> {
  await rm(join(project.folder, 'cqlform.config.ts'));
  await rm(join(project.folder, 'migrations'), { recursive: true });
  await well(project, 'init', '--keyspace', project.keyspace, '--ci', 'none');
}

it('takes an older server from init to rollback, and back into files', { timeout: 240_000 }, async () => {
  await using own = await privateCluster({ version: '4.1.10', java: await java11() });
  await using project = await testProject({ address: own.address });
  await beginAnew(project);
  await project.write('20260101000000_people', base);
  expect(await well(project, 'plan', '--no-check')).toContain('Cassandra 4.1.10');
  await well(project, 'apply', '--auto-approve', '--no-check');
  for (const cql of rows) await project.client.execute(cql.replaceAll('$ks', project.keyspace));
  const contents = async (): Promise<unknown> => ({
    rows: await project.rows('SELECT JSON * FROM $ks.people'),
    times: await project.rows('SELECT JSON id, at, writetime(name) AS written FROM $ks.people'),
  });
  const before = await contents();

  await project.write('20260102000000_drop', dropping);
  const consents = ['notes', 'motto'].map((name) => `--allow-destructive=${project.keyspace}.people.${name}`);
  await well(project, 'apply', '--auto-approve', '--no-check', ...consents);
  await expect(project.rows('SELECT notes FROM $ks.people')).rejects.toThrow(/notes/);
  await well(project, 'rollback', '--auto-approve');
  expect(await contents()).toEqual(before);

  await beginAnew(project);
  await project.client.execute('DROP KEYSPACE cqlform');
  await well(project, 'introspect', '--name', 'as_found');
  expect(await readdir(join(project.folder, 'migrations'))).toContainEqual(expect.stringMatching(/_as_found\.ts$/));
  const planned = JSON.parse(await well(project, 'plan', '--json')) as {
    readonly sections: readonly { readonly steps: readonly unknown[] }[];
  };
  expect(planned.sections.flatMap((section) => section.steps)).toEqual([]);
  await well(project, 'apply', '--auto-approve', '--no-check');
  await well(project, 'drift', '--detailed-exitcode');
});
