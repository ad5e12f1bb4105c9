import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import type { StoredRow } from '../../src/model/row.ts';
import { type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { ring, tableOf } from './rows-fixture.ts';
import { type Half, openHalf, thrownBy } from './schema-fixture.ts';

const admin = { username: 'cassandra', password: 'cassandra' };
const secret = 'p4ss-w0rd-of-app';
let own: PrivateCluster;
let root: Half;

const point = (): string => `${own.address.host}:${own.address.port}`;
const as = (credentials: { readonly username: string; readonly password: string }, keyspace = 'shop') =>
  openHalf({ keyspace, ledgerKeyspace: `${keyspace}_ledger`, contactPoints: [point()], credentials });

beforeAll(async () => {
  own = await privateCluster({
    settings: {
      authenticator: 'PasswordAuthenticator',
      authorizer: 'CassandraAuthorizer',
      role_manager: 'CassandraRoleManager',
      dynamic_data_masking_enabled: true,
      permissions_validity: '100ms',
      roles_validity: '100ms',
    },
  });
  root = await as(admin);
  await root.createKeyspace();
  await root.cql(`CREATE ROLE app WITH PASSWORD = '${secret}' AND LOGIN = true`);
  for (const right of ['CREATE', 'ALTER', 'DROP', 'SELECT', 'MODIFY'])
    await root.cql(`GRANT ${right} ON KEYSPACE shop TO app`);
});
afterAll(async () => {
  await root[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

describe('a cluster with a login', () => {
  it('refuses a wrong password without telling it', async () => {
    const thrown = await thrownBy(as({ username: 'app', password: 'wr0ng-secret' }));
    expect(thrown).toMatchObject({ code: 'AUTHENTICATION_FAILED', fields: { user: 'app' } });
    expect(JSON.stringify([String(thrown), thrown])).not.toContain('wr0ng-secret');
  });

  it('says that it wants a login when none is given', async () => {
    const thrown = await thrownBy(openHalf({ keyspace: 'shop', contactPoints: [point()] }));
    expect(thrown).toMatchObject({ code: 'AUTHENTICATION_FAILED', next: expect.stringContaining('credentials') });
  });

  it('keeps the lease with the same login', async () => {
    await using half = await as(admin, 'leased');
    await half.journal.prepare();
    const lease = await half.journal.take({ owner: 'ann', timeoutMs: 0, onWait: () => undefined });
    await expect.poll(async () => (await half.journal.lease())?.beat ?? 0, { timeout: 10_000 }).toBeGreaterThan(2);
    lease.assertHeld();
  });
});

describe('a role that may use its own keyspace only', () => {
  it('describes it, changes it, and has a barrier without a ledger', async () => {
    await using half = await as({ username: 'app', password: secret });
    await half.cluster.execute('CREATE TABLE shop.users (id int PRIMARY KEY, name text)');
    expect(Object.keys((await half.cluster.describe('shop')).schema.tables)).toEqual(['users']);
    await half.cluster.barrier();
    expect(await half.cluster.agree(5_000)).toBeLessThan(5_000);
    expect(await half.cluster.health()).toMatchObject([{ up: true }]);
    expect(await half.cluster.estimate('shop', ['users'])).toEqual({ users: { rows: 0, bytes: 0 } });
  });

  it('cannot make the ledger, and is told who can and how', async () => {
    await using half = await as({ username: 'app', password: secret });
    const thrown = await thrownBy(half.journal.prepare());
    expect(thrown).toMatchObject({
      code: 'LEDGER_FORBIDDEN',
      next: expect.stringContaining('CREATE KEYSPACE IF NOT EXISTS "shop_ledger" WITH replication'),
    });
    expect(await half.journal.entries()).toEqual([]);
  });

  it('may keep its ledger in that keyspace', async () => {
    await using half = await openHalf({
      keyspace: 'shop',
      ledgerKeyspace: 'shop',
      contactPoints: [point()],
      credentials: { username: 'app', password: secret },
    });
    await half.journal.prepare();
    const lease = await half.journal.take({ owner: 'app', timeoutMs: 0, onWait: () => undefined });
    await half.journal.write({ kind: 'floor', table: 'users', timestamp: '1', reason: 'test' });
    await half.cluster.barrier();
    await lease.release();
    expect(await half.journal.entries()).toHaveLength(1);
  });

  it('that may not read the ledger is told what to grant', async () => {
    await root.cql("CREATE ROLE stranger WITH PASSWORD = 'r' AND LOGIN = true");
    await root.journal.prepare();
    await using half = await as({ username: 'stranger', password: 'r' });
    expect(await thrownBy(half.journal.entries())).toMatchObject({
      code: 'LEDGER_FORBIDDEN',
      next: expect.stringContaining('SELECT and MODIFY'),
    });
  });

  it('is refused elsewhere with the words of the server', async () => {
    await using half = await as({ username: 'app', password: secret });
    const thrown = await thrownBy(half.cluster.execute('CREATE TABLE shop_ledger.mine (id int PRIMARY KEY)'));
    expect(thrown).toMatchObject({
      code: 'DDL_REFUSED',
      fields: { serverCode: '0x2100' },
      next: expect.stringContaining('docs/permissions.md'),
    });
  });

  it('is told which right tells whether an index is built', async () => {
    await using half = await as({ username: 'app', password: secret });
    await half.cluster.execute('CREATE INDEX users_by_name ON shop.users (name)');
    const queryable = await half.cluster.indexQueryable('shop', 'users_by_name').catch((thrown: unknown) => thrown);
    expect(queryable).toMatchObject({ code: 'INDEX_STATE_UNREADABLE', next: expect.stringContaining('system_views') });
    await root.cql('GRANT SELECT ON KEYSPACE system_views TO app');
    await root.cql('GRANT SELECT ON KEYSPACE system TO app');
    await expect
      .poll(() => half.cluster.indexQueryable('shop', 'users_by_name').catch(String), { timeout: 30_000 })
      .toBe(true);
  });
});

describe('a table with masks', () => {
  const keyspace = 'masks';
  const masked = tableOf('masked', { columns: { k: 'int', v: 'text' }, partitionKey: ['k'] });
  const plain = tableOf('plain', { columns: { k: 'int', v: 'text' }, partitionKey: ['k'] });
  const opened: Connection[] = [];
  const login = async (username: string): Promise<Connection> => {
    const connection = await connect({ contactPoints: [point()], credentials: { username, password: username } });
    opened.push(connection);
    return connection;
  };

  beforeAll(async () => {
    const cql = async (...statements: readonly string[]): Promise<void> => {
      for (const statement of statements) await root.cql(statement);
    };
    await cql(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
      `CREATE TABLE ${keyspace}.masked (k int PRIMARY KEY, v text MASKED WITH DEFAULT)`,
      `CREATE TABLE ${keyspace}.plain (k int PRIMARY KEY, v text)`,
      `INSERT INTO ${keyspace}.masked (k, v) VALUES (1, 'secret')`,
    );
    const grants: Readonly<Record<string, readonly string[]>> = {
      reader: [],
      half: ['SELECT_MASKED'],
      unmasker: ['UNMASK'],
      heir: [],
      everywhere: [],
    };
    for (const [role, permissions] of Object.entries(grants)) {
      await cql(
        `CREATE ROLE ${role} WITH PASSWORD = '${role}' AND LOGIN = true`,
        `GRANT SELECT ON KEYSPACE ${keyspace} TO ${role}`,
      );
      for (const permission of permissions) await cql(`GRANT ${permission} ON TABLE ${keyspace}.masked TO ${role}`);
    }
    await cql('GRANT unmasker TO heir', 'GRANT UNMASK ON ALL KEYSPACES TO everywhere');
  });
  afterAll(async () => {
    for (const connection of opened) await connection.shutdown();
  });

  async function readValue(connection: Connection): Promise<string> {
    const rows: StoredRow[] = [];
    const request = { keyspace, table: masked, types: {}, columns: ['v'], range: ring, consistency: 'ONE' as const };
    for await (const page of createRows(connection).scan({ ...request, times: true })) rows.push(...page);
    const [cell] = rows[0]?.cells ?? [];
    return cell?.kind === 'value' ? Buffer.from(cell.bytes).toString() : 'none';
  }

  it.each([
    ['cassandra', 'secret', false],
    ['unmasker', 'secret', false],
    ['heir', 'secret', false],
    ['everywhere', 'secret', false],
    ['reader', '****', true],
    ['half', '****', true],
  ])('is read by %s as %s', async (role, value, hides) => {
    const connection = await login(role);
    expect(await readValue(connection)).toBe(value);
    const rows = createRows(connection);
    expect(await rows.readsMasked(keyspace, masked)).toBe(hides);
    expect(await rows.readsMasked(keyspace, plain)).toBe(false);
  });
});
