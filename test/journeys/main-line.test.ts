import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const users = `
import { migration, t, table } from 'cqlform';
export default migration({
  description: 'Users',
  schema: [table('users', { columns: { id: t.int(), email: t.text(), tags: t.set(t.text()) }, partitionKey: ['id'] })],
});
`;
const dropEmail = `
import { alter, existing, migration, t } from 'cqlform';
const users = existing('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'No more email', schema: [alter(users, { drop: ['email'] })] });
`;
const dropUsers = `
import { drop, existing, migration, t } from 'cqlform';
const users = existing('users', { columns: { id: t.int() }, partitionKey: ['id'] });
export default migration({ description: 'No more users', schema: [drop(users)] });
`;

describe('the main line', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await testProject({ address: cassandraAddress(), migrations: { '20260101000000_users': users } });
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it('plans, applies, and then has nothing to do', async () => {
    const planned = await project.run('plan', '--detailed-exitcode', '--no-check');
    expect(planned.code, planned.stderr).toBe(2);
    const applied = await project.run('apply', '--auto-approve', '--no-check');
    expect(applied.stderr).toContain('20260101000000_users applied');
    expect(applied.code).toBe(0);
    const again = await project.run('plan', '--detailed-exitcode', '--no-check');
    expect(again.stdout, again.stderr).toContain('No changes');
    expect(again.code).toBe(0);
  });

  it('drops a column only with consent, and brings it back with its data and write times', async () => {
    await project.client.execute(
      `INSERT INTO ${project.keyspace}.users (id, email, tags) VALUES (1, 'a@b', {'x'}) USING TIMESTAMP 1000`,
    );
    await project.client.execute(`INSERT INTO ${project.keyspace}.users (id, email) VALUES (2, 'c@d')`);
    await project.client.execute(`INSERT INTO ${project.keyspace}.users (id) VALUES (3)`);
    const before = await project.rows('SELECT id, email, tags FROM $ks.users');
    await project.write('20260102000000_drop_email', dropEmail);
    const address = `${project.keyspace}.users.email`;
    const refused = await project.run('apply', '--auto-approve', '--no-check');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(`--allow-destructive=${address}`);
    const applied = await project.run('apply', '--auto-approve', '--no-check', `--allow-destructive=${address}`);
    expect(applied.code, applied.stderr).toBe(0);
    await expect(project.rows('SELECT email FROM $ks.users')).rejects.toThrow(/email/);
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code, back.stderr).toBe(0);
    expect(await project.rows('SELECT id, email, tags FROM $ks.users')).toEqual(before);
  });

  it('drops a table and brings it back as it was', async () => {
    const before = await project.rows('SELECT id, email, tags, writetime(email) AS at FROM $ks.users');
    await project.write('20260102000000_drop_email', dropUsers);
    const address = `${project.keyspace}.users`;
    const applied = await project.run('apply', '--auto-approve', '--no-check', `--allow-destructive=${address}`);
    expect(applied.code, applied.stderr).toBe(0);
    await expect(project.rows('SELECT id FROM $ks.users')).rejects.toThrow(/users/);
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code, back.stderr).toBe(0);
    expect(await project.rows('SELECT id, email, tags, writetime(email) AS at FROM $ks.users')).toEqual(before);
  });
});
