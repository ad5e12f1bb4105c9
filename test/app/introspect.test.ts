import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const schema = `
CREATE TYPE address (street text, zip int, tags frozen<set<text>>);
CREATE TYPE person (name text, home frozen<address>, "Odd Name" text);
CREATE TABLE users (id uuid PRIMARY KEY, email text MASKED WITH DEFAULT, home frozen<address>, loose address, people list<frozen<person>>, scores map<text, frozen<list<int>>>, pair tuple<int, text>, v vector<float, 3>, ts timestamp, d duration, "Camel" text, code text MASKED WITH mask_inner(1, 1, '*')) WITH comment = 'it''s' AND gc_grace_seconds = 100 AND compaction = {'class': 'LeveledCompactionStrategy', 'sstable_size_in_mb': '64'};
CREATE TABLE events (tenant text, day date, at timeuuid, kind text static, note text, n varint, PRIMARY KEY ((tenant, day), at)) WITH CLUSTERING ORDER BY (at DESC) AND default_time_to_live = 3600 AND compression = {'enabled': false} AND caching = {'keys': 'NONE', 'rows_per_partition': '10'} AND speculative_retry = '95p';
CREATE TABLE counts (id int, day date, hits counter, PRIMARY KEY (id, day)) WITH compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': '2'};
CREATE TABLE notes (id int, at timestamp, note text, n int, PRIMARY KEY (id, at)) WITH compaction = {'class': 'UnifiedCompactionStrategy', 'scaling_parameters': 'L4'} AND compression = {'class': 'ZstdCompressor', 'compression_level': '3'} AND bloom_filter_fp_chance = 0.1;
CREATE INDEX users_email ON users (email);
CREATE INDEX users_scores ON users (keys(scores));
CREATE CUSTOM INDEX users_v ON users (v) USING 'StorageAttachedIndex' WITH OPTIONS = {'similarity_function': 'DOT_PRODUCT'};
CREATE CUSTOM INDEX events_note ON events (note) USING 'StorageAttachedIndex' WITH OPTIONS = {'case_sensitive': 'false', 'normalize': 'true'};
CREATE MATERIALIZED VIEW notes_by_note AS SELECT note, n, id, at FROM notes WHERE note IS NOT NULL AND id IS NOT NULL AND at IS NOT NULL AND at > '2000-01-01' AND n IS NOT NULL AND n IS NOT NULL PRIMARY KEY (note, id, at) WITH CLUSTERING ORDER BY (id DESC, at ASC) AND comment = 'v';
CREATE MATERIALIZED VIEW notes_by_at AS SELECT * FROM notes WHERE id IS NOT NULL AND at IS NOT NULL PRIMARY KEY (at, id);
CREATE FUNCTION plus(a int, b int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS 'return a + b;';
CREATE FUNCTION big(a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS '
  // the \`value\` of \${x} \\\\d
  if (a == null) { return 0; }
  return a * 2;';
CREATE FUNCTION big(a text) CALLED ON NULL INPUT RETURNS text LANGUAGE java AS 'return "it''s";';
CREATE FUNCTION first_of(a list<int>, q tuple<int, text>, m map<text, frozen<list<int>>>, p person) CALLED ON NULL INPUT RETURNS list<int> LANGUAGE java AS 'return a;';
CREATE TABLE ${'t'.repeat(222)} (id int PRIMARY KEY, n int);
CREATE MATERIALIZED VIEW ${'v'.repeat(222)} AS SELECT * FROM ${'t'.repeat(222)} WHERE n IS NOT NULL AND id IS NOT NULL PRIMARY KEY (n, id);
CREATE AGGREGATE total(int) SFUNC plus STYPE int FINALFUNC big INITCOND 0;
`;

async function made(project: TestProject, statements: string): Promise<void> {
  const { client, keyspace } = project;
  await client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1} AND durable_writes = false`,
  );
  await client.execute(`USE ${keyspace}`);
  for (const statement of statements.split(/;\n/).filter((one) => one.trim() !== ''))
    await client.execute(statement, [], { readTimeout: 60_000 });
}

it('writes every kind of object so that a plan adopts them all without a step', async () => {
  await using project = await testProject({ address: cassandraAddress() });
  await made(project, schema);
  const written = await project.run('introspect', '--name', 'legacy');
  expect(written.code, written.stderr).toBe(0);
  const [file = ''] = await readdir(join(project.folder, 'migrations'));
  expect(file).toMatch(/^20\d{12}_legacy\.ts$/);
  expect(written.stdout).toBe(`migrations/${file} (19 objects)\n`);
  const source = await readFile(join(project.folder, 'migrations', file), 'utf8');
  // Only what somebody chose.
  expect(source).toContain("options: { comment: 'v' },");
  expect(source).toContain("compaction: { class: 'UnifiedCompactionStrategy', scalingParameters: 'L4' },");
  expect(source).not.toMatch(/readRepair|minIndexInterval|memtable/);

  const planned = await project.run('plan', '--json');
  expect(planned.code, planned.stderr).toBe(0);
  const plan = JSON.parse(planned.stdout) as {
    readonly sections: readonly { readonly steps: readonly unknown[] }[];
    readonly summary: { readonly adopt: number };
  };
  expect(plan.sections.flatMap((section) => section.steps)).toEqual([]);
  // The setting of the keyspace is the twentieth.
  expect(plan.summary.adopt).toBe(20);
  const applied = await project.run('apply', '--auto-approve');
  expect(applied.code, applied.stderr).toBe(0);
  expect((await project.run('drift', '--detailed-exitcode')).code).toBe(0);

  // schema.ts says the same again: as a migration of its own it finds nothing to add.
  const again = await project.run('introspect');
  expect(again.stdout).toContain('nothing was written');
  // What came later goes into a file of its own, on top of what is managed.
  await project.client.execute(`CREATE TABLE ${project.keyspace}.later (id int PRIMARY KEY, home frozen<address>)`);
  await project.client.execute(`CREATE INDEX events_n ON ${project.keyspace}.events (n)`);
  const more = await project.run('pull', '--name', 'More of it');
  expect(more.code, more.stdout).toBe(0);
  expect(more.stdout).toMatch(/_more_of_it\.ts \(2 objects\)/);
  const next = await project.run('plan', '--json');
  expect(next.code, next.stderr).toBe(0);
  expect((JSON.parse(next.stdout) as typeof plan).sections.flatMap((section) => section.steps)).toEqual([]);
});

it('says what it leaves out', async () => {
  await using project = await testProject({ address: cassandraAddress() });
  await made(
    project,
    `CREATE TABLE odd (id int PRIMARY KEY, x 'org.apache.cassandra.db.marshal.DynamicCompositeType(a=>org.apache.cassandra.db.marshal.Int32Type)', y int);
CREATE INDEX odd_y ON odd (y);
CREATE TABLE fine (id int PRIMARY KEY);
`,
  );
  const { stdout, code } = await project.run('introspect');
  expect(code).toBe(0);
  expect(stdout).toContain(`warning[CUSTOM_TYPE] ${project.keyspace}.odd is left out`);
  expect(stdout).toContain(`warning[DEPENDS_ON_LEFT_OUT] ${project.keyspace}.odd_y is left out`);
  expect(stdout).toContain('(1 object)');
});

it('needs the keyspace', async () => {
  await using project = await testProject({ address: cassandraAddress() });
  const { stderr, code } = await project.run('introspect');
  expect(code).toBe(64);
  expect(stderr).toContain('error[KEYSPACE_MISSING]');
});
