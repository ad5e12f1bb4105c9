import { expect, it } from 'vitest';
import type { Ddl } from '../../src/model/ddl.ts';
import type { LiveKeyspace } from '../../src/model/live.ts';
import { emptySchema, type Index, type Table, type View } from '../../src/model/schema.ts';
import type { Work } from '../../src/model/step.ts';
import { rightsFor } from '../../src/planner/rights.ts';

const tableNamed = (name: string): Table => ({
  kind: 'table',
  name,
  columns: [],
  partitionKey: [],
  clusteringKey: [],
  options: {},
});
const view: View = {
  kind: 'view',
  name: 'by_name',
  table: 'users',
  columns: '*',
  partitionKey: [],
  clusteringKey: [],
  where: '',
  options: {},
};
const index: Index = {
  kind: 'index',
  name: 'users_name',
  table: 'users',
  column: 'name',
  form: 'values',
  using: 'sai',
  options: {},
};
const live: LiveKeyspace = {
  name: 'shop',
  exists: true,
  schema: { ...emptySchema, views: { by_name: view }, indexes: { users_name: index } },
  facts: {},
  cluster: 'test',
  version: { text: '5.0.8', major: 5, minor: 0, patch: 8 },
  estimates: {},
};
const statement = (ddl: Ddl): Work => ({ kind: 'ddl', ddl, pre: [], post: [] });
const backup = (name: string): Work => ({
  kind: 'backup',
  scope: { table: tableNamed(name), columns: null },
  label: name,
  why: 'before-loss',
});
const said = (...works: readonly Work[]): readonly string[] =>
  rightsFor(works, live).map(
    ({ permission, on }) => `${permission} ${on.kind}${on.kind === 'table' ? ` ${on.table}` : ''}`,
  );

it('names what each step needs, once', () => {
  const drop = statement({ kind: 'drop-table', name: 'users' });
  expect(said(backup('users'), backup('users'), drop)).toEqual(['SELECT table users', 'DROP table users']);
});

it('counts indexes and views as changes of their table', () => {
  expect(said(statement({ kind: 'drop-view', name: 'by_name' }))).toEqual(['ALTER table users']);
  expect(said(statement({ kind: 'drop-index', name: 'users_name' }))).toEqual(['ALTER table users']);
});

it('needs nothing on a table that the plan makes, but the right to make it', () => {
  const create = statement({ kind: 'create-table', table: tableNamed('fresh') });
  const add = statement({ kind: 'add-columns', table: 'fresh', columns: [] });
  expect(said(create, add, backup('fresh'), backup('users'))).toEqual(['CREATE keyspace', 'SELECT table users']);
  expect(said(backup('fresh'), create)).toEqual(['SELECT table fresh', 'CREATE keyspace']);
});

it('needs nothing but its creation in a keyspace that the plan makes', () => {
  const keyspace = statement({ kind: 'create-keyspace', settings: { kind: 'keyspace', replication: {} } });
  const create = statement({ kind: 'create-table', table: tableNamed('fresh') });
  const drop = statement({ kind: 'drop-function', signature: 'f()' });
  expect(said(keyspace, create, drop)).toEqual(['CREATE all-keyspaces']);
});
