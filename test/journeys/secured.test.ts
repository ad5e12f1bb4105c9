import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenTable } from '../../src/cassandra/other-cluster.ts';
import { assertReadsInTheClear } from '../../src/copy/masked-source.ts';
import type { OpenedTable } from '../../src/ports/cluster-source.ts';
import type { SourceAddress } from '../../src/ports/source.ts';
import { tableOf } from '../cassandra/rows-fixture.ts';
import { clusterFolder, type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { type Certificates, certificatesFor } from '../support/certificates.ts';
import { type Ended, type TestProject, testProject } from '../support/project.ts';

const base = `
import { migration, t, table } from 'cqlform';
const users = table('users', { columns: { id: t.int(), email: t.text(), nick: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'Users', schema: [users] });
`;
const dropNick = `
import { alter, existing, migration, t, table } from 'cqlform';
const users = existing('users', { columns: { id: t.int(), nick: t.text() }, partitionKey: ['id'] });
const notes = table('notes', { columns: { id: t.int(), note: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'No more nicks', schema: [alter(users, { drop: ['nick'] }), notes] });
`;
const dropEmail = `
import { alter, existing, migration, t } from 'cqlform';
const users = existing('users', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'No more email', schema: [alter(users, { drop: ['email'] })] });
`;
const serverName = 'cassandra.example';
const passwords = { migrator: 'm1grator-secret', limited: 'l1mited-secret', wrong: 'wr0ng-secret' };

let node: PrivateCluster;
let folder: string;
let certificates: Certificates;
let project: TestProject;

beforeAll(async () => {
  folder = await clusterFolder();
  certificates = await certificatesFor(serverName, folder);
  const { keystore, keystorePassword, authority, stranger } = certificates;
  node = await privateCluster({
    settings: {
      authenticator: 'PasswordAuthenticator',
      authorizer: 'CassandraAuthorizer',
      role_manager: 'CassandraRoleManager',
      permissions_validity: '0ms',
      client_encryption_options: {
        enabled: true,
        // So that a test's own client, and the look whether the node is up, need no certificate.
        optional: true,
        keystore,
        keystore_password: keystorePassword,
        store_type: 'PKCS12',
      },
    },
  });
  const login = (user: string, variable: string): string =>
    `credentials: { username: '${user}', password: env('${variable}') }`;
  const tls = `tls: { ca: '${authority}', serverName: '${serverName}' }`;
  project = await testProject({
    address: node.address,
    login: { username: 'cassandra', password: 'cassandra' },
    migrations: { '20260101000000_users': base },
    config: `${login('migrator', 'MIGRATOR')}, ${tls}, environments: {
      wrong: { ${login('migrator', 'WRONG')} },
      limited: { ${login('limited', 'LIMITED')} },
      stranger: { tls: { ca: '${stranger}', serverName: '${serverName}' } },
      nameless: { tls: { ca: '${authority}' } },
    }`,
    env: { MIGRATOR: passwords.migrator, LIMITED: passwords.limited, WRONG: passwords.wrong },
  });
  await createRoles();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** One with what `init --print-grants` prints, and one that may read and write, but not change. */
async function createRoles(): Promise<void> {
  const { keyspace } = project;
  const printed = await project.run('init', '--print-grants', '--keyspace', keyspace, '--role', 'migrator');
  const grants = printed.stdout.replaceAll(/: 3\}/g, ': 1}').replace('choose one', passwords.migrator);
  await execute(grants);
  await execute(`
    CREATE ROLE limited WITH LOGIN = true AND PASSWORD = '${passwords.limited}';
    GRANT SELECT ON KEYSPACE ${keyspace} TO limited; GRANT MODIFY ON KEYSPACE ${keyspace} TO limited;
    GRANT SELECT ON KEYSPACE cqlform TO limited; GRANT MODIFY ON KEYSPACE cqlform TO limited;
    GRANT CREATE ON KEYSPACE cqlform TO limited; GRANT ALTER ON KEYSPACE cqlform TO limited;`);
}

async function execute(statements: string): Promise<void> {
  const lines = statements.split('\n').filter((line) => !line.startsWith('--'));
  for (const cql of lines.join('\n').split(';')) if (cql.trim() !== '') await project.client.execute(cql);
}

/** Runs the program; whatever it prints, it prints no password. */
async function run(...words: readonly string[]): Promise<Ended> {
  const ending = await project.run(...words);
  const printed = `${ending.stdout}${ending.stderr}`;
  for (const secret of [...Object.values(passwords), certificates.keystorePassword])
    expect(printed).not.toContain(secret);
  return ending;
}

describe('a cluster that wants TLS and a login', () => {
  it('is worked on with both', async () => {
    const applied = await run('apply', '--auto-approve', '--no-check');
    expect(applied.code, applied.stderr).toBe(0);
    await project.client.execute(`INSERT INTO ${project.keyspace}.users (id, email, nick) VALUES (1, 'a@b', 'ann')`);
  });

  it.each([
    [
      'a wrong password',
      'wrong',
      'AUTHENTICATION_FAILED',
      'refuses user migrator',
      'Check the user name and the password',
    ],
    ['an authority that has not signed', 'stranger', 'CLUSTER_UNREACHABLE', 'certificate', 'tls.ca'],
    [
      'a certificate for another name',
      'nameless',
      'CLUSTER_UNREACHABLE',
      'its certificate is for another name',
      'tls.serverName',
    ],
  ])('is not reached with %s', async (_name, environment, code, sentence, next) => {
    const refused = await run('status', '--env', environment);
    expect(refused.code).toBe(1);
    for (const word of [`error[${code}]`, sentence, next]) expect(refused.stderr).toContain(word);
  });
});

describe('a source that wants TLS and a login', () => {
  it('is read with both, and not where it would give masks for values', async () => {
    const { keyspace, client } = project;
    await client.execute(`CREATE TABLE ${keyspace}.masked (id int PRIMARY KEY, v text MASKED WITH DEFAULT)`);
    await client.execute(`INSERT INTO ${keyspace}.masked (id, v) VALUES (1, 'secret')`);
    const { host, port } = node.address;
    const tls = { ca: certificates.authority, cert: null, key: null, verify: true, serverName };
    const legacy = (password: string, at: object = {}): SourceAddress => ({
      kind: 'cluster',
      at: { kind: 'nodes', contactPoints: () => [`${host}:${port}`], localDataCenter: null, tls: { ...tls, ...at } },
      keyspace,
      credentials: { username: () => 'limited', password: () => password },
      consistency: 'LOCAL_QUORUM',
    });
    const table = tableOf('masked', { columns: { id: 'int', v: 'text' }, partitionKey: ['id'] });
    const source = { kind: 'cluster', connection: 'legacy', keyspace: null, table, types: {} } as const;
    const opening = async (address: SourceAddress): Promise<OpenedTable> =>
      createOpenTable({ legacy: address })(source);
    await expect(opening(legacy(passwords.wrong))).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringMatching(/^source legacy: .* refuses user limited/),
    });
    await expect(opening(legacy(passwords.limited, { ca: certificates.stranger }))).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringContaining('certificate'),
    });
    const opened = await opening(legacy(passwords.limited));
    const inTheClear = (): Promise<void> => assertReadsInTheClear(opened.rows, keyspace, opened.table);
    await expect(inTheClear()).rejects.toMatchObject({ code: 'MASKED_COLUMNS' });
    await client.execute(`GRANT UNMASK ON TABLE ${keyspace}.masked TO limited`);
    await inTheClear();
    await opened.close();
    await client.execute(`DROP TABLE ${keyspace}.masked`);
  });
});

