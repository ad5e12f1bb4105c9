import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOutput } from '../../src/app/unload-output.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

let project: TestProject;
const definition = `(id int, c text, a ascii, b bigint, bl blob, bo boolean, d date, de decimal, do double,
  du duration, f float, i inet, s smallint, te text, ti time, ts timestamp, tu timeuuid, ty tinyint, u uuid, v varint,
  st set<text>, mp map<text, int>, li list<text>, fl frozen<list<int>>, tp tuple<int, text>, ad address,
  ve vector<float, 2>, own text static, PRIMARY KEY (id, c))`;
// zeros with a sign are values, and keys, of their own
const zeros = `(k int, d double, f float, v frozen<vector<float, 2>>, s set<double>, m map<double, float>,
  t tuple<double>, PRIMARY KEY (k, d))`;
beforeAll(async () => {
  const { host, port } = cassandraAddress();
  const here = `here: { contactPoints: ['${host}:${port}'], keyspace: 'nobody_has_this' }`;
  project = await testProject({ address: cassandraAddress(), config: `sources: { ${here} }` });
  const { client, keyspace } = project;
  await client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  await client.execute(`CREATE TYPE ${keyspace}.address (street text, number int)`);
  for (const name of ['origin', 'again']) await client.execute(`CREATE TABLE ${keyspace}.${name} ${definition}`);
  for (const name of ['zeros', 'zeros_again']) await client.execute(`CREATE TABLE ${keyspace}.${name} ${zeros}`);
  for (const zero of ['0.0', '-0.0']) {
    const values = `1, ${zero}, ${zero}, [${zero}, 1], {-0.0, 0.0}, {${zero}: ${zero}}, (${zero})`;
    await client.execute(`INSERT INTO ${keyspace}.zeros (k, d, f, v, s, m, t) VALUES (${values})`);
  }
  const insert = (values: string): Promise<unknown> => client.execute(`INSERT INTO ${keyspace}.origin ${values}`);
  await insert(`(id, c, a, b, bl, bo, d, de, do, du, f, i, s, te, ti, ts, tu, ty, u, v, st, mp, li, fl, tp, ad, ve, own) VALUES
    (1, 'a', 'ascii', -9223372036854775808, 0x00ff, true, '1969-12-31', 1.50, -1e-7, 1mo2d3h, 1.1, '::1', -32768,
    'with "quotes", commas', '12:34:56.789', '2026-01-02T03:04:05.678Z', now(), -128, uuid(), -123456789012345678901234567890,
    {'x', 'y,"z'}, {'k': 1}, ['q', 'q'], [1, 2], (1, null), {street: 'Main', number: null}, [0.1, 2], 'owned')`);
  await insert(
    `(id, c, b, bo, do, f, te, ad) VALUES (1, '', 9007199254740993, false, NaN, -Infinity, '', {number: 7})`,
  );
  await insert(`(id, c, b, do, te, v) VALUES (1, 'lines', 9007199254740991, 0.1, 'a\nb\r\n''c''\t', 0)`);
  await insert(`(id, c, te, bl) VALUES (2, 'é😀', 'NULL', 0x)`);
  await insert(`(id, own) VALUES (3, 'only static')`);
  await client.execute(`UPDATE ${keyspace}.origin SET te = ? WHERE id = 4 AND c = ?`, ['nul\0 inside', 'no marker'], {
    prepare: true,
  });
});
afterAll(() => project[Symbol.asyncDispose]());

async function rowsOf(name: string): Promise<readonly string[]> {
  const rows = await project.rows(`SELECT JSON * FROM $ks.${name}`);
  return rows.map((row) => String(row['[json]'])).sort();
}

