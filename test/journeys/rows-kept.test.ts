import { expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { testProject } from '../support/project.ts';

const base = `
import { migration, t, table } from 'cqlform';
const columns = { id: t.int(), v: t.text(), n: t.int() };
export default migration({
  description: 'Two tables',
  schema: [
    table('src', { columns: { ...columns, z: t.text() }, partitionKey: ['id'] }),
    table('dst', { columns: { ...columns, own: t.text() }, partitionKey: ['id'] }),
  ],
});
`;
const again = `
import { copy, existing, migration, t } from 'cqlform';
const columns = { id: t.int(), v: t.text(), n: t.int() };
const src = existing('src', { columns, partitionKey: ['id'] });
const dst = existing('dst', { columns, partitionKey: ['id'] });
export default migration({ description: 'Into a table with rows', data: [copy({ from: src, into: dst })] });
`;
const retype = (verb: string): string => `
import { alter, copy, existing, migration, t, transform } from 'cqlform';
const src = existing('src', { columns: { id: t.int(), v: t.text(), n: t.int() }, partitionKey: ['id'] });
const after = alter(src, { retype: { n: t.text() } });
export default migration({ description: 'n is a text', schema: [after], data: [${verb}] });
`;
const byCopy = `copy({ from: src, into: after, columns: { n: ({ n }) => (n === null ? null : String(n)) } })`;
const byTransform = `transform({ from: src, into: after, rows: ({ id, v, n }, out) => { out.emit({ id, v, n: String(n) }); } })`;

it('keeps what was written since in a backup when a copy is taken back', { timeout: 240_000 }, async () => {
  await using project = await testProject({ address: cassandraAddress(), migrations: { '20260101000000_base': base } });
  const { keyspace: ks, client } = project;
  expect((await project.run('apply', '--auto-approve', '--no-check')).code).toBe(0);
  await client.execute(`INSERT INTO ${ks}.src (id, v) VALUES (1, 'from src')`);
  await client.execute(`INSERT INTO ${ks}.dst (id, v, own) VALUES (1, 'was here', 'own')`);
  await project.write('20260102000000_again', again);
  const applied = await project.run('apply', '--auto-approve', '--no-check', `--allow-destructive=${ks}.dst`);
  expect(applied.code, applied.stderr).toBe(0);
  await client.execute(`INSERT INTO ${ks}.dst (id, v, own) VALUES (100, 'new', 'precious')`);

  const back = await project.run('rollback', '--auto-approve');
  expect(back.code, back.stderr).toBe(0);
  expect(await project.rows('SELECT id, v, own FROM $ks.dst')).toEqual([{ id: 1, v: 'was here', own: 'own' }]);

  const listed = JSON.parse((await project.run('backup', 'list', '--json')).stdout) as { id: string; label: string }[];
  const undo = listed.find((one) => one.label.includes('undo'));
  await client.execute(`CREATE TABLE ${ks}.kept (id int PRIMARY KEY, v text, n int, own text)`);
  const restored = await project.run('backup', 'restore', undo?.id ?? 'none', '--into', 'kept');
  expect(restored.code, restored.stderr).toBe(0);
  expect(await project.rows('SELECT own FROM $ks.kept WHERE id = 100')).toEqual([{ own: 'precious' }]);
});

it('carries columns that a migration does not name through a table made anew', { timeout: 240_000 }, async () => {
  await using project = await testProject({ address: cassandraAddress(), migrations: { '20260101000000_base': base } });
  const { keyspace: ks, client } = project;
  expect((await project.run('apply', '--auto-approve', '--no-check')).code).toBe(0);
  await client.execute(`INSERT INTO ${ks}.src (id, v, n, z) VALUES (2, 'v', 7, 'zz') USING TIMESTAMP 5000`);

  await project.write('20260102000000_retype', retype(byTransform));
  const refused = await project.run('plan', '--no-check');
  expect(refused.code).toBe(4);
  expect(refused.stdout).toContain('REBUILD_LEAVES_OUT');

  await project.write('20260102000000_retype', retype(byCopy));
  const applied = await project.run('apply', '--auto-approve', '--no-check', `--allow-destructive=${ks}.src`);
  expect(applied.code, applied.stderr).toBe(0);
  const rows = await project.rows('SELECT id, v, n, z, writetime(z) AS at FROM $ks.src');
  expect(rows.map((row) => ({ ...row, at: String(row['at']) }))).toEqual([
    { id: 2, v: 'v', n: '7', z: 'zz', at: '5000' },
  ]);

  const back = await project.run('rollback', '--auto-approve');
  expect(back.code, back.stderr).toBe(0);
  expect(await project.rows('SELECT id, v, n, z FROM $ks.src')).toEqual([{ id: 2, v: 'v', n: 7, z: 'zz' }]);
});
