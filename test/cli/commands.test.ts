import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, type TestProject, testProject } from '../support/project.ts';
import { errorOf, refusal } from './run.ts';

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
const first = '20260101000000_users';
const second = '20260102000000_drop_email';

const eventKinds: ReadonlySet<string> = new Set<RunEvent['kind'] | 'error' | 'nothing-to-do'>([
  ...([
    'run-start',
    'lease',
    'preflight',
    'step-start',
    'progress',
    'waiting',
    'schema-agreement',
    'accounts',
  ] as const),
  ...(['step-done', 'migration-done', 'warning', 'run-done', 'error', 'nothing-to-do'] as const),
]);

function eventsOf({ stdout }: Ended): readonly { readonly kind: string }[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
}

describe('the commands, on one keyspace from its first table to its last rollback', { timeout: 240_000 }, () => {
  let project: TestProject;
  const json = async <T = Record<string, unknown>>(...words: readonly string[]): Promise<T> => {
    const ended = await project.run(...words, '--json');
    expect(ended.code, ended.stderr).toBe(0);
    return JSON.parse(ended.stdout) as T;
  };
  beforeAll(async () => {
    project = await testProject({ address: cassandraAddress(), migrations: { [first]: users } });
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it('looks at a keyspace where nothing was ever run', async () => {
    const status = await project.run('status', '--detailed-exitcode');
    expect(status.code, status.stderr).toBe(2);
    expect(status.stdout).toContain('does not exist yet');
    expect(status.stdout).toContain(`${first}  pending`);
    expect(status.stderr).toBe('Next: `cqlform plan`\n');
    expect(await json<unknown[]>('history')).toEqual([]);
    expect(await json<unknown[]>('drift')).toEqual([]);
    expect(await json<unknown>('lock', 'status')).toBeNull();
    expect(await json<unknown[]>('backup', 'list')).toEqual([]);
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code).toBe(64);
    expect(refusal(back).code).toBe('NOTHING_TO_ROLL_BACK');
  });

  it('plans as text, markdown and JSON, to stdout and to a file', async () => {
    const text = await project.run('plan', '--no-check', '--detailed-exitcode', '--out', 'plan.json');
    expect(text.code, text.stderr).toBe(2);
    expect(text.stdout).toContain(`+ ${project.keyspace}.users  create table users`);
    expect(text.stdout).toContain('undo: ');
    expect(text.stdout).toContain('Plan: 2 to add, 0 to change, 0 to rebuild, 0 to destroy.');
    expect(text.stderr).toBe('Next: `cqlform apply plan.json`\n');
    const kept = JSON.parse(await readFile(join(project.folder, 'plan.json'), 'utf8')) as { hash: string };
    expect(await json('plan', '--no-check')).toMatchObject({ hash: kept.hash, kind: 'apply', applyable: true });
    const markdown = await project.run('plan', '--no-check', '--format', 'markdown');
    expect(markdown.code).toBe(0);
    expect(markdown.stdout).toContain('| | where | what | rows | undo |');
    const shown = await project.run('show', 'plan.json');
    expect(shown.stdout).toBe(text.stdout);
  });

  it('asks nobody without a terminal', async () => {
    const ended = await project.run('apply', '--no-check');
    expect(ended.code).toBe(3);
    expect(ended.stdout).toBe('');
    expect(refusal(ended)).toMatchObject({ code: 'APPROVAL_MISSING' });
    expect(refusal(ended).next).toContain('--auto-approve');
    expect(await json<unknown[]>('history')).toEqual([]);
  });

  it('applies the plan of the file, telling events of known kinds, and never twice', async () => {
    const applied = await project.run('apply', 'plan.json', '--json');
    expect(applied.code, applied.stderr).toBe(0);
    const events = eventsOf(applied);
    expect(events.filter((event) => !eventKinds.has(event.kind))).toEqual([]);
    expect(events.map((event) => event.kind)).toEqual(expect.arrayContaining(['run-start', 'step-done', 'run-done']));
    expect(applied.stderr).toBe('');
    const twice = await project.run('apply', 'plan.json');
    expect(twice.code).toBe(5);
    expect(refusal(twice).code).toBe('PLAN_ALREADY_APPLIED');
  });

  it('has nothing to do then', async () => {
    const ended = await project.run('apply', '--no-check');
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('No changes');
    expect(eventsOf(await project.run('apply', '--no-check', '--json'))).toMatchObject([{ kind: 'nothing-to-do' }]);
    const status = await project.run('status', '--detailed-exitcode');
    expect(status.code).toBe(0);
    expect(status.stdout).toContain('1 applied, 0 pending.');
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users DROP tags`);
    const empty = await project.run('plan', '--no-check', '--detailed-exitcode');
    expect(empty.code, empty.stderr).toBe(2);
    expect(empty.stdout).toContain('Nothing is pending, but the keyspace is not as it was recorded');
    expect(empty.stderr).toBe('Next: `cqlform drift` shows what differs.\n');
    const drifted = await project.run('apply', '--no-check', '--json');
    expect(eventsOf(drifted)).toMatchObject([{ kind: 'nothing-to-do', drift: [`${project.keyspace}.users.tags`] }]);
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users ADD tags set<text>`);
  });

  it('wants consent for each loss, by address', async () => {
    await project.client.execute(`INSERT INTO ${project.keyspace}.users (id, email) VALUES (1, 'a@b')`);
    await project.write(second, dropEmail);
    const address = `${project.keyspace}.users.email`;
    const refused = await project.run('apply', '--no-check', '--auto-approve', '--json');
    expect(refused.code).toBe(3);
    expect(errorOf(refused)).toMatchObject({ code: 'CONSENT_MISSING', fields: { addresses: [address] } });
    const plan = await project.run('plan', '--no-check');
    expect(plan.stdout).toContain(`needs --allow-destructive=${address}`);
    expect(plan.stderr).toBe(`Next: \`cqlform apply --allow-destructive=${address}\`\n`);
    // Separated by a space, and in front of a positional that it must not swallow.
    await project.run('plan', '--no-check', '--out', 'drop.json');
    const applied = await project.run('apply', '--allow-destructive', address, 'drop.json');
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toBe('');
    expect(applied.stderr).toMatch(/Applied\. Next: `cqlform status`/);
  });

  it('remembers every run with its plan', async () => {
    const history = await project.run('history', '--steps');
    expect(history.code).toBe(0);
    expect(history.stdout.match(/ {2}apply {2}done {2}/g)).toHaveLength(2);
    expect(history.stdout).toContain(`${second}/`);
    const [run] = await json<{ run: { id: string } }[]>('history');
    expect(await json('show', run?.run.id ?? '')).toMatchObject({ sections: [{ migration: first }] });
    expect(await json('show', second)).toMatchObject({ sections: [{ migration: second }] });
    const unknown = await project.run('show', 'nobody');
    expect(unknown.code).toBe(64);
    expect(refusal(unknown).code).toBe('NOT_IN_LEDGER');
  });

  it('lists, shows, verifies and restores the backup that was taken', async () => {
    const [backup] = await json<{ id: string }[]>('backup', 'list');
    const id = backup?.id ?? '';
    expect((await project.run('backup', 'list')).stdout).toContain(id);
    const shown = await project.run('backup', 'show', id);
    expect(shown.stdout).toContain('1 row');
    expect(await json('backup', 'verify', id)).toMatchObject({ rows: 1, damage: [] });
    await project.client.execute(
      `CREATE TABLE ${project.keyspace}.copy (id int PRIMARY KEY, email text, tags set<text>)`,
    );
    expect(await json('backup', 'restore', id, '--into', 'copy')).toMatchObject({ tables: [{ rows: 1 }] });
    expect(await project.rows('SELECT id, email FROM $ks.copy')).toEqual([{ id: 1, email: 'a@b' }]);
    const full = await project.run('backup', 'restore', id, '--into', 'copy');
    expect(full.code).toBe(3);
    expect(refusal(full)).toMatchObject({ code: 'TABLE_NOT_EMPTY' });
    await project.client.execute(`UPDATE ${project.keyspace}.copy SET email = 'x' WHERE id = 1`);
    const exact = await project.run('backup', 'restore', id, '--into', 'copy', '--exact');
    expect(exact.code, exact.stderr).toBe(0);
    expect(await project.rows('SELECT id, email FROM $ks.copy')).toEqual([{ id: 1, email: 'a@b' }]);
    for (const verb of ['show', 'verify', 'restore']) {
      const unknown = await project.run('backup', verb, 'nothing');
      expect(unknown.code).toBe(64);
      expect(refusal(unknown).code).toBe('BACKUP_UNKNOWN');
    }
  });

  it('takes it back by a rollback plan from a file', async () => {
    const planned = await project.run('rollback', '--plan');
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('Rollback plan for keyspace');
    expect(planned.stderr).toBe('Next: `cqlform rollback`\n');
    const kept = await project.run('rollback', '--out', 'back.json');
    expect(kept.code, kept.stderr).toBe(0);
    const refused = await project.run('rollback');
    expect(refused.code).toBe(3);
    expect(refusal(refused).next).toContain('`cqlform rollback --out plan.json`');
    const back = await project.run('apply', 'back.json');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stderr).toContain('Rolled back.');
    expect(await project.rows('SELECT id, email FROM $ks.users')).toEqual([{ id: 1, email: 'a@b' }]);
  });

  it('names drift: what was recorded, what is live, and a table that was made anew', async () => {
    expect((await project.run('drift', '--no-unmanaged')).stdout).toContain('No drift');
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users ADD phone text`);
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users DROP tags`);
    const changed = await project.run('drift', '--detailed-exitcode');
    expect(changed.code, changed.stderr).toBe(2);
    expect(changed.stdout).toContain(`${project.keyspace}.users.tags recorded, but not there`);
    expect(changed.stdout).toContain(`${project.keyspace}.users.phone is there, but no migration names it`);
    expect(changed.stdout).toContain(`${project.keyspace}.copy is there, but no migration names it`);
    expect(changed.stderr).toContain('cqlform resolve --accept');
    const accepted = await project.run('resolve', '--accept', `${project.keyspace}.users`);
    expect(accepted.code, accepted.stderr).toBe(0);
    expect((await project.run('drift', '--detailed-exitcode')).code).toBe(0);
    await project.client.execute(`DROP TABLE ${project.keyspace}.users`);
    await project.client.execute(`CREATE TABLE ${project.keyspace}.users (id int PRIMARY KEY, email text, phone text)`);
    const recreated = await project.run('drift');
    expect(recreated.code).toBe(0);
    expect(recreated.stdout).toContain(`${project.keyspace}.users was dropped and created again (its id changed)`);
    expect(recreated.stdout).toMatch(/recorded: .*[0-9a-f-]{36}/);
    expect(recreated.stdout).toMatch(/live: .*[0-9a-f-]{36}/);
    const blocked = await project.run('rollback', '--auto-approve');
    expect(blocked.code).toBe(4);
    expect(refusal(blocked)).toMatchObject({ code: 'DRIFT_IN_THE_WAY' });
    expect(refusal(blocked).text).toContain(`${project.keyspace}.users: table users was dropped and created again`);
    expect(blocked.stderr).toContain('error[PLAN_BLOCKED]');
    expect((await project.run('resolve', '--accept-all')).code).toBe(0);
    const nothing = await project.run('resolve', '--accept', `${project.keyspace}.users`);
    expect(nothing.code).toBe(64);
    refusal(nothing);
    const both = await project.run('resolve', '--accept-all', '--applied', first);
    expect(both.code).toBe(64);
  });

  it('takes everything back with --to 0', async () => {
    const left = await project.run('rollback', '--to', '0', '--leave', 'nothing.here', '--auto-approve');
    expect(left.code).toBe(64);
    expect(refusal(left).code).toBe('LEAVE_UNKNOWN');
    const unknown = await project.run('rollback', '--to', 'nobody', '--auto-approve');
    expect(unknown.code).toBe(64);
    expect(refusal(unknown).code).toBe('MIGRATION_NOT_APPLIED');
    const address = `${project.keyspace}.users`;
    const back = await project.run('rollback', '--to', '0', '--auto-approve', `--allow-destructive=${address}`);
    expect(back.code, back.stderr).toBe(0);
    expect((await project.run('status')).stdout).toContain('0 applied, 2 pending.');
  });
});

