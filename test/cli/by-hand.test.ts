import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { sealPlan } from '../../src/planner/plan-hash.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { testProject } from '../support/project.ts';
import { refusal } from './run.ts';

const first = '20260101000000_users';
const second = '20260102000000_drop_email';
const users = `
import { migration, t, table } from 'cqlform';
export default migration({
  description: 'Users',
  schema: [table('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] })],
});
`;
const dropEmail = `
import { alter, existing, migration, t } from 'cqlform';
const users = existing('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'No more email', schema: [alter(users, { drop: ['email'] })] });
`;

describe('what people settle by hand', { timeout: 240_000 }, () => {
  it('is recorded by resolve --applied, when a run stopped and its work was done by other means', async () => {
    await using project = await testProject({ address: cassandraAddress(), migrations: { [first]: users } });
    const planned = await project.run('plan', '--no-check', '--out', 'plan.json');
    expect(planned.code, planned.stderr).toBe(0);

    // The same keyspace and the same state on a cluster of another name.
    const path = join(project.folder, 'plan.json');
    const plan = JSON.parse(await readFile(path, 'utf8')) as Plan;
    const elsewhere = sealPlan({ ...plan, target: { ...plan.target, cluster: 'the other one' } });
    await writeFile(join(project.folder, 'elsewhere.json'), JSON.stringify(elsewhere));
    const refused = await project.run('apply', 'elsewhere.json');
    expect(refused.code).toBe(5);
    expect(refused.stdout).toBe('');
    expect(refusal(refused).code).toBe('PLAN_ELSEWHERE');
    expect(refusal(refused).text).toContain(
      `made for keyspace ${project.keyspace} on cluster the other one, and this is keyspace ${project.keyspace} on`,
    );
    expect(refusal(refused).next).toContain('`cqlform plan`');

    const applied = await project.run('apply', 'plan.json');
    expect(applied.code, applied.stderr).toBe(0);
    await project.client.execute(`INSERT INTO ${project.keyspace}.users (id, email) VALUES (1, 'a@b')`);
    await project.write(second, dropEmail);
    await writeFile(join(project.folder, 'occupied'), 'a file where a folder should be');
    const stopped = await project.run(
      ...['apply', '--no-check', '--auto-approve', `--allow-destructive=${project.keyspace}.users.email`],
      ...['--backup-store', 'local:occupied'],
    );
    expect(stopped.code).not.toBe(0);
    const wrong = await project.run('resolve', '--applied', first);
    expect(wrong.code).toBe(64);
    expect(refusal(wrong)).toMatchObject({ code: 'NOT_HALF_WAY', next: `Half-way is ${second}.` });
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users DROP email`);
    const settled = await project.run('resolve', '--applied', second);
    expect(settled.code, settled.stderr).toBe(0);
    expect(settled.stdout).toBe(`${second} counts as applied.\n`);
    expect(settled.stderr).toBe('Next: `cqlform status`\n');
    const status = await project.run('status', '--detailed-exitcode');
    expect(status.code, status.stdout).toBe(0);
    expect(status.stdout).toContain('2 applied, 0 pending.');
  });
});

describe('a backup of static rows only', { timeout: 240_000 }, () => {
  it('says what it holds', async () => {
    const rooms = `
import { migration, t, table } from 'cqlform';
export default migration({
  description: 'Rooms',
  schema: [
    table('rooms', {
      columns: { house: t.int(), no: t.int(), owner: t.static(t.text()), note: t.text() },
      partitionKey: ['house'],
      clusteringKey: ['no'],
    }),
  ],
});
`;
    const dropOwner = `
import { alter, existing, migration, t } from 'cqlform';
const columns = { house: t.int(), no: t.int(), owner: t.static(t.text()) };
const rooms = existing('rooms', { columns, partitionKey: ['house'], clusteringKey: ['no'] });
export default migration({ description: 'No owners', schema: [alter(rooms, { drop: ['owner'] })] });
`;
    await using project = await testProject({ address: cassandraAddress(), migrations: { [first]: rooms } });
    const made = await project.run('apply', '--no-check', '--auto-approve');
    expect(made.code, made.stderr).toBe(0);
    for (const house of [1, 2, 3])
      await project.client.execute(`INSERT INTO ${project.keyspace}.rooms (house, owner) VALUES (${house}, 'o')`);
    await project.write(second, dropOwner);
    const consent = `--allow-destructive=${project.keyspace}.rooms.owner`;
    const dropped = await project.run('apply', '--no-check', '--auto-approve', consent);
    expect(dropped.code, dropped.stderr).toBe(0);
    expect(dropped.stderr).toContain('3 static rows, ');
    const listed = await project.run('backup', 'list');
    expect(listed.stdout).toContain('rooms (owner)  3 static rows, ');
    const [{ id }] = JSON.parse((await project.run('backup', 'list', '--json')).stdout) as [{ id: string }];
    expect((await project.run('backup', 'show', id)).stdout).toContain('rooms (columns owner): 3 static rows\n');
    expect((await project.run('backup', 'verify', id)).stdout).toContain(' 3 static rows, ');
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stderr).toContain('3 static rows, digest');
    expect(await project.rows('SELECT house, no, owner FROM $ks.rooms')).toHaveLength(3);
  });
});

describe('what introspect cannot hold', { timeout: 240_000 }, () => {
  it('is named: a table with COMPACT STORAGE', async () => {
    await using project = await testProject({ address: cassandraAddress() });
    const replication = `{'class': 'SimpleStrategy', 'replication_factor': 1}`;
    await project.client.execute(`CREATE KEYSPACE ${project.keyspace} WITH replication = ${replication}`);
    for (const [name, rest] of [
      ['thin', 'WITH COMPACT STORAGE'],
      ['wide', ''],
    ])
      await project.client.execute(`CREATE TABLE ${project.keyspace}.${name} (id int PRIMARY KEY, v text) ${rest}`);
    const found = await project.run('introspect');
    expect(found.code, found.stderr).toBe(0);
    expect(found.stdout).toContain(`warning[COMPACT_STORAGE] ${project.keyspace}.thin is left out: `);
    expect(found.stdout).toContain('(1 object)');
    const path = /migrations\/\S+\.ts/.exec(found.stdout)?.[0] ?? '';
    const source = await readFile(join(project.folder, path), 'utf8');
    expect(source).toContain("table('wide'");
    expect(source).not.toContain('thin');
  });
});

describe('a ledger in the keyspace that is migrated', { timeout: 240_000 }, () => {
  it('is made as the plan makes the keyspace, and is no part of what is migrated', async () => {
    await using project = await testProject({ address: cassandraAddress(), migrations: { [first]: users } });
    const { keyspace, client } = project;
    await project.write(
      'cqlform.config.ts',
      `export default { keyspace: '${keyspace}', replication: 1, ledgerKeyspace: '${keyspace}' };`,
    );
    const planned = await project.run('plan', '--no-check', '--out', 'plan.json');
    expect(planned.stdout).toContain(`CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication`);
    const other = `{'class': 'NetworkTopologyStrategy', '${cassandraAddress().localDataCenter}': 1}`;
    await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${other}`);
    const stale = await project.run('apply', 'plan.json');
    expect(stale.code).toBe(5);
    expect(stale.stderr).toContain('error[STALE_PLAN]');
    // What a run leaves that was killed when it had made the ledger: the same plan goes on from there.
    const right = `{'class': 'SimpleStrategy', 'replication_factor': 1}`;
    await client.execute(`ALTER KEYSPACE ${keyspace} WITH replication = ${right}`);
    const resumed = await project.run('apply', 'plan.json');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect((await project.run('drift', '--json')).stdout).not.toContain('journal');
    expect((await project.run('introspect')).stdout).toContain('nothing was written');

    await client.execute(`DROP KEYSPACE ${keyspace}`, [], { readTimeout: 60_000 });
    const applied = await project.run('apply', '--no-check', '--auto-approve');
    expect(applied.code, applied.stderr).toBe(0);
    const [made] = await project.rows(`SELECT * FROM system_schema.keyspaces WHERE keyspace_name = '$ks'`);
    expect(made).toMatchObject({ replication: { class: expect.stringContaining('SimpleStrategy') } });

    const dropJournal = dropEmail.replaceAll('users', 'journal').replace('alter(journal', 'drop(journal');
    await project.write(second, dropJournal.replace(", { drop: ['email'] })", ')').replace('alter,', 'drop,'));
    const refused = await project.run('apply', '--no-check', '--auto-approve');
    expect(refused.code).toBe(4);
    expect(refusal(refused).code).toBe('LEDGER_TABLE');
    expect(refused.stderr).toContain('This plan cannot be applied: see the errors above.');
    expect(refused.stderr).toContain('error[PLAN_BLOCKED]');
    expect((await project.run('check')).stdout).toContain('error[LEDGER_TABLE]');
  });
});