describe('unload', () => {
  it.each(['all.csv', 'all.tsv', 'all.ndjson', 'all.json', 'all.csv.gz', 'all.ndjson.zst', 'all.parquet'])(
    'into %s keeps every value: loaded again the table is the same',
    async (file) => {
      await project.client.execute(`TRUNCATE ${project.keyspace}.again`, [], { readTimeout: 60_000 });
      const unloaded = await project.run('unload', 'origin', file, '--json');
      expect(unloaded.stderr).toBe('');
      expect(JSON.parse(unloaded.stdout)).toMatchObject({ read: 6, written: 6, rejected: 0 });
      const loaded = await project.run('load', file, 'again', '--json');
      expect(loaded.stderr).toBe('');
      expect(JSON.parse(loaded.stdout)).toMatchObject({ read: 6, written: 6, rejected: 0 });
      expect(await rowsOf('again')).toEqual(await rowsOf('origin'));
    },
  );

  it.each(['zeros.csv', 'zeros.ndjson', 'zeros.json'])('into %s keeps the sign of zero', async (file) => {
    const { client, keyspace } = project;
    await client.execute(`TRUNCATE ${keyspace}.zeros_again`, [], { readTimeout: 60_000 });
    await project.run('unload', 'zeros', file);
    const loaded = await project.run('load', file, 'zeros_again', '--json');
    expect(JSON.parse(loaded.stdout)).toMatchObject({ read: 2, written: 2 });
    expect(await rowsOf('zeros_again')).toEqual(await rowsOf('zeros'));
    expect(await rowsOf('zeros')).toHaveLength(2);
  });

  it('takes some columns, a delimiter, a text for null, no header; and standard output', async () => {
    const flags = ['--columns', 'te,bo', '--delimiter', ';', '--null', 'NULL', '--no-header'];
    const { code, stdout, stderr } = await project.run('unload', 'origin', ...flags);
    expect(code).toBe(0);
    expect(stderr).toContain('read 6 = written 6 + rejected 0');
    expect(stdout).toContain('1;a;NULL;"with ""quotes"", commas"'.replace('NULL', 'true'));
    expect(stdout).toContain('2;é😀;NULL;"NULL"\n');
    expect(stdout).toContain('3;NULL;NULL;NULL\n');
    const some = await project.run('unload', 'origin', '--columns', 'b', '--where', "id = 1 AND b > 0 AND c < 'm'");
    expect(some.stdout).toBe('id,c,b\n1,"",9007199254740993\n1,lines,9007199254740991\n');
    const wrong = await project.run('unload', 'origin', '--where', 'nothing = 1');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('nothing')]);
  });

  it('takes columns whose names have commas and quotes, as CQL writes them, and load fields', async () => {
    const { client, keyspace } = project;
    await client.execute(`CREATE TABLE ${keyspace}.commas (k int PRIMARY KEY, "a,b" text, "q""q" text, c text)`);
    await client.execute(`INSERT INTO ${keyspace}.commas (k, "a,b", "q""q", c) VALUES (1, 'x', 'y', 'z')`);
    const unload = (columns: string) =>
      project.run('unload', 'commas', '-', '--format', 'ndjson', '--columns', columns);
    expect((await unload('"a,b", "q""q"')).stdout).toBe('{"k":1,"a,b":"x","q\\"q":"y"}\n');
    expect((await unload('c')).stdout).toBe('{"k":1,"c":"z"}\n');
    const open = await unload('c,"a,b');
    expect([open.code, open.stderr]).toEqual([64, expect.stringContaining('a double quote too many or too few')]);
    await writeFile(join(project.folder, 'commas.csv'), '2,new\n');
    const loaded = await project.run('load', 'commas.csv', 'commas', '--no-header', '--fields', 'k,"a,b"', '--json');
    expect(JSON.parse(loaded.stdout)).toMatchObject({ read: 1, written: 1 });
    expect(await project.rows('SELECT "a,b" AS found FROM $ks.commas WHERE k = 2')).toMatchObject([{ found: 'new' }]);
  });

  it('takes a table of another cluster, and load brings one over with its times, but never onto itself', async () => {
    const { client, keyspace } = project;
    await client.execute(`TRUNCATE ${keyspace}.again`, [], { readTimeout: 60_000 });
    const origin = `here/${keyspace}.origin`;
    const unloaded = await project.run('unload', origin, '-', '--format', 'ndjson');
    expect(unloaded.stdout.trim().split('\n')).toHaveLength(6);
    const counted = await project.run('unload', origin, '--dry-run', '--json');
    expect(JSON.parse(counted.stdout)).toMatchObject({ read: 6, written: 6, dryRun: true });
    const tried = await project.run('load', origin, 'again', '--dry-run', '--json');
    expect(JSON.parse(tried.stdout)).toMatchObject({ read: 6, written: 6, rejected: 0, dryRun: true });
    expect(await rowsOf('again')).toEqual([]);
    const loaded = await project.run('load', origin, 'again', '--rate', '1000', '--json');
    expect(JSON.parse(loaded.stdout), loaded.stderr).toMatchObject({ read: 6, written: 6, rejected: 0 });
    expect(await rowsOf('again')).toEqual(await rowsOf('origin'));
    const times = (table: string): Promise<unknown> => project.rows(`SELECT writetime(te) AS w FROM $ks.${table}`);
    expect(JSON.stringify(await times('again'))).toBe(JSON.stringify(await times('origin')));
    const again = await project.run('load', origin, 'again');
    expect([again.code, again.stderr]).toEqual([64, expect.stringContaining('LOAD_LIST_AGAIN')]);
    const itself = await project.run('load', origin, 'origin');
    expect([itself.code, itself.stderr]).toEqual([64, expect.stringContaining('SAME_TABLE')]);
    const none = await project.run('unload', 'nowhere/origin');
    expect([none.code, none.stderr]).toEqual([64, expect.stringContaining('UNLOAD_SOURCE')]);
  });

  it('ends when nobody reads on', async () => {
    const child = project.start('unload', 'origin', '-');
    child.stdout?.destroy();
    const stderr: string[] = [];
    child.stderr?.on('data', (text) => stderr.push(String(text)));
    expect(await new Promise((done) => child.once('close', done))).toBe(1);
    expect(stderr.join('')).toContain('OUTPUT_CLOSED');
  });

  it('replaces a file only when told to, and leaves none half written', async () => {
    await project.write('there.csv', 'mine');
    const refused = await project.run('unload', 'origin', 'there.csv');
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('FILE_EXISTS')]);
    expect(await readFile(join(project.folder, 'there.csv'), 'utf8')).toBe('mine');
    expect((await project.run('unload', 'origin', 'there.csv', '--force')).code).toBe(0);
    const unwritable = await project.run('unload', 'origin', 'there.csv/below.csv');
    expect(unwritable.stderr).toContain('FILE_UNWRITABLE');
    const misspelt = await project.run('unload', 'origin', 'misspelt/folder/x.csv');
    expect([misspelt.code, misspelt.stderr]).toEqual([64, expect.stringContaining('there is no folder')]);
    await expect(stat(join(project.folder, 'misspelt'))).rejects.toThrow('ENOENT');
    const made = await project.run('unload', 'origin', 'made/x.csv');
    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringMatching(/the folder .*made was not there: it was made/),
    ]);
    const unknown = await project.run('unload', 'origin', 'x.csv', '--columns', 'nothing');
    expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('UNKNOWN_COLUMN')]);
    await expect(stat(join(project.folder, 'x.csv'))).rejects.toThrow('ENOENT');
    const { output, whole } = await openOutput(join(project.folder, 'half.ndjson'), { kind: 'ndjson' });
    if (output.kind !== 'text') throw new Error(output.kind);
    await output.write(Buffer.alloc(9_000_000));
    await expect(whole(Promise.reject(new Error('no more')))).rejects.toThrow('no more');
    expect((await readdir(project.folder)).filter((file) => file.startsWith('half'))).toEqual([]);
  });

  it('keeps rows apart whose bytes are no value, and says which', async () => {
    const { client, keyspace } = project;
    await client.execute(`CREATE TABLE ${keyspace}.far (id int PRIMARY KEY, at timestamp)`);
    for (const [id, at] of [
      [1, '2026-01-01'],
      [2, '+292278994-08-17'],
    ] as const) {
      const value = id === 1 ? `'${at}'` : '9223372036854775807';
      await client.execute(`INSERT INTO ${keyspace}.far (id, at) VALUES (${id}, ${value})`);
    }
    const refused = await project.run('unload', 'far', 'far.csv');
    expect(refused.stderr).toContain('TOO_MANY_REJECTS');
    const allowed = await project.run(
      'unload',
      'far',
      'far.csv.zst',
      '--max-rejects',
      '1',
      '--json',
      '--rejects',
      'far.rejects',
    );
    expect(JSON.parse(allowed.stdout)).toMatchObject({ read: 2, written: 1, rejected: 1 });
    expect(JSON.parse(await readFile(join(project.folder, 'far.rejects'), 'utf8'))).toMatchObject({
      place: 'far',
      row: { id: '0x00000002', at: '0x7fffffffffffffff' },
    });
    const text = zstdDecompressSync(await readFile(join(project.folder, 'far.csv.zst'))).toString();
    expect(text).toBe('id,at\n1,2026-01-01T00:00:00.000Z\n');
  });
});
