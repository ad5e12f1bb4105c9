import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type HttpFaultProxy, httpFaultProxy } from '../support/http-fault-proxy.ts';
import { installTimeoutMs, type ObjectServer, s3Server } from '../support/object-stores.ts';
import { type Ended, type TestProject, testProject } from '../support/project.ts';
import { refusal } from './run.ts';

const first = '20260101000000_users';
const second = '20260102000000_no_users';
const users = `
import { migration, t, table } from 'cqlform';
export default migration({
  description: 'Users',
  schema: [table('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] })],
});
`;
const noUsers = `
import { drop, existing, migration, t } from 'cqlform';
const users = existing('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'No more users', schema: [drop(users)] });
`;

describe('backups in a cloud', { timeout: 240_000 }, () => {
  let server: ObjectServer;
  let project: TestProject;
  let proxy: HttpFaultProxy;
  const forbidden: string[] = [];
  const succeed = async (...words: readonly string[]): Promise<Ended> => {
    const ran = await project.run(...words);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    return ran;
  };
  beforeAll(async () => {
    server = await s3Server();
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'very-secret' };
    const options = { endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true, credentials };
    await new S3Client(options).send(new CreateBucketCommand({ Bucket: 'backups' }));
    proxy = await httpFaultProxy(server.endpoint);
    // As the bucket policy of the guide: what deletes is refused, and what may replace.
    proxy.judge((call, headers) => {
      const creates = !/[?&]partNumber=|[?&]uploads/.test(call) && /^(?:PUT|POST) /.test(call);
      const isAllowed = call.startsWith('DELETE ') ? false : !creates || headers['if-none-match'] === '*';
      if (isAllowed) return 'pass';
      forbidden.push(call);
      return { status: 403, body: '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' };
    });
    const login = `credentials: { accessKeyId: 'AKIA', secretAccessKey: { kind: 'env', name: 'BACKUP_SECRET' } }`;
    project = await testProject({
      address: cassandraAddress(),
      migrations: { [first]: users },
      config: `backup: {
        store: { url: 's3://backups/shop', endpoint: '${server.endpoint}', region: 'us-east-1', ${login} },
        encryption: { passphrase: { kind: 'env', name: 'BACKUP_PASSPHRASE' } },
        schedules: {
          hourly: { job: 'backup', cron: '0 * * * *', store: 'vault' },
          wrong: { job: 'backup', cron: '0 * * * *', store: 'vault', retention: { last: 1 } },
        },
        stores: {
          vault: { url: 's3://backups/vault', endpoint: '${proxy.endpoint}', region: 'us-east-1', appendOnly: true, ${login} },
          naive: { url: 's3://backups/naive', endpoint: '${proxy.endpoint}', region: 'us-east-1', ${login} },
          nowhere: { url: 's3://nowhere', endpoint: '${server.endpoint}', region: 'us-east-1', ${login} },
        },
      },`,
      env: {
        BACKUP_SECRET: 'very-secret',
        BACKUP_PASSPHRASE: 'several words, all very-secret',
        NEW_PASSPHRASE: 'other words, as very-secret',
        CI: 'true',
      },
    });
    await succeed('apply', '--no-check', '--auto-approve');
    for (const id of [1, 2, 3])
      await project.client.execute(`INSERT INTO ${project.keyspace}.users (id, email) VALUES (${id}, 'a@b')`);
    await project.write(second, noUsers);
  }, installTimeoutMs);
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it('are made on demand; the second stores what has changed, and a full one everything', async () => {
    const create = async (...words: readonly string[]): Promise<Record<string, unknown>> =>
      JSON.parse((await succeed('backup', 'create', '--json', ...words)).stdout) as Record<string, unknown>;
    const first = await create('--label', 'by hand');
    expect(first).toMatchObject({
      store: 's3://backups/shop',
      tables: [{ table: 'users', rows: 3 }],
      chunks: 1,
      newChunks: 1,
    });
    const second = await create('users');
    expect(second).toMatchObject({ chunks: 1, bytes: first['bytes'], newChunks: 0, newBytes: 0 });
    const full = await create('users', '--columns', 'email', '--strategy', 'full');
    expect(full).toMatchObject({ tables: [{ columns: ['email'] }], newChunks: 1, newBytes: full['bytes'] });
    for (const { id } of [first, second, full]) await succeed('backup', 'verify', String(id));
    for (const words of [['nobody'], ['users', '--columns', 'id'], ['users', '--columns', 'name']]) {
      expect(refusal(await project.run('backup', 'create', ...words)).code).toBe('BACKUP_SCOPE');
    }
  });

  it('go where nothing may be deleted or replaced, and are pruned by those who may', async () => {
    const create = async (): Promise<Record<string, unknown>> =>
      JSON.parse((await succeed('backup', 'create', '--to', 'vault', '--json')).stdout) as Record<string, unknown>;
    const first = await create();
    expect(first).toMatchObject({ rows: 3, newRows: 3, newChunks: 1 });
    expect(await create()).toMatchObject({ newRows: 0, newChunks: 0, chunks: 1 });
    expect((await succeed('backup', 'run', '--once', 'hourly')).stdout).toContain('reused  3 rows in 1 chunk');
    await succeed('backup', 'verify', String(first['id']), '--store', 'vault');
    const refused = [
      ['backup', 'prune', '--keep-last', '1', '--store', 'vault'],
      ['backup', 'run', '--once', 'wrong'],
    ];
    for (const words of refused) {
      const ended = await project.run(...words);
      expect(refusal(ended).code, words.join(' ')).toBe('STORE_APPEND_ONLY');
      expect(ended.code).toBe(4);
    }
    expect(forbidden).toEqual([]);
    // the policy bites: who does not say that the place is append-only is stopped by it
    expect(refusal(await project.run('backup', 'create', '--to', 'naive')).code).toBe('STORE_DENIED');
    expect(forbidden.splice(0)).not.toEqual([]);
    const config = await readFile(join(project.folder, 'cqlform.config.ts'), 'utf8');
    const may = config.replaceAll(proxy.endpoint, server.endpoint).replace('appendOnly: true, ', '');
    await project.write('cqlform.config.ts', may);
    const pruned = await succeed('backup', 'prune', '--keep-last', '1', '--store', 'vault', '--json');
    expect(JSON.parse(pruned.stdout)).toMatchObject({ forgotten: 2, alive: [] });
    await project.write('cqlform.config.ts', config);
    expect(await create()).toMatchObject({ newChunks: 0 });
    expect(forbidden).toEqual([]);
  });

  it('are encrypted, made before a table is dropped, checked, listed, and restored by a rollback after the passphrase was changed', async () => {
    const before = await project.rows('SELECT id, email, writetime(email) AS at FROM $ks.users');
    const applied = await succeed(
      'apply',
      '--no-check',
      '--auto-approve',
      `--allow-destructive=${project.keyspace}.users`,
    );
    expect(applied.stdout + applied.stderr).toContain('s3://backups/shop');
    expect(applied.stdout + applied.stderr).not.toContain('very-secret');
    const { stdout } = await succeed('backup', 'list', '--json');
    const { id, store } = (JSON.parse(stdout) as { id: string; store: string }[]).at(-1) ?? { id: '', store: '' };
    expect(store).toBe('s3://backups/shop');
    await succeed('backup', 'verify', id, '--store', 's3://backups/shop/');
    const pruned = JSON.parse((await succeed('backup', 'prune', '--keep-last', '1', '--json')).stdout) as {
      backups: { id: string; reasons: string[] }[];
    };
    expect(pruned).toMatchObject({ forgotten: 2, deleted: 0 });
    const needed = pruned.backups.find((one) => one.id === id);
    expect(needed?.reasons).toContain(`rollback of ${second} needs it`);
    expect(refusal(await project.run('backup', 'prune', '--forget', id)).code).toBe('BACKUP_NEEDED');
    expect(refusal(await project.run('backup', 'prune')).code).toBe('RETENTION_EMPTY');
    const added = await succeed('backup', 'key', 'add', '--passphrase-variable', 'NEW_PASSPHRASE', '--label', 'night');
    expect(added.stdout).toContain('Key 2 opens the backups now.');
    expect(refusal(await project.run('backup', 'key', 'remove', '1')).code).toBe('BACKUP_KEY_IN_USE');
    const config = await readFile(join(project.folder, 'cqlform.config.ts'), 'utf8');
    await project.write('cqlform.config.ts', config.replace('BACKUP_PASSPHRASE', 'NEW_PASSPHRASE'));
    await succeed('backup', 'key', 'remove', '1');
    const { stdout: keys } = await succeed('backup', 'key', 'list');
    expect(keys).toMatch(/^2 {2}passphrase {2}\S+ {2}night\n$/);
    await project.write('cqlform.config.ts', config);
    expect(refusal(await project.run('backup', 'verify', id)).code).toBe('BACKUP_LOCKED');
    await project.write('cqlform.config.ts', config.replace('BACKUP_PASSPHRASE', 'NEW_PASSPHRASE'));
    await succeed('rollback', '--auto-approve');
    expect(await project.rows('SELECT id, email, writetime(email) AS at FROM $ks.users')).toEqual(before);
  });

  it('say what is wrong with the place', async () => {
    const nowhere = await project.run('backup', 'list', '--store', 'nowhere');
    expect(refusal(nowhere).code).toBe('STORE_MISSING');
    const unknown = await project.run('backup', 'list', '--store', 'elsewhere');
    expect(refusal(unknown)).toMatchObject({ code: 'STORE_UNKNOWN', next: expect.stringContaining('`nowhere`') });
    const withKey = await project.run('backup', 'list', '--store', 's3://key:very-secret@bucket/path');
    expect(refusal(withKey).code).toBe('STORE_UNKNOWN');
    expect(withKey.stdout + withKey.stderr).not.toContain('very-secret');
  });
});
