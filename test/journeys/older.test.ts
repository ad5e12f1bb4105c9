import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'cassandra-driver';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cassandraAddress, type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { java11 } from '../support/java-11.ts';
import { type TestProject, testProject } from '../support/project.ts';
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
  const ends = 'SELECT ttl(g) AS left FROM $ks.every_type';
  const [theirs, ours] = await Promise.all([old.rows(ends), project.rows(ends)]);
  const left = (all: readonly Record<string, unknown>[]): number => Math.max(...all.map((row) => Number(row['left'])));
  expect(Math.abs(left(theirs) - left(ours))).toBeLessThan(10);
  const times = await project.rows('SELECT writetime(x) AS x, writetime(z) AS z FROM $ks.every_type');
  expect(times.map(shown)).toContain('{"x":["1700000000000003","1700000000000003"],"z":["1700000000000001"]}');

  const verified = JSON.parse(await well(project, 'verify', '--json')) as unknown;
  expect(JSON.stringify(verified)).not.toMatch(/"(?:missing|extra|different)":[1-9]/);
});

/** A row as text that does not depend on the order of columns. */
function shown(row: Record<string, unknown>): string {
  const { '[json]': json } = row;
  const value = typeof json === 'string' ? (JSON.parse(json) as Record<string, unknown>) : row;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted), (_, one: unknown) =>
    one instanceof types.Long ? String(one) : one,
  );
}