describe('a keyspace that was there before', { timeout: 240_000 }, () => {
  it('is recorded by baseline when it is what the migrations say, and refused when not', async () => {
    await using project = await testProject({ address: cassandraAddress(), migrations: { [first]: users } });
    const replication = `{'class': 'SimpleStrategy', 'replication_factor': 1}`;
    await project.client.execute(`CREATE KEYSPACE ${project.keyspace} WITH replication = ${replication}`);
    await project.client.execute(`CREATE TABLE ${project.keyspace}.users (id int PRIMARY KEY, email text)`);
    const refused = await project.run('baseline');
    expect(refused.code).toBe(4);
    expect(refusal(refused)).toMatchObject({ code: 'BASELINE_DIFFERS' });
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users ADD tags set<text>`);
    const recorded = await project.run('baseline', '--json');
    expect(recorded.code, recorded.stderr).toBe(0);
    expect(JSON.parse(recorded.stdout)).toEqual({ recorded: [first] });
    expect(refusal(await project.run('baseline')).code).toBe('ALREADY_RECORDED');
    const shown = await project.run('show', first);
    expect(shown.code, shown.stderr).toBe(0);
    expect(shown.stdout).toContain('table users is there already and becomes managed');
    expect(shown.stdout).toContain('Plan: 0 to add, 0 to change, 0 to rebuild, 0 to destroy, 1 to adopt.');
    expect((await project.run('plan', '--no-check')).stdout).toContain('No changes');
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code).toBe(4);
    expect(refusal(back).code).toBe('BASELINED');
    await project.write(first, users.replace('email: t.text()', 'mail: t.text()'));
    expect(refusal(await project.run('plan')).text).toContain('has been edited since: table users changed');
  });
});

describe('lock and dev', { timeout: 240_000 }, () => {
  it('say what is there, and break a lease only by force', async () => {
    await using project = await testProject({ address: cassandraAddress() });
    expect((await project.run('lock', 'status')).stdout).toBe('Nobody holds the lease.\n');
    expect(refusal(await project.run('lock', 'release'))).toMatchObject({ code: 'FORCE_MISSING' });
    expect((await project.run('lock', 'release', '--force')).stdout).toBe('Nobody held the lease.\n');
    const dev = await project.run('dev', 'status');
    expect(dev.code, dev.stderr).toBe(0);
    expect(dev.stdout).toContain('No development cluster');
    expect(dev.stderr).toBe('Next: `cqlform dev up`\n');
    expect(JSON.parse((await project.run('dev', 'status', '--json')).stdout)).toMatchObject({ kind: 'absent' });
  });
});