describe('before the first step', () => {
  it('rights that are missing are named, and the grants that are named suffice', { timeout: 120_000 }, async () => {
    const { keyspace } = project;
    await project.write('20260102000000_drop_nick', dropNick);
    const apply = (): Promise<Ended> =>
      run('apply', '--env', 'limited', '--auto-approve', '--no-check', `--allow-destructive=${keyspace}.users.nick`);
    const refused = await apply();
    expect(refused.stderr).toContain('error[PERMISSION_MISSING] role limited lacks what this plan needs: ');
    expect(refused.code).toBe(4);
    const grants = refused.stderr.match(/GRANT \w+ ON [^;]+;/g) ?? [];
    expect(grants).toEqual([
      expect.stringMatching(/^GRANT CREATE ON KEYSPACE \S+ TO limited;$/),
      expect.stringMatching(/^GRANT ALTER ON TABLE \S+\.users TO limited;$/),
    ]);
    expect(await project.rows('SELECT nick FROM $ks.users')).toEqual([{ nick: 'ann' }]);
    expect((await run('backup', 'list', '--json')).stdout.trim()).toBe('[]');
    await execute(grants.join('\n'));
    const applied = await apply();
    expect(applied.code, applied.stderr).toBe(0);
  });

  it('cells of the future are found in a column that is to be dropped', async () => {
    const { keyspace, client } = project;
    await project.write('20260103000000_drop_email', dropEmail);
    const ahead = (Date.now() + 2 * 86_400_000) * 1000;
    await client.execute(`INSERT INTO ${keyspace}.users (id, email) VALUES (2, 'soon') USING TIMESTAMP ${ahead}`);
    const runs = async (): Promise<string> => (await run('history', '--json')).stdout;
    const before = await runs();
    const refused = await run('apply', '--auto-approve', '--no-check', `--allow-destructive=${keyspace}.users.email`);
    expect(refused.stderr).toContain('error[FUTURE_WRITE_TIMES]');
    expect(refused.code, refused.stderr).toBe(4);
    expect(await runs()).toBe(before);
  });
});
