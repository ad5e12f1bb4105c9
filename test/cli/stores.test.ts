import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';
import { program, refusal, runIn } from './run.ts';

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

/** Every file of a store below a folder, by what its path contains. */
async function filesOf(folder: string, part: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.includes(part));
}

describe('where backups go', { timeout: 240_000 }, () => {
  let project: TestProject;
  let drop: readonly string[] = [];
  const rows = (): Promise<unknown> => project.rows('SELECT id, email FROM $ks.users');
  const stored = [
    { id: 1, email: 'a@b' },
    { id: 2, email: 'c@d' },
  ];
  const inCi = (...words: readonly string[]): Promise<Ended> => {
    const { host, port } = cassandraAddress();
    return runIn({ folder: project.folder, env: { CI: 'true', CQLFORM_CONTACT_POINTS: `${host}:${port}` } }, ...words);
  };
  beforeAll(async () => {
    project = await testProject({
      address: cassandraAddress(),
      migrations: { [first]: users },
      config: `backup: { store: { local: 'backups' } },`,
    });
    const applied = await project.run('apply', '--no-check', '--auto-approve');
    expect(applied.code, applied.stderr).toBe(0);
    for (const { id, email } of stored)
      await project.client.execute(`INSERT INTO ${project.keyspace}.users (id, email) VALUES (${id}, '${email}')`);
    await project.write(second, dropEmail);
    drop = ['apply', '--no-check', '--auto-approve', `--allow-destructive=${project.keyspace}.users.email`];
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it('is never the disk of a CI job, unless that was said', async () => {
    const planned = await inCi('plan', '--no-check');
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('warning[BACKUP_PLACE_VANISHES]');
    const refused = await inCi(...drop);
    expect(refused.code).toBe(4);
    expect(refusal(refused)).toMatchObject({ code: 'BACKUP_PLACE_VANISHES' });
    expect(refusal(refused).text).toContain('its disk goes away');
    expect(refusal(refused).next).toContain(`--backup-store local:${join(project.folder, 'backups')}`);
    expect(await rows()).toEqual(stored);
    const said = await inCi('plan', '--no-check', '--backup-store', 'local:backups');
    expect(said.stdout).not.toContain('BACKUP_PLACE_VANISHES');
    const cluster = await inCi('plan', '--no-check', '--backup-store', 'cluster');
    expect(cluster.stdout).not.toContain('BACKUP_PLACE_VANISHES');
  });

  it('is a kind of store that there is', async () => {
    const ended = await project.run(...drop, '--backup-store', 'moon:/far');
    expect(ended.code).toBe(64);
    expect(refusal(ended).code).toBe('STORE_UNKNOWN');
  });

  it('is looked into only where it is', async () => {
    for (const place of ['local:nowhere', `cluster:${project.keyspace}_nowhere`]) {
      const listed = await project.run('backup', 'list', '--store', place);
      expect(listed.code, listed.stdout).toBe(64);
      expect(refusal(listed).code).toBe('STORE_MISSING');
    }
  });

  it('is a folder that can be written, or nothing is destroyed', async () => {
    await writeFile(join(project.folder, 'occupied'), 'a file where a folder should be');
    const ended = await project.run(...drop, '--backup-store', 'local:occupied');
    expect(ended.code).not.toBe(0);
    expect(refusal(ended).code).toMatch(/^STORE_/);
    expect(await rows()).toEqual(stored);
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code, back.stderr).toBe(0);
  });

  it('has room, or nothing is destroyed, and the run goes on when there is', async () => {
    const { host, port } = cassandraAddress();
    const env = { ...process.env, CI: '', NO_COLOR: '1', CQLFORM_CONTACT_POINTS: `${host}:${port}` };
    // A limit of no bytes per file is as full as a disk can be, and needs no rights to make.
    const words = [process.execPath, program, ...drop, '--backup-store', 'local:full'].map((word) => `'${word}'`);
    const full = await ended(
      spawn('sh', ['-c', `ulimit -f 0; exec ${words.join(' ')}`], {
        cwd: project.folder,
        env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    expect(full.code).not.toBe(0);
    expect(refusal(full).code).toBe('STORE_FULL');
    expect(await rows()).toEqual(stored);
    const status = await project.run('status');
    expect(status.stdout).toContain('STORE_FULL');
    expect(status.stderr).toContain('`cqlform apply` goes on');
    const onward = await project.run(...drop, '--backup-store', 'local:elsewhere');
    expect(onward.code, onward.stderr).toBe(0);
    const listed = await project.run('backup', 'list', '--store', 'local:elsewhere');
    expect(listed.stdout).toContain('users (email)  2 rows');
  });

  it('is whole, or rollback refuses before it changes anything', async () => {
    const store = join(project.folder, 'elsewhere');
    const { stdout } = await project.run('backup', 'list', '--store', 'local:elsewhere', '--json');
    const [{ id }] = JSON.parse(stdout) as [{ id: string }];
    const columns = (): Promise<unknown> =>
      project.rows(`SELECT column_name FROM system_schema.columns WHERE keyspace_name = '${project.keyspace}'`);
    const damages: readonly (readonly [part: string, damage: (bytes: Buffer) => Buffer])[] = [
      ['pack', (bytes) => bytes.subarray(0, bytes.length - 8)],
      ['pack', (bytes) => flipped(bytes)],
      ['manifest', (bytes) => flipped(bytes)],
      ['manifest', (bytes) => bytes.subarray(0, bytes.length / 2)],
      ['manifest', () => Buffer.alloc(0)],
    ];
    for (const [part, damage] of damages) {
      const [path] = await filesOf(store, part);
      if (path === undefined) throw new Error(`no ${part} in ${(await filesOf(store, '')).join(', ')}`);
      const whole = await readFile(path);
      await writeFile(path, damage(whole));
      const verified = await project.run('backup', 'verify', id, '--store', 'local:elsewhere');
      expect(verified.code, `${part}: ${verified.stdout}${verified.stderr}`).toBe(8);
      if (part === 'manifest') {
        const listed = await project.run('backup', 'list', '--store', 'local:elsewhere');
        expect(listed.code).toBe(8);
        expect(refusal(listed).text).toContain(
          `has damaged backups, whose manifests cannot be read: ${id} (manifests/`,
        );
      }
      const back = await project.run('rollback', '--auto-approve');
      expect(back.code, `${part}: ${back.stderr}`).toBe(8);
      refusal(back);
      expect(await columns()).toEqual([{ column_name: 'id' }]);
      await writeFile(path, whole);
    }
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code, back.stderr).toBe(0);
    expect(await rows()).toEqual(stored);
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(copy.length / 2);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
