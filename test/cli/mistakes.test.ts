import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, type TestProject, testProject } from '../support/project.ts';
import { errorOf, refusal, runIn } from './run.ts';

const users = `
import { migration, t, table } from 'cqlform';
export default migration({
  description: 'Users',
  schema: [table('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] })],
});
`;
const first = '20260101000000_users';

describe('a configuration that is not right', { timeout: 240_000 }, () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cqlform-config-'));
    await mkdir(join(folder, 'migrations'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const nowhere = { CQLFORM_CONTACT_POINTS: undefined, CQLFORM_KEYSPACE: undefined };
  const status = async (config: string, ...words: readonly string[]): Promise<Ended> => {
    await writeFile(join(folder, 'cqlform.config.ts'), config);
    return runIn({ folder, env: nowhere }, 'status', ...words);
  };
  const own = (members: string): string =>
    `import { defineConfig, env } from 'cqlform';\nexport default defineConfig({ ${members} });\n`;

  const cases: readonly (readonly [what: string, config: string, code: string, text: RegExp])[] = [
    ['an unknown key', own(`keyspace: 'a', contactPonits: ['x']`), 'CONFIG_INVALID', /contactPonits/],
    ['a wrong type', own(`keyspace: 5`), 'CONFIG_INVALID', /keyspace.*expected string/],
    ['no keyspace', own(''), 'CONFIG_INVALID', /keyspace/],
    ['no default export', `export const config = { keyspace: 'a' };`, 'CONFIG_INVALID', /default export/],
    [
      'a list of nothing',
      own(`keyspace: 'a', contactPoints: [' ']`),
      'CONTACT_POINT_INVALID',
      /\[" "\] names no contact/,
    ],
    [
      'nothing but commas',
      own(`keyspace: 'a', contactPoints: ','`),
      'CONTACT_POINT_INVALID',
      /"," names no contact point/,
    ],
    [
      'a port that is none',
      own(`keyspace: 'a', contactPoints: 'n1, [::1]:99999'`),
      'CONTACT_POINT_INVALID',
      /"\[::1\]:99999"/,
    ],
    ['a syntax error', `export default {`, 'CONFIG_SYNTAX', /cqlform\.config\.ts/],
    [
      'a password in an address',
      own(`keyspace: 'a', sources: { shop: { url: 'mysql://reader:s3cret@db/shop' } }`),
      'CONFIG_INVALID',
      /^(?!.*s3cret).*sources\.shop\.url: it has a password in the clear/s,
    ],
    [
      'a password in the clear',
      own(`keyspace: 'a', sources: { shop: { host: 'db', database: 'shop', password: 's3cret' } }`),
      'CONFIG_INVALID',
      /^(?!.*s3cret).*sources\.shop\.password: a password does not stand here in the clear/s,
    ],
    [
      "a cluster's password in the clear",
      own(
        `keyspace: 'a', sources: { old: { contactPoints: 'x', keyspace: 'b', credentials: { username: 'u', password: 's3cret' } } }`,
      ),
      'CONFIG_INVALID',
      /^(?!.*s3cret).*sources\.old\.credentials\.password: a password does not stand here in the clear/s,
    ],
    [
      'a bundle beside addresses',
      own(`keyspace: 'a', sources: { old: { contactPoints: 'x', secureConnectBundle: 'x.zip', keyspace: 'b' } }`),
      'CONFIG_INVALID',
      /sources\.old.*contactPoints/,
    ],
    [
      'an unknown setting of a source',
      own(`keyspace: 'a', sources: { shop: { file: 'x.db', readonly: true } }`),
      'CONFIG_INVALID',
      /sources\.shop.*readonly/,
    ],
    [
      "a bucket's key in the clear",
      own(
        `keyspace: 'a', backup: { store: { url: 's3://b', credentials: { accessKeyId: 'x', secretAccessKey: 's3cret' } } }`,
      ),
      'CONFIG_INVALID',
      /^(?!.*s3cret).*backup\.store\.credentials\.secretAccessKey: a secret does not stand here in the clear/s,
    ],
    [
      'a place for backups that is none',
      own(`keyspace: 'a', backup: { stores: { other: 'ftp://somewhere' } }`),
      'CONFIG_INVALID',
      /backup\.stores\.other: name it as 'cluster', \{ local: 'folder' \}, or s3:/,
    ],
    [
      'an unknown setting of a bucket',
      own(`keyspace: 'a', backup: { store: { url: 'gs://b', pathStyle: true } }`),
      'CONFIG_INVALID',
      /backup\.store.*pathStyle/,
    ],
    ['a missing variable', own(`keyspace: 'a', contactPoints: env('NOWHERE_SET')`), 'ENV_MISSING', /NOWHERE_SET/],
    ['a throw of its own', `throw new Error('no luck');`, 'CONFIG_THROWS', /no luck/],
  ];
  it.each(cases)('%s', async (_what, config, code, text) => {
    const ended = await status(config);
    const said = refusal(ended);
    expect(said.code).toBe(code);
    expect(said.text).toMatch(text);
    expect(ended.code).toBe(64);
    expect(ended.stdout).toBe('');
  });

  it('an environment that it does not have', async () => {
    const ended = await status(own(`keyspace: 'a', environments: { staging: {}, production: {} }`), '--env', 'prod');
    expect(ended.code).toBe(64);
    expect(refusal(ended)).toMatchObject({ code: 'ENVIRONMENT_UNKNOWN', next: 'Use one of: staging, production.' });
  });

  it('names no cluster, or is not there at all', async () => {
    expect(refusal(await status(own(`keyspace: 'a'`)))).toMatchObject({ code: 'NO_CLUSTER' });
    await rm(join(folder, 'cqlform.config.ts'));
    const none = await runIn({ folder, env: nowhere }, 'plan', '--json');
    expect(none.code).toBe(64);
    expect(errorOf(none)).toMatchObject({ code: 'CONFIG_MISSING' });
    const wrong = await runIn({ folder, env: nowhere }, 'plan', '--config', 'other.ts');
    expect(refusal(wrong).text).toContain('other.ts');
  });

  it('a cluster that does not answer', async () => {
    const ended = await status(own(`keyspace: 'a', contactPoints: ['127.0.0.1:1']`));
    expect(ended.code).toBe(1);
    expect(refusal(ended)).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(refusal(ended).text).toContain('127.0.0.1:1: connection refused');
    expect(refusal(ended).next).toContain('cqlform dev up');
  });
});

describe('the environment variables', { timeout: 240_000 }, () => {
  it('say what the flags say, and the flags win', async () => {
    const { host, port } = cassandraAddress();
    const folder = await mkdtemp(join(tmpdir(), 'cqlform-env-'));
    try {
      await mkdir(join(folder, 'migrations'));
      const env = { CQLFORM_CONTACT_POINTS: `${host}:${port}`, CQLFORM_KEYSPACE: 'cli_env_nothing' };
      const plain = await runIn({ folder, env }, 'status', '--json');
      expect(plain.code, plain.stderr).toBe(0);
      expect(JSON.parse(plain.stdout)).toMatchObject({ keyspace: 'cli_env_nothing', keyspaceExists: false });
      const flag = await runIn({ folder, env }, 'status', '--json', '--keyspace', 'cli_env_other');
      expect(JSON.parse(flag.stdout)).toMatchObject({ keyspace: 'cli_env_other' });
      const dc = await runIn({ folder, env: { ...env, CQLFORM_LOCAL_DC: 'atlantis' } }, 'status');
      expect(dc.code).toBe(1);
      expect(refusal(dc).text).toContain('atlantis');
      await writeFile(
        join(folder, 'other.config.ts'),
        `export default { keyspace: 'cli_env_file', environments: { blue: { keyspace: 'cli_env_blue' } } };`,
      );
      const named = { ...env, CQLFORM_KEYSPACE: undefined, CQLFORM_CONFIG: 'other.config.ts', CQLFORM_ENV: 'blue' };
      const blue = await runIn({ folder, env: named }, 'status', '--json');
      expect(JSON.parse(blue.stdout)).toMatchObject({ keyspace: 'cli_env_blue', environment: 'blue' });
      const halfway = await runIn({ folder, env: { ...env, CQLFORM_USERNAME: 'someone' } }, 'status');
      expect(refusal(halfway)).toMatchObject({ code: 'ENV_MISSING' });
      expect(refusal(halfway).text).toContain('CQLFORM_PASSWORD');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('files and plans that are not right', { timeout: 240_000 }, () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await testProject({ address: cassandraAddress(), migrations: { [first]: users } });
    expect((await project.run('plan', '--no-check', '--out', 'plan.json')).code).toBe(0);
  });
  afterAll(() => project[Symbol.asyncDispose]());
  const plan = (): Promise<string> => readFile(join(project.folder, 'plan.json'), 'utf8');
  const applyText = async (text: string): Promise<Ended> => {
    await project.write('other.json', text);
    return project.run('apply', 'other.json');
  };

  it('what a migration throws when nobody waits for it, without a stack', async () => {
    const later = "for (const at of [1, 2, 3]) setTimeout(() => { throw new Error('late ' + at); });";
    await project.write(
      '20260103000000_late',
      `import { migration } from 'cqlform';\n${later}\nexport default migration({ schema: [] });\n`,
    );
    const { code, stderr } = await project.run('plan', '--no-check');
    expect([code, stderr]).toEqual([1, expect.stringContaining('late 1')]);
    expect(stderr).not.toMatch(/late [23]|^\s+at /m);
    await rm(join(project.folder, 'migrations', '20260103000000_late.ts'));
  });

  it('a syntax error in a migration, with its line', async () => {
    const bad = '20260102000000_bad';
    await project.write(bad, 'export default {\n  description: \n};\n');
    const ended = await project.run('plan', '--no-check');
    expect(ended.code).not.toBe(0);
    expect(refusal(ended).code).toBe('MIGRATION_SYNTAX');
    expect(ended.stderr).toMatch(/20260102000000_bad\.ts:3/);
    await rm(join(project.folder, 'migrations', `${bad}.ts`));
  });

  it('a plan that is cut short, edited, of another format, or no plan', async () => {
    const text = await plan();
    for (const damaged of [text.slice(0, text.length / 2), text.replace('create table', 'drop table'), '{}', '']) {
      const ended = await applyText(damaged);
      expect(ended.code).toBe(8);
      expect(refusal(ended).code).toBe('PLAN_DAMAGED');
    }
    const format = await applyText(text.replace('"format": "1.0"', '"format": "2.0"'));
    expect(format.code).toBe(64);
    expect(refusal(format).code).toBe('PLAN_FORMAT');
    const missing = await project.run('apply', 'nothing.json');
    expect(missing.code).toBe(64);
    expect(refusal(missing).code).toBe('PLAN_UNREADABLE');
  });

  it('flags that come too late for a stored plan, or exclude each other', async () => {
    for (const words of [
      ['apply', 'plan.json', '--to', 'x'],
      ['apply', 'plan.json', '--schema-only'],
      ['apply', 'plan.json', '--no-backup', 'a.b'],
      ['resolve', '--accept-all', '--accept', 'a.b'],
      ['resolve', '--applied', 'x', '--rolled-back', 'x'],
    ]) {
      const ended = await project.run(...words);
      expect(ended.code).toBe(64);
      expect(refusal(ended).code).toBe('USAGE');
    }
  });

  it('names of migrations and keyspaces that are none', async () => {
    for (const words of [['plan', '--no-check'], ['apply', '--no-check'], ['baseline']]) {
      const ended = await project.run(...words, '--to', 'nobody');
      expect(ended.code).toBe(64);
      expect(refusal(ended).code).toBe('MIGRATION_UNKNOWN');
    }
    const keyspace = await project.run('status', '--keyspace', 'a-b');
    expect(keyspace.code).toBe(64);
    expect(refusal(keyspace)).toMatchObject({ code: 'KEYSPACE_NAME' });
    const own = await project.run('introspect', '--keyspace', 'system_auth');
    expect(own.code).toBe(64);
    expect(refusal(own)).toMatchObject({ code: 'KEYSPACE_SYSTEM' });
  });

  it('a plan of another keyspace', async () => {
    const elsewhere = await project.run('apply', 'plan.json', '--keyspace', `${project.keyspace}_twin`);
    expect(elsewhere.code).toBe(5);
    expect(refusal(elsewhere)).toMatchObject({ code: 'PLAN_ELSEWHERE' });
    expect(refusal(elsewhere).text).toContain(`${project.keyspace}_twin`);
    expect(
      await project.rows(`SELECT * FROM system_schema.keyspaces WHERE keyspace_name = '${project.keyspace}_twin'`),
    ).toEqual([]);
  });

  it('a plan that the keyspace has outrun, with what changed', async () => {
    const replication = `{'class': 'SimpleStrategy', 'replication_factor': 1}`;
    await project.client.execute(`CREATE KEYSPACE ${project.keyspace} WITH replication = ${replication}`);
    await project.client.execute(`CREATE TABLE ${project.keyspace}.users (id int PRIMARY KEY)`);
    const stale = await project.run('apply', 'plan.json', '--json');
    expect(stale.code).toBe(5);
    const error = errorOf(stale);
    expect(error).toMatchObject({ code: 'STALE_PLAN' });
    expect(error['message']).toContain(`${project.keyspace}.users`);
    expect(error['message']).not.toMatch(/[0-9a-f]{64}/);
    expect(error['fields']).toMatchObject({ addresses: expect.arrayContaining([`${project.keyspace}.users`]) });
    expect(JSON.stringify(error['fields'])).toContain('CREATE TABLE users');
    expect(
      await project.rows(`SELECT column_name FROM system_schema.columns WHERE keyspace_name = '${project.keyspace}'`),
    ).toEqual([{ column_name: 'id' }]);
  });

  it('a plan of a table that was altered since, with the lines that differ', async () => {
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users ADD email text`);
    const planned = await project.run('plan', '--no-check', '--out', 'adopting.json');
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout.match(/becomes managed/g)).toHaveLength(1);
    await project.client.execute(`ALTER TABLE ${project.keyspace}.users ADD extra int`);
    const stale = await project.run('apply', 'adopting.json');
    expect(stale.code).toBe(5);
    expect(stale.stderr).toContain(`error[STALE_PLAN]`);
    expect(stale.stderr).toMatch(/^ +\+ +extra int,$/m);
    expect(stale.stderr).toMatch(/^ +email text,$/m);
    const { addresses, before, after } = errorOf(await project.run('apply', 'adopting.json', '--json'))[
      'fields'
    ] as Record<string, readonly string[]>;
    expect(addresses).toEqual([`${project.keyspace}.users`]);
    expect(before?.[0]).not.toContain('extra');
    expect(after?.[0]).toContain('extra int');
  });

  it('a plan that cannot be written', async () => {
    const ended = await project.run('plan', '--no-check', '--out', 'no/such/folder/plan.json');
    expect(ended.code).toBe(64);
    expect(refusal(ended).code).toBe('FILE_UNWRITABLE');
  });
});
