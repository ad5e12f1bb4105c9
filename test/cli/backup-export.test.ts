import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, type TestProject, testProject } from '../support/project.ts';

const columns = `(id int, c text, te text, bl blob, du duration, do double, ts timestamp, st set<text>,
  mp map<int, frozen<list<text>>>, li list<double>, tp tuple<int, text>, ad address, ve vector<float, 2>, own text static,
  PRIMARY KEY (id, c))`;

let project: TestProject;
let id: string;
beforeAll(async () => {
  project = await testProject({
    address: cassandraAddress(),
    config: `backup: { store: { local: 'sealed' }, encryption: { passphrase: env('BACKUP_PASSPHRASE') } }`,
    env: { BACKUP_PASSPHRASE: 'correct horse battery staple' },
    migrations: {
      '20260101000000_people': `import { migration, t, table } from 'cqlform';
        export default migration({ description: 'People', schema: [
          table('people', { columns: { id: t.int(), email: t.pii(t.text(), 'email') }, partitionKey: ['id'] })] });`,
    },
  });
  const { client, keyspace } = project;
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
  await client.execute(`CREATE TYPE ${keyspace}.address (street text, number int)`);
  for (const name of ['movies', 'again']) await client.execute(`CREATE TABLE ${keyspace}.${name} ${columns}`);
  await client.execute(`CREATE TABLE ${keyspace}.people (id int PRIMARY KEY, email text)`);
  await client.execute(`CREATE TABLE ${keyspace}.seen (id int, c text, n counter, PRIMARY KEY (id, c))`);
  await client.execute(`INSERT INTO ${keyspace}.people (id, email) VALUES (1, 'ada@example.org')`);
  await client.execute(`UPDATE ${keyspace}.seen SET n = n - 7 WHERE id = 1 AND c = 'a'`);
  await client.execute(`INSERT INTO ${keyspace}.movies (id, c, te, bl, du, do, ts, st, mp, li, tp, ad, ve, own) VALUES
    (1, 'a', 'with "quotes", commas', 0x00ff, 1mo2d3h, -0.0, '2026-01-02T03:04:05.678Z', {'x', 'y,"z'}, {1: ['q', '']},
    [NaN, -0.0], (1, null), {street: 'Main'}, [0.1, 2], 'owned')`);
  await client.execute(`INSERT INTO ${keyspace}.movies (id, c, te) VALUES (1, '', 'a\nb\r\n\t') USING TTL 86400`);
  await client.execute(`INSERT INTO ${keyspace}.movies (id, own) VALUES (3, 'only static')`);
  const strange = ['nul\0 inside', 'é😀'];
  await client.execute(`UPDATE ${keyspace}.movies SET te = ? WHERE id = 4 AND c = ?`, strange, { prepare: true });
  const made = await project.run('backup', 'create', 'movies,people,seen', '--json');
  id = (JSON.parse(made.stdout) as { readonly id: string }).id;
});
afterAll(() => project[Symbol.asyncDispose]());

/** Whoever connects fails: no cluster is there. */
function exported(...words: readonly string[]): Promise<Ended> {
  return project.run('backup', 'export', id, ...words, '--contact-points', '127.0.0.1:1');
}

async function linesOf(file: string): Promise<readonly string[]> {
  const bytes = await readFile(join(project.folder, file));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n').sort();
}

describe('backup export', () => {
  it('writes what unload would, out of an encrypted backup and without a cluster, and replaces nothing', async () => {
    const words = ['--to', 'out', '--table', 'movies,seen', '--compression', 'gzip'];
    const { stdout, stderr } = await exported(...words, '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      backup: id,
      keyspace: project.keyspace,
      tables: [
        { table: 'movies', read: 4, written: 4, rejected: 0 },
        { table: 'seen', read: 1, written: 1, rejected: 0 },
      ],
    });
    await project.run('unload', 'movies', 'movies.csv');
    expect(await linesOf('out/movies.csv.gz')).toEqual(await linesOf('movies.csv'));
    expect(await linesOf('out/seen.csv.gz')).toEqual(['', '1,a,-7', 'id,c,n']);
    const again = await exported(...words);
    expect(again).toMatchObject({ code: 64 });
    expect(again.stderr).toContain('FILE_EXISTS');
  });

  it('gives Parquet that loads as the table was', async () => {
    const { stdout } = await exported('--to', 'out', '--format', 'parquet', '--table', 'movies');
    expect(stdout).toContain('movies: read 4 = written 4 + rejected 0');
    expect(await project.run('load', 'out/movies.parquet', 'again')).toMatchObject({ code: 0 });
    const rows = (name: string): Promise<unknown> => project.rows(`SELECT JSON * FROM $ks.${name}`);
    expect(await rows('again')).toEqual(await rows('movies'));
  });

  it('keeps personal data back, and what is damaged', async () => {
    const personal = await exported('--to', 'personal');
    expect(personal).toMatchObject({ code: 3 });
    expect(personal.stderr).toContain('PII_UNWAIVED');
    expect(existsSync(join(project.folder, 'personal'))).toBe(false);
    const packs = join(project.folder, 'sealed/packs');
    for (const name of (await readdir(packs, { recursive: true })).filter((one) => one.includes('/'))) {
      await writeFile(join(packs, name), (await readFile(join(packs, name))).fill(0, 100, 108));
    }
    const damaged = await exported('--to', 'hurt', '--format', 'ndjson', '--leave-out', 'email', '--table', 'people');
    expect(damaged).toMatchObject({ code: 8 });
    expect(damaged.stderr).toContain('BACKUP_DAMAGED');
    expect(existsSync(join(project.folder, 'hurt/people.ndjson'))).toBe(false);
  });
});
