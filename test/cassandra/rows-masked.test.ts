import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import type { StoredRow } from '../../src/model/row.ts';
import { type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { ring, tableOf } from './rows-fixture.ts';

const keyspace = 'rows_masked';
const masked = tableOf('masked', { columns: { k: 'int', v: 'text' }, partitionKey: ['k'] });
const plain = tableOf('plain', { columns: { k: 'int', v: 'text' }, partitionKey: ['k'] });
let own: PrivateCluster;
let root: Connection;
const opened: Connection[] = [];

async function as(username: string): Promise<Connection> {
  const connection = await connect({
    contactPoints: [`${own.address.host}:${own.address.port}`],
    credentials: { username, password: username },
  });
  opened.push(connection);
  return connection;
}

beforeAll(async () => {
  own = await privateCluster({
    settings: {
      authenticator: 'PasswordAuthenticator',
      authorizer: 'CassandraAuthorizer',
      dynamic_data_masking_enabled: true,
      permissions_validity: '100ms',
      roles_validity: '100ms',
    },
  });
  root = await as('cassandra');
  const cql = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await root.client.execute(statement);
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
  await own?.[Symbol.asyncDispose]();
});

async function readValue(connection: Connection): Promise<string> {
  const rows: StoredRow[] = [];
  const request = { keyspace, table: masked, types: {}, columns: ['v'], range: ring, consistency: 'ONE' as const };
  for await (const page of createRows(connection).scan({ ...request, times: true })) rows.push(...page);
  const [cell] = rows[0]?.cells ?? [];
  return cell?.kind === 'value' ? Buffer.from(cell.bytes).toString() : 'none';
}

describe('a table with masks', () => {
  it.each([
    ['cassandra', 'secret', false],
    ['unmasker', 'secret', false],
    ['heir', 'secret', false],
    ['everywhere', 'secret', false],
    ['reader', '****', true],
    ['half', '****', true],
  ])('is read by %s as %s', async (role, value, hides) => {
    const connection = role === 'cassandra' ? root : await as(role);
    expect(await readValue(connection)).toBe(value);
    const rows = createRows(connection);
    expect(await rows.readsMasked(keyspace, masked)).toBe(hides);
    expect(await rows.readsMasked(keyspace, plain)).toBe(false);
  });
});
