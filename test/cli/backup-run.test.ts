import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';
import { refusal } from './run.ts';

const users = `
import { migration, t, table } from 'cqlform';
export default migration({
  description: 'Users',
  schema: [table('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] })],
});
`;
const script = (text: string): string => `[process.execPath, '-e', ${JSON.stringify(text)}]`;

describe('scheduled backups', { timeout: 120_000 }, () => {
  let project: TestProject;
  const succeed = async (...words: readonly string[]): Promise<Ended> => {
    const ran = await project.run(...words);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    return ran;
  };
  const listed = async (): Promise<{ id: string; strategy: string; schedule: string | null; label: string | null }[]> =>
    // the cluster is not asked
    JSON.parse((await succeed('backup', 'list', '--json', '--contact-points', '127.0.0.1:1')).stdout);
  beforeAll(async () => {
    project = await testProject({
      address: cassandraAddress(),
      migrations: { '20260101000000_users': users },
      env: { VERY_SECRET: 'hidden', WANTED: 'handed' },
      config: `backup: {
        store: { local: 'backups' },
        strategy: { kind: 'mixed', fullEvery: { backups: 2 } },
        schedules: {
          each: {
            job: 'backup',
            cron: '* * * * * *',
            retention: { last: 1 },
            hooks: {
              before: ${script("console.log('secret', process.env.VERY_SECRET, process.env.WANTED, process.env.CQLFORM_SCHEDULE)")},
              after: ${script("console.log('made', process.env.CQLFORM_BACKUPS)")},
              environment: ['WANTED'],
            },
          },
          never: {
            job: 'backup',
            cron: '0 0 1 1 *',
            hooks: { before: ${script('process.exit(7)')}, failed: ${script("console.error('sorry', process.env.CQLFORM_ERROR)")} },
          },
          check: { job: 'verify', cron: '0 3 * * *', sample: 50 },
          drill: { job: 'drill', cron: '0 4 * * SUN', timeZone: 'Europe/Berlin' },
        },
      },`,
    });
    await succeed('apply', '--no-check', '--auto-approve');
    await project.client.execute(`INSERT INTO ${project.keyspace}.users (id, email) VALUES (1, 'a@b')`);
    await succeed('backup', 'create', '--strategy', 'incremental', '--label', 'each');
  });
  afterAll(() => project?.[Symbol.asyncDispose]());

  it('are made by what stays up, kept as many as the schedule says, and end cleanly', async () => {
    const child = project.start('backup', 'run');
    let told = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const end = ended(child);
    await expect.poll(() => told.split(' each done in ').length, { timeout: 60_000, interval: 50 }).toBeGreaterThan(2);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await end;
    // stopped in a pause, or while a run was at work, which counts as not run
    expect([0, 143], stdout + stderr).toContain(code);
    expect(stdout).toContain('before | secret undefined handed each');
    expect(stdout).toMatch(/after \| made \S+/);
    expect(stdout).toContain('full: there is no full one of these tables yet');
    expect(stdout).toContain('incremental: backup 2 of 2 since');
    expect(stdout + stderr).not.toContain('hidden');
    const [byHand, ...backups] = await listed();
    // the schedule's retention is of its own backups, whatever others are labelled
    expect(byHand).toMatchObject({ schedule: null, label: 'each', strategy: 'incremental' });
    expect(stdout).toContain('1 backup gone, 1 backup of this schedule kept');
    expect(backups.length).toBeGreaterThan(0);
    expect(backups.length).toBeLessThan(3);
    expect(backups.every(({ schedule, label }) => schedule === 'each' && label === 'each')).toBe(true);
  });

  it('are run once by name, with checks and drills, and what a hook refuses is not begun', async () => {
    const refused = await project.run('backup', 'run', '--once', 'never');
    expect(refusal(refused).code).toBe('HOOK_FAILED');
    expect(refused.stdout).toContain('failed | sorry HOOK_FAILED');
    expect(refused.stdout).not.toContain('read ');
    const checked = await succeed('backup', 'run', '--once', 'check', '--json');
    const events = checked.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(events.map(({ kind }) => kind)).toEqual(['begun', 'verified', 'done']);
    expect((await succeed('backup', 'run', '--once', 'drill')).stdout).toContain('matches');
    const schedules = await succeed('backup', 'schedule', 'list', '--contact-points', '127.0.0.1:1');
    expect(schedules.stdout).toMatch(/never {2}backup {2}0 0 1 1 \* \(UTC\).*\n.*; failed \S+ with HOOK_FAILED\n/);
    expect(schedules.stdout).toMatch(/drill {2}drill {2}0 4 .*\(Europe\/Berlin\).*\n.*; done /);
    expect(refusal(await project.run('backup', 'run', '--once', 'chek'))).toMatchObject({
      code: 'SCHEDULE_UNKNOWN',
      next: expect.stringContaining('Did you mean check?'),
    });
  });

  it('say which strategy there is not, and which schedule is none', async () => {
    const unknown = refusal(await project.run('backup', 'create', '--strategy', 'sometimes'));
    expect(unknown.text).toContain('sometimes');
    const config = await readFile(join(project.folder, 'cqlform.config.ts'), 'utf8');
    await project.write(
      'cqlform.config.ts',
      config.replace('0 3 * * *', '0 25 * * *').replace('fullEvery: { backups: 2 }', ''),
    );
    const wrong = refusal(await project.run('backup', 'run'));
    expect(wrong.code).toBe('CONFIG_INVALID');
    expect(wrong.text).toMatch(/backup\.schedules\.check\.cron: .*hour: 25/);
    expect(wrong.text).toContain('{"kind":"mixed"} is no strategy');
    await project.write('cqlform.config.ts', config);
  });
});
