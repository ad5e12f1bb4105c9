import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { finished } from 'node:stream/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import type { types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { faultProxy } from '../cassandra/fault-proxy.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';

let project: TestProject;
beforeAll(async () => {
  project = await testProject({ address: cassandraAddress() });
  const { client, keyspace } = project;
  await client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  await client.execute(`CREATE TYPE ${keyspace}.address (street text, number int)`);
  await client.execute(`CREATE TABLE ${keyspace}.everything (
    id int, at timestamp, a ascii, b bigint, bl blob, bo boolean, d date, de decimal, do double, du duration, f float,
    i inet, s smallint, te text, ti time, tu timeuuid, ty tinyint, u uuid, v varint,
    st set<text>, mp map<text, int>, fl frozen<list<int>>, tp tuple<int, text>, ad address, ve vector<float, 2>,
    li list<int>, own text static, PRIMARY KEY (id, at))`);
  await client.execute(
    `CREATE TABLE ${keyspace}.readings (device int, at int, reading double, note text, PRIMARY KEY (device, at))`,
  );
});
afterAll(() => project[Symbol.asyncDispose]());

const count = async (table: string): Promise<number> => {
  const [row] = await project.rows(`SELECT count(*) AS n FROM $ks.${table}`);
  return Number(row?.['n']);
};

const everything: Readonly<Record<string, string>> = {
  id: '1',
  at: '2026-01-02T03:04:05.678Z',
  a: 'ascii',
  b: '-9223372036854775808',
  bl: '0x00ff',
  bo: 'true',
  d: '-0044-03-15',
  de: '1.50',
  do: '-0.1',
  du: '1mo2d3h',
  f: '1.5',
  i: '2001:db8::1',
  s: '-32768',
  te: '"a ""quoted"", text"',
  ti: '12:34:56.789012345',
  tu: '8e5ba5e0-6c1f-11ee-b962-0242ac120002',
  ty: '127',
  u: '8e5ba5e0-6c1f-41ee-b962-0242ac120002',
  v: '123456789012345678901234567890',
  st: '"[""x"",""y""]"',
  mp: '"{""k"":1}"',
  fl: '"[1,2]"',
  tp: '"[1,null]"',
  ad: '"{""street"":""Main"",""number"":5}"',
  ve: '"[0.5,1]"',
  own: 'static',
};
const shown = `id, toUnixTimestamp(at) AS at, a, b, bl, bo, d, de, do, du, f, i, s, te, ti, tu, ty, u, v, st, mp, fl, tp, ad, ve, own`;

