import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'cassandra-driver';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyFixture } from '../copy/copy-fixture.ts';
import { expectToArrive, fuzzed } from '../sources/fuzz.ts';
import { cassandraKinds, cassandraStatements, fuzzCassandra } from '../sources/fuzz-cassandra.ts';
import { cassandraAddress, type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { java11 } from '../support/java-11.ts';
import { ended, type TestProject, testProject } from '../support/project.ts';
import { migration, rowsOf, schemaOf } from './from-cluster-cases.ts';

/** What is written goes to disk within a fifth of a second, where a cell of a dropped column would do its harm. */
const columns = `{ columns: {
  id: t.int(), at: t.int(), name: t.text(), tags: t.set(t.text()), notes: t.list(t.text()), home: address, motto: t.static(t.text()),
}, partitionKey: ['id'], clusteringKey: ['at'], options: { memtableFlushPeriodInMs: 200 } }`;
const base = `
import { index, migration, t, table, udt } from 'cqlform';
const address = udt('address', { street: t.text(), zip: t.text() });
const people = table('people', ${columns});
export default migration({ description: 'People', schema: [address, people, index('people_by_name', { on: people, column: 'name' })] });
`;
const dropping = `
import { alter, existing, migration, t } from 'cqlform';
const people = existing('people', { columns: { id: t.int(), at: t.int(), name: t.text(), notes: t.list(t.text()), motto: t.static(t.text()) },
  partitionKey: ['id'], clusteringKey: ['at'] });
export default migration({ description: 'Drop some', schema: [alter(people, { drop: ['notes', 'motto'] })] });
`;
const rows = [
  `INSERT INTO $ks.people (id, at, name, tags, notes, home, motto) VALUES (1, 1, 'Ann', {'x', 'y'}, ['a', 'b', 'a'], {street: 's', zip: 'z'}, 'up') USING TIMESTAMP 1000`,
  `UPDATE $ks.people USING TTL 86400 SET notes = ['brief'] WHERE id = 2 AND at = 1`,
  `INSERT INTO $ks.people (id, at) VALUES (3, 1)`,
  `INSERT INTO $ks.people (id, motto) VALUES (4, 'static only')`,
];

let own: PrivateCluster;
beforeAll(async () => {
  own = await privateCluster({ version: '4.1.10', java: await java11() });
});
afterAll(() => own?.[Symbol.asyncDispose]());

async function well(project: TestProject, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.run(...words);
  expect(code, `${words.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
}

/** The files of a new user. */
async function beginAnew(project: TestProject): Promise<void> {
  await rm(join(project.folder, 'cqlform.config.ts'));
  await rm(join(project.folder, 'migrations'), { recursive: true });
  await well(project, 'init', '--keyspace', project.keyspace, '--ci', 'none');
}

it('takes an older server from init to rollback, and back into files', { timeout: 240_000 }, async () => {
  await using project = await testProject({ address: own.address });
  await beginAnew(project);
  await project.write('20260101000000_people', base);
  expect(await well(project, 'plan', '--no-check')).toContain('Cassandra 4.1.10');
  await well(project, 'apply', '--auto-approve', '--no-check');
  for (const cql of rows) await project.client.execute(cql.replaceAll('$ks', project.keyspace));
  const contents = async (): Promise<unknown> => ({
    rows: await project.rows('SELECT JSON * FROM $ks.people'),
    times: await project.rows('SELECT JSON id, at, writetime(name) AS written FROM $ks.people'),
  });
  const before = await contents();

  await project.write('20260102000000_drop', dropping);
  const consents = ['notes', 'motto'].map((name) => `--allow-destructive=${project.keyspace}.people.${name}`);
  await well(project, 'apply', '--auto-approve', '--no-check', ...consents);
  await expect(project.rows('SELECT notes FROM $ks.people')).rejects.toThrow(/notes/);
  await well(project, 'rollback', '--auto-approve');
  expect(await contents()).toEqual(before);

  await beginAnew(project);
  await project.client.execute('DROP KEYSPACE cqlform');
  await well(project, 'introspect', '--name', 'as_found');
  expect(await readdir(join(project.folder, 'migrations'))).toContainEqual(expect.stringMatching(/_as_found\.ts$/));
  const planned = JSON.parse(await well(project, 'plan', '--json')) as {
    readonly sections: readonly { readonly steps: readonly unknown[] }[];
  };
  expect(planned.sections.flatMap((section) => section.steps)).toEqual([]);
  await well(project, 'apply', '--auto-approve', '--no-check');
  await well(project, 'drift', '--detailed-exitcode');
});

it('is a source of rows that come over with their write times and TTLs', { timeout: 240_000 }, async () => {
  await using old = await testProject({ address: own.address });
  await old.client.execute(
    `CREATE KEYSPACE ${old.keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  for (const cql of [...schemaOf, ...rowsOf]) await old.client.execute(cql.replaceAll('$ks', old.keyspace));
  const { host, port } = own.address;
  await using project = await testProject({
    address: cassandraAddress(),
    config: `sources: { legacy: { contactPoints: env('OLD_NODES'), keyspace: '${old.keyspace}' } }`,
    env: { OLD_NODES: `${host}:${port}` },
    migrations: { '20260101000000_old': migration },
  });
  await well(project, 'check', '--fix');
  const plan = await well(project, 'plan');
  expect(plan).toContain(`reads ${old.keyspace}.every_type of cqlform`);
  expect(plan).toContain('release 4.1.10, at LOCAL_QUORUM');
  expect(plan).toMatch(/TIME_INFERRED.* every_type.*st, u, x, y and z/);
  expect(plan).not.toMatch(/TIME_INFERRED.* plain/);
  await well(project, 'apply', '--auto-approve', '--no-check');

  const same = async (cql: string, copied = cql): Promise<void> => {
    const theirs = await old.rows(cql);
    expect(theirs.length, cql).toBeGreaterThan(0);
    expect((await project.rows(copied)).map(shown).sort(), cql).toEqual(theirs.map(shown).sort());
  };
  const scalars = 'abcdefghijklmnopq'.split('');
  const timed = [...scalars, 's', 'v', 'ff', 'w'].map((name) => `${name}, writetime(${name}) AS ${name}_w`).join(', ');
  await same(`SELECT JSON k1, k2, ${timed} FROM $ks.every_type`.replace(', v, writetime(v)', ', writetime(v)'));
  await same('SELECT JSON k1, k2, x, z, st, u.n AS un, u.words AS uw, v.n AS vn, v.words AS vw FROM $ks.every_type');
  await same('SELECT JSON id, at, n, v, writetime(n) AS nw, writetime(v) AS vw FROM $ks.plain');
  const ofView = 'SELECT JSON id, at, n, v, writetime(n) AS nw FROM $ks.plain_by_v';
  await same(ofView, ofView.replace('plain_by_v', 'by_v'));
  await same('SELECT JSON * FROM $ks.visits');
  const times = await project.rows('SELECT writetime(x) AS x, writetime(z) AS z, ttl(x) AS left FROM $ks.every_type');
  expect(times.map(shown)).toContain(
    '{"left":[null,null],"x":["1700000000000003","1700000000000003"],"z":["1700000000000001"]}',
  );
  // What is left of a TTL that the older server tells of the row's other cells.
  const ends = await old.rows(`SELECT ttl(g) AS left FROM $ks.every_type`);
  const left = Math.max(...ends.map((row) => Number(row['left'])));
  const copied = await project.rows('SELECT ttl(g) AS one, ttl(x) AS all FROM $ks.every_type');
  const [ending] = copied.filter((row) => row['one'] !== null);
  const kept = [ending?.['one'], ...(Array.isArray(ending?.['all']) ? ending['all'] : [])].map(Number);
  expect(kept).toHaveLength(2);
  for (const one of kept) expect(Math.abs(one - left)).toBeLessThan(30);

  const verified = JSON.parse(await well(project, 'verify', '--json')) as unknown;
  expect(JSON.stringify(verified)).not.toMatch(/"(?:missing|extra|different)":[1-9]/);
});

it('gives random rows of random types as they are', { timeout: 240_000 }, async () => {
  await using old = await testProject({ address: own.address });
  const rows = fuzzed(cassandraKinds);
  const { host, port } = own.address;
  const at = { kind: 'nodes', contactPoints: () => [`${host}:${port}`], localDataCenter: null, tls: null } as const;
  const other = {
    kind: 'cluster',
    at,
    keyspace: old.keyspace,
    credentials: null,
    consistency: 'LOCAL_QUORUM',
  } as const;
  await old.client.execute(
    `CREATE KEYSPACE ${old.keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  const [create = '', ...inserts] = cassandraStatements(`${old.keyspace}.fuzz`, rows);
  await old.client.execute(create);
  for (let from = 0; from < inserts.length; from += 50) {
    await Promise.all(inserts.slice(from, from + 50).map((insert) => old.client.execute(insert)));
  }
  const fixture = await copyFixture('older_random', { addresses: { other } });
  try {
    await expectToArrive(fixture, rows, { name: 'fuzz', from: fuzzCassandra });
  } finally {
    await fixture.close();
  }
});

it('is read on where a killed run left it', { timeout: 240_000 }, async () => {
  await using old = await testProject({ address: own.address });
  const many = `${old.keyspace}.many`;
  const count = 2500;
  for (const cql of [
    `CREATE KEYSPACE ${old.keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    `CREATE TABLE ${many} (id int PRIMARY KEY, n int)`,
  ]) {
    await old.client.execute(cql);
  }
  for (let from = 0; from < count; from += 500) {
    const ids = Array.from({ length: 500 }, (_, at) => from + at);
    const insert = `INSERT INTO ${many} (id, n) VALUES (?, ?)`;
    await Promise.all(ids.map((id) => old.client.execute(insert, [id, id], { prepare: true })));
  }
  const { host, port } = own.address;
  await using project = await testProject({
    address: cassandraAddress(),
    config: `sources: { legacy: { contactPoints: '${host}:${port}', keyspace: '${old.keyspace}' } }`,
    migrations: { '20260101000000_many_of_old': killing(count / 2) },
  });
  await project.write('kill.txt', 'the run kills itself while this is here');
  const { signal } = await ended(project.start('apply', '--auto-approve', '--no-check'));
  expect(signal).toBe('SIGKILL');
  await rm(join(project.folder, 'kill.txt'));
  await well(project, 'apply', '--auto-approve', '--no-check');

  const checkpoints = await project.rows(
    'SELECT keyspace_name, attempt, range, state, accounts FROM cqlform.checkpoints',
  );
  const run = checkpoints.filter((one) => one['keyspace_name'] === project.keyspace && one['state'] === 'done');
  const rangesOf = (attempt: number): readonly unknown[] =>
    run.filter((one) => one['attempt'] === attempt).map(({ range }) => range);
  expect(rangesOf(1).length).toBeGreaterThan(3);
  expect(rangesOf(2).length).toBeGreaterThan(3);
  expect(rangesOf(2).filter((range) => rangesOf(1).includes(range))).toEqual([]);
  const read = run.map(({ accounts }) => (JSON.parse(String(accounts)) as { readonly read: number }).read);
  expect(read.reduce((sum, one) => sum + one, 0)).toBe(count);
  await well(project, 'verify');
});

/** Its functions end their own process, as a machine does that loses its power. */
function killing(after: number): string {
  return `
import { copy, migration, t, table } from 'cqlform';
import { cassandra } from 'cqlform/cassandra';
import { existsSync } from 'node:fs';
const columns = { id: t.int(), n: t.int() };
const many = table('many', { columns, partitionKey: ['id'] });
const old = cassandra.table('many', { connection: 'legacy', columns, partitionKey: ['id'] });
let seen = 0;
const n = (row) => {
  seen += 1;
  if (seen === ${after} && existsSync('kill.txt')) process.kill(process.pid, 'SIGKILL');
  return row.n;
};
export default migration({ description: 'Many', schema: [many], data: [copy({ from: old, into: many, columns: { n } })] });
`;
}

/** A row as text that does not depend on the order of columns. */
function shown(row: Record<string, unknown>): string {
  const { '[json]': json } = row;
  const value = typeof json === 'string' ? (JSON.parse(json) as Record<string, unknown>) : row;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted), (_, one: unknown) =>
    one instanceof types.Long ? String(one) : one,
  );
}
