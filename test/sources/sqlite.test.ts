import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, t, table } from '../../src/index.ts';
import type { Assessment } from '../../src/model/assessment.ts';
import { sqlite } from '../../src/sqlite.ts';
import { runIn } from '../cli/run.ts';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { byId, byUrl, problems, type Reading, reading } from './sql-source.ts';

let folder: string;
let database: DatabaseSync;
let fixture: CopyFixture;
let read: Reading;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cqlform-sqlite-'));
  const path = join(folder, 'shop.db');
  database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL');
  const addresses = { shop: { kind: 'file', path } as const };
  read = reading(addresses);
  fixture = await copyFixture('sources_sqlite', { addresses });
});
afterAll(async () => {
  database.close();
  await fixture.close();
  await rm(folder, { recursive: true });
});

const columns = {
  id: sqlite.integer(),
  small: sqlite.int(),
  big: sqlite.integer(),
  re: sqlite.real(),
  num: sqlite.numeric(),
  tx: sqlite.text(),
  bl: sqlite.blob(),
  bo: sqlite.boolean(),
  uu: sqlite.uuid(),
  da: sqlite.date(),
  ti: sqlite.time(),
  ts: sqlite.timestamp(),
  ep: sqlite.unixepoch(),
  js: sqlite.json<{ readonly a: number }>(),
};
const every = sqlite.table('every', { connection: 'shop', columns, key: ['id'], zone: 'UTC' });
const target = table('every', {
  columns: {
    id: t.bigint(),
    small: t.int(),
    big: t.varint(),
    re: t.double(),
    num: t.decimal(),
    tx: t.text(),
    bl: t.blob(),
    bo: t.boolean(),
    uu: t.uuid(),
    da: t.date(),
    ti: t.time(),
    ts: t.timestamp(),
    ep: t.timestamp(),
    js: t.json<{ readonly a: number }>(),
  },
  partitionKey: ['id'],
});
const uuid = '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11';

describe('a table with every type', () => {
  it('arrives value by value', async () => {
    database.exec(`
      CREATE TABLE every (id INTEGER PRIMARY KEY, small, big, re REAL, num, tx TEXT, bl, bo, uu, da, ti, ts, ep, js);
      INSERT INTO every VALUES
        (1, -2147483648, 9223372036854775807, 1.5, '12345678901234567890.10', 'a' || char(0) || '🦆', X'00ff', 1, '${uuid}', '2026-11-22',
          '10:00:00.5', '2026-11-22 10:00:00.25', 1763805600, '{"a": 9007199254740993}'),
        (2, 5, -9223372036854775808, 7, 0.1, '', X'', 0, X'${uuid.replaceAll('-', '')}', '0001-01-01', '00:00:00',
          '2026-11-22T10:00:00+02:00', 0.5, 'null'),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    `);
    await fixture.create(target);
    const { result } = await fixture.run(copy({ from: every, into: target }));
    expect(result).toMatchObject({ read: 3, written: 3, rejected: 0 });
    const rows = byId(
      (await fixture.query('SELECT * FROM KS.every')).map((row) => ({ ...row, id: String(row['id']) })),
    );
    expect(rows.get('1')).toMatchObject({
      small: -2147483648,
      big: '9223372036854775807',
      re: 1.5,
      num: '12345678901234567890.10',
      tx: 'a\0🦆',
      bl: '0x00ff',
      bo: true,
      uu: uuid,
      da: '2026-11-22',
      ti: '10:00:00.5',
      ts: '2026-11-22T10:00:00.250Z',
      ep: '2025-11-22T10:00:00.000Z',
      js: '{"a": 9007199254740993}',
    });
    expect(rows.get('2')).toMatchObject({
      big: '-9223372036854775808',
      re: 7,
      num: '0.1',
      tx: '',
      bl: '0x',
      bo: false,
      uu: uuid,
      ts: '2026-11-22T08:00:00.000Z',
      ep: '1970-01-01T00:00:00.500Z',
      js: 'null',
    });
    const { id, ...nulls } = rows.get('3') ?? {};
    expect([id, ...new Set(Object.values(nulls))]).toEqual(['3', null]);
  });
});