describe('load', () => {
  it('takes every type, straight and, where there is a list, row by row; absent is unset, not null', async () => {
    const names = Object.keys(everything);
    const csv = (id: string): string =>
      `${names.join(',')}\n${Object.values({ ...everything, id }).join(',')}\n${id},2026-01-02T03:04:06Z${','.repeat(names.length - 2)}\n`;
    await project.write('straight.csv', csv('1'));
    await project.write(
      'listed.csv',
      csv('2')
        .replace('\n', ',li\n')
        .replace('\n2,', '\n2,')
        .replace(/,static\n/, ',static,"[3,4]"\n')
        .replace(/,\n$/, ',,\n'),
    );
    for (const file of ['straight.csv', 'listed.csv']) {
      const { code, stdout, stderr } = await project.run('load', file, 'everything', '--json');
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ read: 2, written: 2, rejected: 0, rejectsFile: null });
    }
    const rows = await project.rows(`SELECT ${shown} FROM $ks.everything`);
    const [one, two] = ['1', '2'].map((id) =>
      rows
        .filter((row) => String(row['id']) === id)
        .map((row) =>
          JSON.stringify({ ...row, id: 0 }, (_key, value: unknown) =>
            typeof value === 'bigint' ? String(value) : value,
          ),
        ),
    );
    expect(one).toHaveLength(2);
    expect(two).toEqual(one);
    const cells = await project.rows(`SELECT te, v, de, mp, st FROM $ks.everything WHERE id = 1`);
    expect(cells[0]).toMatchObject({ te: 'a "quoted", text', mp: { k: 1 }, st: ['x', 'y'] });
    expect(String(cells[0]?.['v'])).toBe('123456789012345678901234567890');
    expect(String(cells[0]?.['de'])).toBe('1.50');
    const lists = await project.rows(`SELECT li FROM $ks.everything WHERE id = 2`);
    expect(lists[0]?.['li']).toEqual([3, 4]);
  });

  it('takes NDJSON and JSON', async () => {
    const row = {
      id: 3,
      at: '2026-01-02T03:04:05Z',
      te: 'text',
      st: ['b', 'a'],
      mp: { k: 2 },
      ad: { street: 'x' },
      li: [1, 2],
    };
    await project.write(
      'rows.ndjson',
      `${JSON.stringify(row)}\n{"id":4,"at":5,"v":123456789012345678901234567890,"bl":"0x01"}\n{"id":4}\n`,
    );
    await project.write('rows.json', JSON.stringify([{ ...row, id: 5 }]));
    // digits that JavaScript's numbers do not have
    const exact = '"id":6,"at":1.7e12,"te":0.1234567890123456789,"tp":[1.0,1e400],"do":1.00000000000000000001';
    const twice = '{"id":7,"at":1,"te":"a","te":"b"}\n{"id":7,"at":1,"mp":[["k",1],["k",2]]}';
    await project.write('exact.ndjson', `{${exact}}\n${twice}\n`);
    const digits = await project.run('load', 'exact.ndjson', 'everything', '--max-rejects', '2', '--json');
    expect(JSON.parse(digits.stdout), digits.stderr).toMatchObject({ read: 3, written: 1, rejected: 2 });
    expect(await readFile(join(project.folder, '.cqlform/rejects/load-everything.ndjson'), 'utf8')).toContain(
      'is no map: two of its keys are the same',
    );
    expect(await project.rows('SELECT toUnixTimestamp(at) AS at, te, tp, do FROM $ks.everything WHERE id = 6')).toEqual(
      [expect.objectContaining({ te: '0.1234567890123456789', do: 1 })],
    );
    const lines = await project.run(
      'load',
      'rows.ndjson',
      'everything',
      '--max-rejects',
      '50%',
      '--json',
      '--rejects',
      'bad.ndjson',
    );
    expect(JSON.parse(lines.stdout)).toMatchObject({ read: 3, written: 2, rejected: 1 });
    expect(JSON.parse(await readFile(join(project.folder, 'bad.ndjson'), 'utf8'))).toMatchObject({
      place: 'rows.ndjson:3',
      reason: 'key column at is missing',
    });
    await project.write('cut.json', '[{"id": 8, "at": 1},');
    const cut = await project.run('load', 'cut.json', 'everything');
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringMatching(/SOURCE_MALFORMED.*, then load again\./s)]);
    const missing = await project.run('load', 'nowhere.json', 'everything');
    expect([missing.code, missing.stderr.includes('migration')]).toEqual([1, false]);
    expect((await project.run('load', 'rows.json', 'everything')).code).toBe(0);
    const rows = await project.rows('SELECT te, st, mp, li FROM $ks.everything WHERE id IN (3, 5)');
    expect(rows).toEqual([0, 1].map(() => ({ te: 'text', st: ['a', 'b'], mp: { k: 2 }, li: [1, 2] })));
  });

  it('lets the last of several rows with one key win, and the second load over the first', async () => {
    await project.write('twice.csv', 'device,at,note\n-1,1,zzz\n-1,1,aaa\n');
    await project.run('load', 'twice.csv', 'readings');
    expect(await project.rows('SELECT note FROM $ks.readings WHERE device = -1')).toEqual([{ note: 'aaa' }]);
    await project.write('twice.csv', 'device,at,note\n-1,1,aaaa\n-1,1,a\n');
    await project.run('load', 'twice.csv', 'readings');
    expect(await project.rows('SELECT note FROM $ks.readings WHERE device = -1')).toEqual([{ note: 'a' }]);
  });

  it('maps, ignores and names fields, and says what has no place', async () => {
    await project.write('people.csv', 'DEV;moment;extra\n-2;1;x\n');
    const wanted = ['load', 'people.csv', 'readings', '--delimiter', ';'];
    const unmapped = await project.run(...wanted);
    expect([unmapped.code, unmapped.stderr]).toEqual([64, expect.stringContaining('LOAD_FIELD_UNMAPPED')]);
    const noKey = await project.run(...wanted, '--map', 'device=DEV', '--ignore', 'moment', '--ignore', 'extra');
    expect(noKey.stderr).toContain('no field of the source gives the key column at');
    const unknown = await project.run(...wanted, '--map', 'devise=DEV');
    expect(unknown.stderr).toContain('has no column devise');
    const done = await project.run(...wanted, '--map', 'device=DEV', '--map', 'at=moment', '--ignore', 'extra');
    expect(done.stderr).toBe('');
    await project.write('bare.csv', '7,-2,x\n8,-2,-\n9,-2,n/a\n');
    const words = ['--no-header', '--fields', 'at,device,note', '--null', '-', '--null', 'n/a'];
    const bare = await project.run('load', 'bare.csv', 'readings', ...words);
    expect(bare.stderr).toBe('');
    expect(await project.rows('SELECT at, note FROM $ks.readings WHERE device = -2')).toEqual([
      { at: 1, note: null },
      { at: 7, note: 'x' },
      { at: 8, note: null },
      { at: 9, note: null },
    ]);
    const missing = await project.run('load', 'bare.csv', 'reading', '--no-header', '--fields', 'a');
    expect(missing.stderr).toContain('Did you mean readings?');
  });

  it('writes nothing in a dry run, but tells every reject; too many end it', async () => {
    await project.write('some-bad.csv', 'device,at\n-3,1\n-3,x\n-3,y\n-3,2\n');
    const dry = await project.run('load', 'some-bad.csv', 'readings', '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject({ read: 4, written: 2, rejected: 2, dryRun: true });
    expect(await project.rows('SELECT at FROM $ks.readings WHERE device = -3')).toEqual([]);
    const refused = await project.run('load', 'some-bad.csv', 'readings', '--max-rejects', '1');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('TOO_MANY_REJECTS')]);
    const allowed = await project.run('load', 'some-bad.csv', 'readings', '--max-rejects', '2');
    expect(allowed.stdout).toContain('read 4 = written 2 + rejected 2');
    const lines = (await readFile(join(project.folder, '.cqlform/rejects/load-readings.ndjson'), 'utf8'))
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { place: 'some-bad.csv:3', reason: 'at: "x" is not an integer', row: '-3,x', writeTime: expect.any(String) },
      { place: 'some-bad.csv:4', reason: 'at: "y" is not an integer', row: '-3,y', writeTime: expect.any(String) },
    ]);
  });

  it('loads mended rejects as old as the load that rejected them', async () => {
    await project.write('mended.csv', 'device,at,note\n-5,x,late\n-5,2,"a\nb"\n-5,z,never\n-5,y,"q ""u"""\n');
    const words = ['load', 'mended.csv', 'readings', '--max-rejects', '75%'];
    await project.run(...words, '--rejects', 'first.ndjson');
    // the application writes meanwhile
    await project.client.execute(`INSERT INTO ${project.keyspace}.readings (device, at, note) VALUES (-5, 1, 'newer')`);
    const rejects = await readFile(join(project.folder, 'first.ndjson'), 'utf8');
    await project.write('first.ndjson', rejects.replace('-5,x', '-5,1').replace('-5,y', '-5,3'));
    const replayed = await project.run(...words, '--replay', 'first.ndjson', '--json');
    expect(replayed, replayed.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(replayed.stdout)).toMatchObject({ read: 3, written: 2, rejected: 1 });
    expect(await project.rows('SELECT at, note FROM $ks.readings WHERE device = -5')).toEqual([
      { at: 1, note: 'newer' },
      { at: 2, note: 'a\nb' },
      { at: 3, note: 'q "u"' },
    ]);
    expect(await readFile(join(project.folder, 'first.left.ndjson'), 'utf8')).toContain('"place":"mended.csv:5"');

    // each lives as long as it would have; also the one that was no record
    await project.write('brief.csv', 'device,at,note,lives\n-26,x,n,600\n-26,2,n,long\n-26,3,n,,700\n');
    const brief = ['load', 'brief.csv', 'readings', '--ttl-field', 'lives', '--rejects', 'brief.ndjson'];
    await project.run(...brief, '--max-rejects', '3');
    const kept = await readFile(join(project.folder, 'brief.ndjson'), 'utf8');
    const mended = kept.replace('"x"', '"1"').replace('"long"', '"800"').replace('-26,3,n,,700', '-26,3,n,700');
    await project.write('brief.ndjson', mended);
    const again = await project.run(...brief.slice(0, 5), '--replay', 'brief.ndjson');
    expect(again, again.stderr).toMatchObject({ code: 0 });
    const lives = await project.rows('SELECT at, note, ttl(note) AS t FROM $ks.readings WHERE device = -26');
    expect(lives.map(({ at, t }) => [at, Math.ceil(Number(t) / 100)])).toEqual([
      [1, 6],
      [2, 8],
      [3, 7],
    ]);
  });

  it('keeps to a rate', async () => {
    await project.write('slow.csv', `device,at\n${Array.from({ length: 3000 }, (_, at) => `-4,${at}\n`).join('')}`);
    const ended = await project.run('load', 'slow.csv', 'readings', '--rate', '2000', '--json');
    expect((JSON.parse(ended.stdout) as { milliseconds: number }).milliseconds).toBeGreaterThan(1000);
    const bytes = await project.run('load', 'slow.csv', 'readings', '--rate', '60KB', '--json');
    expect((JSON.parse(bytes.stdout) as { milliseconds: number }).milliseconds).toBeGreaterThan(1000);
    const wrong = await project.run('load', 'slow.csv', 'readings', '--rate', 'fast');
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('--rate fast')]);
  });
});