describe('values of another type than declared', () => {
  it('are bytes where a text has bytes that are none, beside texts with the sign that stands for such', async () => {
    database.exec(`
      CREATE TABLE latin (k TEXT PRIMARY KEY, v TEXT, any) WITHOUT ROWID;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
        INSERT INTO latin SELECT 'k' || i, 'v', 1 FROM n;
      INSERT INTO latin VALUES (CAST(x'6de4' AS TEXT), 'v', 1), ('z1', CAST(x'ff41' AS TEXT), 1),
        ('z2', char(65533), char(65533) || 'a'), ('z3', char(65533), CAST(x'f09f98efbfbd' AS TEXT)), ('z4', 'v', 1);
    `);
    const columns = { k: sqlite.text(), v: sqlite.text(), any: sqlite.any() };
    const found = await read.rows(sqlite.table('latin', { connection: 'shop', columns, key: ['k'] }), 4);
    const last = found.filter(({ values }) => !/^k/.test(String(values['k'])));
    expect(found).toHaveLength(605);
    expect(last.map(({ problem }) => problem)).toEqual([
      'k: "6de4" is not a text, it is bytes',
      'v: "ff41" is not a text, it is bytes',
      null,
      null,
      null,
    ]);
    expect(last.slice(2).map(({ values: { v, any } }) => [v, any])).toEqual([
      ['\ufffd', '\ufffda'],
      ['\ufffd', new Uint8Array(Buffer.from('f09f98efbfbd', 'hex'))],
      ['v', 1n],
    ]);
  });

  it('are problems of their row', async () => {
    database.exec(`
      CREATE TABLE odd (id INTEGER PRIMARY KEY, n INTEGER, b, d, r, big);
      INSERT INTO odd VALUES (1, 'many', 2, '2026-02-30', 'x', 9223372036854775807), (2, 1.5, 'yes', 20261122, X'00', 1), (3, 2, 1, '2026-01-01', 1, 1);
    `);
    const source = sqlite.table('odd', {
      connection: 'shop',
      columns: {
        id: sqlite.integer(),
        n: sqlite.integer(),
        b: sqlite.boolean(),
        d: sqlite.date(),
        r: sqlite.real(),
        big: sqlite.real(),
      },
      key: ['id'],
    });
    expect(problems(await read.rows(source))).toEqual([
      [
        'n: "many" is not an integer, it is text',
        'b: 2 is not a boolean (0 or 1), it is a whole number',
        'd: "2026-02-30" is not a date (YYYY-MM-DD)',
        'r: "x" is not a number, it is text',
        'big: 9223372036854775807 is not a number that a double can hold',
      ].join('; '),
      [
        'n: 1.5 is not an integer, it is a real number',
        'b: "yes" is not a boolean (0 or 1), it is text',
        'd: 20261122 is not a date (YYYY-MM-DD), it is a whole number',
        'r: "00" is not a number, it is bytes',
      ].join('; '),
      null,
    ]);
    const any = sqlite.table('odd', { connection: 'shop', columns: { n: sqlite.any() } });
    expect((await read.rows(any)).map(({ values }) => values['n'])).toEqual(['many', 1.5, 2n]);
  });
});

describe('pieces', () => {
  it.each([
    ['INTEGER PRIMARY KEY', (n: number) => n - 5000],
    ['TEXT PRIMARY KEY NOT NULL', (n: number) => `'k''${(n * 7919) % 20_011}'`],
    ['NOT NULL PRIMARY KEY', (n: number) => [`${n}`, `'${n}'`, `X'${String(n).padStart(6, '0')}'`, `${n}.5`][n % 4]],
  ] as const)('hold each row once: %s', async (type, value) => {
    const from = `by ${type}`;
    const ids = Array.from({ length: 20_000 }, (_, n) => n);
    database.exec(`CREATE TABLE "${from}" (k ${type}, n INT)`);
    database.exec(`INSERT INTO "${from}" VALUES ${ids.map((n) => `(${value(n)}, ${n})`).join(',')}`);
    const source = sqlite.table(from, {
      connection: 'shop',
      columns: { k: sqlite.any(), n: sqlite.int() },
      key: ['k'],
    });
    const opened = await read.open(source);
    const splits = await opened.splits(8);
    expect(splits.length).toBeGreaterThan(4);
    expect(await opened.facts()).toMatchObject({ rows: 20_000, distinct: true });
    const found: number[] = [];
    const reads = splits.map(async (split) => {
      for await (const page of opened.read(split)) {
        if (found.length === 0) database.exec(`DELETE FROM "${from}" WHERE n % 2 = 0`);
        found.push(...page.map(({ values: { n } }) => Number(n)));
      }
    });
    await Promise.all(reads);
    await opened.close();
    expect(found.sort((a, b) => a - b)).toEqual(ids);
  });
});

describe('a file', () => {
  it('has to be there, to be a database, and to have the table', async () => {
    const source = sqlite.table('none', { connection: 'shop', columns: { id: sqlite.int() } });
    await expect(read.open(source)).rejects.toMatchObject({ code: 'SOURCE_TABLE_MISSING' });
    const nowhere = reading({ shop: { kind: 'file', path: join(folder, 'none.db') } });
    await expect(nowhere.open(source)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    const text = reading({ shop: { kind: 'file', path: import.meta.filename } });
    await expect(text.open(source)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    await expect(reading({ shop: byUrl('mysql://x@y/z') }).open(source)).rejects.toMatchObject({
      code: 'SOURCE_ADDRESS_INVALID',
    });
  });

  it('has views, which assess tells by name and looks at by name', async () => {
    const path = join(folder, 'views.db');
    const views = new DatabaseSync(path);
    views.exec(
      'CREATE TABLE seats (id INTEGER PRIMARY KEY); INSERT INTO seats VALUES (7); CREATE VIEW "the free" AS SELECT id FROM seats',
    );
    views.close();
    const assess = (...words: readonly string[]) =>
      runIn({ folder, env: { SEATS: `sqlite:${path}` } }, 'assess', ...words);
    const whole = await assess(`sqlite:${path}`);
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stdout).toContain(
      "1 view was not looked at: the free; to look at one: cqlform assess 'env:NAME/the free'",
    );
    const { views: [view = ''] = [] } = JSON.parse((await assess(`sqlite:${path}`, '--json')).stdout) as Assessment;
    const [table] = (JSON.parse((await assess(`env:SEATS/${view}`, '--json')).stdout) as Assessment).tables;
    expect(table).toMatchObject({ read: 1, columns: [{ field: 'id' }] });
    expect((await assess(`sqlite:${path}`, '--format', 'markdown')).stdout).toContain('1 view was not looked at');
  });

  it('answers queries', async () => {
    const source = sqlite.query('SELECT 1 AS a UNION ALL SELECT 2', {
      connection: 'shop',
      columns: { a: sqlite.int() },
      key: ['a'],
    });
    expect((await read.rows(source)).map(({ values }) => values['a'])).toEqual([1, 2]);
  });
});