describe('load from elsewhere', () => {
  const piped = async (text: string, ...words: readonly string[]): Promise<Ended> => {
    const child = project.start(...words);
    child.stdin?.end(text);
    return ended(child);
  };

  it('takes rows from standard input, whose write times and TTLs stand in fields', async () => {
    const csv = 'device,at,written,lives\n-10,1,2020-01-01T00:00:00Z,1000\n-10,2,1577836800000001,\n-10,3,late,5\n';
    const words = ['load', '-', 'readings', '--format', 'csv', '--map', 'note=written', '--max-rejects', '1'];
    const { code, stdout, stderr } = await piped(csv, ...words, '--timestamp-field', 'written', '--ttl-field', 'lives');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('read 3 = written 2 + rejected 1');
    const rows = await project.rows(
      'SELECT at, note, writetime(note) AS w, ttl(note) AS t FROM $ks.readings WHERE device = -10',
    );
    expect(rows.map(({ at, note, w }) => [at, note, String(w)])).toEqual([
      [1, '2020-01-01T00:00:00Z', '1577836800000000'],
      [2, '1577836800000001', '1577836800000001'],
    ]);
    expect(rows.map(({ t }) => (t === null ? null : Number(t) > 900))).toEqual([true, null]);
    const bare = await piped(
      '-11,1\n-11,2\n-11,3\n',
      ...words.slice(0, 5),
      '--no-header',
      '--fields',
      'device,at',
      '--skip-records',
      '1',
      '--max-records',
      '1',
    );
    expect(bare.stdout).toContain('read 1 = written 1');
    expect(await project.rows('SELECT at FROM $ks.readings WHERE device = -11')).toEqual([{ at: 2 }]);
    const unsaid = await piped('{}', 'load', '-', 'readings');
    expect([unsaid.code, unsaid.stderr]).toEqual([64, expect.stringContaining('FORMAT_UNKNOWN')]);
  });

  it('names the fields of JSON that have no column, and leaves them out when told to', async () => {
    const rows = Array.from({ length: 1200 }, (_, at) => ({ device: -12, at, ...(at === 1100 ? { late: 1 } : {}) }));
    const json = rows.map((row) => JSON.stringify(row)).join('\n');
    const named = await piped(`{"device":1,"at":1,"a":1}\n{"b":[]}\n`, 'load', '-', 'readings', '--format', 'ndjson');
    expect([named.code, named.stderr]).toEqual([64, expect.stringContaining('the fields a, b have no column')]);
    const late = await piped(json, 'load', '-', 'readings', '--format', 'ndjson', '--max-rejects', '1');
    expect(late.stdout).toContain('read 1,200 = written 1,199 + rejected 1');
    expect(await readFile(join(project.folder, '.cqlform/rejects/load-readings.ndjson'), 'utf8')).toContain(
      'the field late has no column',
    );
    const left = await piped(json, 'load', '-', 'readings', '--format', 'ndjson', '--ignore-unknown');
    expect(left.stdout).toContain('written 1,200');
  });

  it('takes Parquet files and databases by their addresses, but no password', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT 7 AS id, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS at, 'text' AS te, 12345678901::BIGINT AS b, 1.50::DECIMAL(9,2) AS de,
         UUID '8e5ba5e0-6c1f-41ee-b962-0242ac120002' AS u, ['b', 'a'] AS st, MAP {'k': 2} AS mp, [1, 2] AS li,
         {'street': 'Main', 'number': 5} AS ad, 2.5::DOUBLE AS f_) TO '${join(project.folder, 'all.parquet')}' (FORMAT parquet)`,
    );
    connection.closeSync();
    const lossy = await project.run('load', 'all.parquet', 'everything', '--map', 's=f_');
    expect([lossy.code, lossy.stderr]).toEqual([64, expect.stringContaining('LOAD_TYPE_UNFIT')]);
    const taken = await project.run('load', 'all.parquet', 'everything', '--map', 'do=f_');
    expect(taken.stderr).toBe('');
    const [row] = await project.rows('SELECT te, b, de, u, st, mp, li, do FROM $ks.everything WHERE id = 7');
    expect(JSON.parse(JSON.stringify(row))).toEqual({
      te: 'text',
      b: '12345678901',
      de: '1.50',
      u: '8e5ba5e0-6c1f-41ee-b962-0242ac120002',
      st: ['a', 'b'],
      mp: { k: 2 },
      li: [1, 2],
      do: 2.5,
    });

    const database = new DatabaseSync(join(project.folder, 'shop.db'));
    database.exec(`CREATE TABLE readings (device INTEGER, at INTEGER, reading REAL, note TEXT);
      INSERT INTO readings VALUES (-13, 1, 0.5, 'x'), (-13, 2, NULL, NULL), (-13, 'three', 1, 'y')`);
    database.close();
    const whole = await project.run('load', 'sqlite:shop.db', 'readings', '--max-rejects', '1', '--json');
    expect(JSON.parse(whole.stdout)).toMatchObject({ read: 3, written: 2, rejected: 1 });
    const query = 'SELECT device, at + 10 AS at, upper(note) AS note FROM readings WHERE reading = 0.5';
    expect((await project.run('load', 'sqlite:shop.db', 'readings', '--query', query)).code).toBe(0);
    expect(await project.rows('SELECT at, reading, note FROM $ks.readings WHERE device = -13')).toEqual([
      { at: 1, reading: 0.5, note: 'x' },
      { at: 2, reading: null, note: null },
      { at: 11, reading: null, note: 'X' },
    ]);
    const secret = await project.run('load', 'mysql://root:hunt/er@2@127.0.0.1/shop', 'readings');
    expect([secret.code, secret.stderr]).toEqual([64, expect.stringContaining('SECRET_ON_COMMAND_LINE')]);
    expect(secret.stderr).not.toMatch(/hunt|er@2/);
    const unset = await project.run('load', 'env:NOT_SET_ANYWHERE/readings', 'readings');
    expect([unset.code, unset.stderr]).toEqual([64, expect.stringContaining('ENV_MISSING')]);
  });
});

describe('a load that is paused', () => {
  it('writes nothing until it goes on, and says so', async () => {
    await project.write('paused.csv', `device,at\n${Array.from({ length: 3000 }, (_, at) => `-6,${at}\n`).join('')}`);
    const child = project.start('load', 'paused.csv', 'readings', '--rate', '2000');
    const end = ended(child);
    let told = '';
    child.stderr?.on('data', (text) => {
      told += String(text);
    });
    const there = async (): Promise<number> => {
      const [row] = await project.rows('SELECT count(*) AS n FROM $ks.readings WHERE device = -6');
      return Number(row?.['n']);
    };
    while ((await there()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGUSR2');
    await vi.waitFor(() => expect(told).toContain(`paused: \`kill -USR2 ${child.pid}\` goes on`), 20_000);
    // what was under way has arrived by then
    let before = -1;
    for (let now = await there(); now !== before; now = await there()) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(before).toBeLessThan(3000);
    child.kill('SIGUSR2');
    const { code, stdout, stderr } = await end;
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringContaining('written 3,000'),
      expect.stringContaining('full pace'),
    ]);
    expect(await there()).toBe(3000);
  });
});

describe('a load of many rows', () => {
  const rows = 150_000;
  const partitions = 400;

  async function write(): Promise<void> {
    const file = createWriteStream(join(project.folder, 'many.csv'));
    file.write('device,at,reading,note\n');
    for (let from = 0; from < rows; from += 1000) {
      let text = '';
      for (let at = from; at < from + 1000; at += 1)
        text += `${(at * 7919) % partitions},${at},${at / 8},"note, ${at}"\n`;
      file.write(text);
    }
    file.end();
    await finished(file);
  }

  async function digest(): Promise<string> {
    let [sum, n, notes] = [0, 0, 0];
    const query = `SELECT at, reading, note FROM ${project.keyspace}.readings`;
    const page = (pageState?: string): Promise<types.ResultSet> =>
      project.client.execute(query, [], { fetchSize: 5000, ...(pageState === undefined ? {} : { pageState }) });
    for (let result = await page(); ; result = await page(result.pageState)) {
      for (const row of result.rows) {
        const at = Number(row.get('at'));
        n += 1;
        sum = (sum + at * (Number(row.get('reading')) + 1)) % 1_000_000_007;
        notes += row.get('note') === `note, ${at}` ? 1 : 0;
      }
      if (!result.pageState) break;
    }
    return JSON.stringify({ n, sum, notes });
  }

  it('that is killed and begun again leaves what one load leaves; so does one whose connections are cut', async () => {
    const { client, keyspace } = project;
    await write();
    await client.execute(`TRUNCATE ${keyspace}.readings`, [], { readTimeout: 60_000 });
    const killed = project.start('load', 'many.csv', 'readings', '--rate', '20000');
    while ((await count('readings')) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.on('close', resolve));
    expect(await count('readings')).toBeLessThan(rows);
    expect((await project.run('load', 'many.csv', 'readings')).stdout).toContain('read 150,000 = written 150,000');
    const once = await digest();
    expect(JSON.parse(once)).toMatchObject({ n: rows, notes: rows });

    await client.execute(`TRUNCATE ${keyspace}.readings`, [], { readTimeout: 60_000 });
    await using proxy = await faultProxy(cassandraAddress());
    const cut = project.start(
      'load',
      'many.csv',
      'readings',
      '--rate',
      '60000',
      '--json',
      '--contact-points',
      proxy.address,
    );
    let stdout = '';
    cut.stdout?.on('data', (chunk) => {
      stdout += String(chunk);
    });
    const closed = new Promise((resolve) => cut.on('close', resolve));
    for (let cuts = 0; cuts < 2; ) {
      const before = await count('readings');
      if (before > cuts * 20_000) {
        proxy.cut();
        cuts += 1;
      } else await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await closed).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ read: rows, written: rows, rejected: 0 });
    expect(await digest()).toBe(once);
  });
});
