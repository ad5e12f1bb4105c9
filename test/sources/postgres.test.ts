import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, t, table } from '../../src/index.ts';
import { postgres } from '../../src/postgres.ts';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { type Postgres, postgresServer } from '../support/postgres.ts';
import { assessed, proposedTypes } from './assessed.ts';
import { changesFrom, micros } from './changes.ts';
import { expectLoadedInPieces } from './loaded-in-pieces.ts';
import { byId, byUrl, problems, type Reading, reading } from './sql-source.ts';
import { expectViewsBeside } from './views-beside.ts';

let server: Postgres;
let fixture: CopyFixture;
let read: Reading;
beforeAll(async () => {
  server = await postgresServer();
  const addresses = { shop: byUrl(server.url) };
  read = reading(addresses);
  fixture = await copyFixture('sources_postgres', { addresses });
});
afterAll(async () => {
  await fixture.close();
  await server[Symbol.asyncDispose]();
});

const every = postgres.table('every', {
  connection: 'shop',
  columns: {
    id: postgres.int(),
    si: postgres.smallint(),
    bi: postgres.bigint(),
    num: postgres.numeric(),
    re: postgres.real(),
    dp: postgres.double(),
    bo: postgres.boolean(),
    ch: postgres.char(),
    vc: postgres.varchar(),
    tx: postgres.text(),
    en: postgres.enum('sad', 'h"app,y'),
    by: postgres.bytea(),
    uu: postgres.uuid(),
    da: postgres.date(),
    ti: postgres.time(),
    ts: postgres.timestamp(),
    tz: postgres.timestamptz(),
    iv: postgres.interval(),
    js: postgres.json<unknown>(),
    jb: postgres.jsonb<{ readonly n: number }>(),
    ip: postgres.inet(),
    net: postgres.cidr(),
    mac: postgres.macaddr(),
    ints: postgres.array(postgres.int()),
    words: postgres.array(postgres.text()),
    grid: postgres.array(postgres.array(postgres.bigint())),
    span: postgres.range(postgres.int()),
    during: postgres.range(postgres.timestamptz()),
    pt: postgres.text(),
    dom: postgres.int(),
  },
  key: ['id'],
});
const target = table('every', {
  columns: {
    id: t.int(),
    si: t.smallint(),
    bi: t.bigint(),
    num: t.decimal(),
    re: t.float(),
    dp: t.double(),
    bo: t.boolean(),
    ch: t.text(),
    vc: t.text(),
    tx: t.text(),
    en: t.text(),
    by: t.blob(),
    uu: t.uuid(),
    da: t.date(),
    ti: t.time(),
    ts: t.timestamp(),
    tz: t.timestamp(),
    iv: t.duration(),
    js: t.json<unknown>(),
    jb: t.json<{ readonly n: number }>(),
    ip: t.inet(),
    net: t.text(),
    mac: t.text(),
    ints: t.list(t.int()),
    words: t.set(t.text()),
    grid: t.list(t.frozen(t.list(t.bigint()))),
    lower: t.int(),
    until: t.timestamp(),
    pt: t.text(),
    dom: t.decimal(),
  },
  partitionKey: ['id'],
});

describe('a table with every type', () => {
  it('arrives value by value', async () => {
    await server.sql(
      `CREATE TYPE mood AS ENUM ('sad', 'h"app,y'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0)`,
      `CREATE TABLE every (id int PRIMARY KEY, si smallint, bi bigint, num numeric, re real, dp double precision, bo boolean,
        ch char(4), vc varchar(40), tx text, en mood, by bytea, uu uuid, da date, ti time, ts timestamp(3), tz timestamptz(3),
        iv interval, js json, jb jsonb, ip inet, net cidr, mac macaddr, ints int[], words text[], grid bigint[], span int4range,
        during tstzrange, pt point, dom positive)`,
      `INSERT INTO every VALUES (1, -32768, -9223372036854775808, '-123456789012345678901234567890.0123456789', '3.4028235e38',
        '-1.7976931348623157e308', true, 'ab', '🦆', repeat('lang ', 30000), 'h"app,y', '\\x00ff80', 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11',
        '0044-03-15 BC', '23:59:59.999999', '2026-03-29 02:30:00.123', '2026-11-22 10:00:00.5+02', '1 year 2 mons 3 days 04:05:06.789',
        '{"a": 1.0, "b": 12345678901234567890}', '{"n": 12345678901234567890}', '2001:db8::1', '10.0.0.0/8', '08:00:2b:01:02:03',
        '{1,-2,3}', '{"a b","c,d","e\\"f","NULL",""}', '{{1,2},{3,9223372036854775807}}', '[1,10)', '[2026-01-01,)', '(1.5,2)', 7)`,
      `INSERT INTO every (id, re, dp, da, tz, ts, iv, tx, words, grid, span) VALUES (2, '0.1', 'NaN', '5874897-12-31',
        '0044-03-15 12:00:00+00 BC', '12026-01-01', '-1 year -2 days -00:00:01.5', '', '{}', '[0:0][0:0]={{5}}', 'empty')`,
      'INSERT INTO every (id) VALUES (3)',
    );
    await fixture.create(target);
    const columns = {
      lower: ({ span }: { readonly span: { readonly lower: number | null } | null }) => span?.lower ?? null,
      until: ({ during }: { readonly during: { readonly lower: Date | null } | null }) => during?.lower ?? null,
    };
    const { result } = await fixture.run(copy({ from: every, into: target, columns }));
    expect(result).toMatchObject({ read: 3, written: 3, rejected: 0 });
    const rows = byId(await fixture.query('SELECT * FROM KS.every'));
    expect(rows.get(1)).toMatchObject({
      si: -32768,
      bi: '-9223372036854775808',
      num: '-123456789012345678901234567890.0123456789',
      re: 3.4028234663852886e38,
      dp: -1.7976931348623157e308,
      bo: true,
      ch: 'ab  ',
      vc: '🦆',
      tx: 'lang '.repeat(30_000),
      en: 'h"app,y',
      by: '0x00ff80',
      uu: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      da: expect.stringMatching(/^-0*43-03-15$/),
      ti: '23:59:59.999999',
      ts: '2026-03-29T02:30:00.123Z',
      tz: '2026-11-22T08:00:00.500Z',
      iv: '1y2mo3d4h5m6s789ms',
      js: '{"a": 1.0, "b": 12345678901234567890}',
      jb: '{"n": 12345678901234567890}',
      ip: '2001:db8::1',
      net: '10.0.0.0/8',
      mac: '08:00:2b:01:02:03',
      ints: [1, -2, 3],
      words: ['', 'NULL', 'a b', 'c,d', 'e"f'],
      grid: [
        ['1', '2'],
        ['3', '9223372036854775807'],
      ],
      lower: 1,
      until: '2026-01-01T00:00:00.000Z',
      pt: '(1.5,2)',
      dom: '7',
    });
    expect(rows.get(2)).toMatchObject({
      re: Math.fround(0.1),
      dp: Number.NaN,
      tz: '-000043-03-15T12:00:00.000Z',
      ts: '+012026-01-01T00:00:00.000Z',
      iv: '-1y2d1s500ms',
      tx: '',
      words: null,
      grid: [['5']],
      lower: null,
    });
    const { id, ...nulls } = rows.get(3) ?? {};
    expect([id, ...new Set(Object.values(nulls))]).toEqual([3, null]);
  });

  it('is assessed, and the migration written of it compiles as it comes', async () => {
    const found = await assessed(server.url, 'shop/every', 'write');
    expect(found).toMatchObject({ read: 3, whole: true, key: { partition: ['id'], by: 'primary key' }, refused: [] });
    expect(proposedTypes(found)).toMatchObject({
      si: 'postgres.smallint smallint',
      num: 'postgres.numeric decimal',
      en: 'postgres.enum text',
      iv: 'postgres.interval duration',
      jb: 'postgres.text text',
      ints: 'postgres.int[] frozen<list<int>>',
      words: 'postgres.text[] frozen<list<text>>',
      span: 'postgres.text text',
      pt: 'postgres.text text',
      dom: 'postgres.int int',
    });
    // Its catalogue does not say how many dimensions an array has.
    expect(found.unreadable.examples.map(({ value }) => value.slice(0, 5))).toEqual(['grid:', 'grid:']);
  });

  it('gives ranges with their bounds', async () => {
    const [first, second] = await read.rows(every);
    expect(first?.values['span']).toEqual({
      empty: false,
      lower: 1,
      upper: 10,
      lowerIncluded: true,
      upperIncluded: false,
    });
    expect(second?.values['span']).toMatchObject({ empty: true, lower: null });
  });
});

describe('values that do not fit', () => {
  it('are problems of their row, never other values', async () => {
    await server.sql(
      `CREATE TABLE odd (id int PRIMARY KEY, n numeric, d date, ts timestamp, tz timestamptz, ti time, iv interval, ip inet, a int[], w text, j int)`,
      `INSERT INTO odd VALUES (1, 'NaN', 'infinity', 'infinity', '-infinity', '24:00', '1 mon -1 day', '10.0.0.1/8', '{1,NULL}', 'c', 70000),
        (2, 'Infinity', NULL, '2026-01-01 00:00:00.000001', '294276-12-31', NULL, NULL, NULL, '{{1}}', 'a', 1)`,
    );
    const rows = await read.rows(
      postgres.table('odd', {
        connection: 'shop',
        columns: {
          id: postgres.int(),
          n: postgres.numeric(),
          d: postgres.date(),
          ts: postgres.timestamp(),
          tz: postgres.timestamptz(),
          ti: postgres.time(),
          iv: postgres.interval(),
          ip: postgres.inet(),
          a: postgres.array(postgres.int()),
          w: postgres.enum('a'),
          j: postgres.smallint(),
        },
        key: ['id'],
      }),
    );
    const [first, second] = problems(rows).map((problem) => problem?.split('; '));
    expect(first).toEqual([
      'n: "NaN" is not a decimal number',
      'd: "infinity" is not a day',
      'ts: "infinity" is not a day and a time',
      'tz: "-infinity" is not a moment',
      'ti: "24:00:00" is not a time of day',
      'iv: "P1M-1D" is not a duration: the signs of its months, days and time differ',
      'ip: "10.0.0.1/8" is not an address without a netmask',
      'a: "{1,NULL}" is not a list: an element is null',
      'w: "c" is not one of a',
      'j: "70000" is not an integer of 16 bits',
    ]);
    expect(second?.map((one) => one.slice(0, one.indexOf(':')))).toEqual(['n', 'ts', 'tz', 'a']);
  });
});

describe('the catalogue', () => {
  it('is compared with the declaration', async () => {
    await server.sql(
      `CREATE TABLE real_ (id bigint PRIMARY KEY, name text, price money, e mood, at timestamp)`,
      'CREATE SCHEMA other',
      'CREATE TABLE other."Odd ""name""" (id int)',
    );
    const source = postgres.table('real_', {
      connection: 'shop',
      columns: {
        id: postgres.int(),
        name: postgres.array(postgres.text()),
        price: postgres.text(),
        e: postgres.enum('sad'),
        at: postgres.timestamp(),
        none: postgres.int(),
      },
      key: ['id'],
    });
    expect(await read.notes(source)).toEqual([
      'SOURCE_COLUMNS_MISSING error: real_ has no column none',
      'SOURCE_TYPE_DIFFERS warning: real_.id is bigint, and postgres.int is declared',
      'SOURCE_TYPE_DIFFERS error: real_.name is text, and postgres.text[] is declared',
      'SOURCE_TYPE_UNSUPPORTED error: real_.price is money, a type that cannot be read',
      `SOURCE_LABELS_DIFFER warning: e also has the labels 'h"app,y', which are not declared`,
      'SOURCE_ZONE_ASSUMED info: real_: at has no time zone and is read in UTC',
    ]);
    await server.sql("INSERT INTO real_ (id, at) VALUES (1, '2026-01-01 10:00:00.123456')");
    const found = await assessed(server.url, 'shop/real_');
    expect(found.refused).toMatchObject([{ field: 'price', type: 'money' }]);
    // Digits below the millisecond would have rejected it.
    expect(found).toMatchObject({ unreadable: { count: 0 }, source: { settings: { fractions: 'truncate' } } });
    expect(found.notes.join()).toContain("fractions: 'truncate' is proposed: without it 1 of the rows");
    const odd = { connection: 'shop', columns: { id: postgres.int() } };
    await expect(read.open(postgres.table('Odd "name"', odd))).rejects.toMatchObject({ code: 'SOURCE_TABLE_MISSING' });
    expect(await read.rows(postgres.table('Odd "name"', { ...odd, schema: 'other' }))).toEqual([]);
  });

  it('says no password where the server is not there', async () => {
    const down = reading({ shop: byUrl('postgres://reader:s3cret@127.0.0.1:1/shop') });
    const source = postgres.table('x', { connection: 'shop', columns: { id: postgres.int() } });
    const thrown = await down.open(source).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('s3cret');
  });
});

describe('pieces', () => {
  const tables = [
    ['a whole number', 'bigint', (n: number) => `${n - 5000}`],
    ['text', 'text', (n: number) => `'ké\\y''${(n * 7919) % 20_011}'`],
    ['text of both cases', 'text', (n: number) => `'${n % 2 === 0 ? 'K' : 'k'}${String(n).padStart(5, '0')}'`],
    ['text of a language', 'text COLLATE "sv-x-icu"', (n: number) => `'${n % 2 === 0 ? 'Ö' : 'ö'}${n}'`],
    ['a uuid', 'uuid', (n: number) => `md5('${n}')::uuid`],
    ['a moment', 'timestamptz', (n: number) => `'2026-01-01'::timestamptz + '${n * 1001} us'`],
  ] as const;
  it.each(tables)('hold each row once: %s', async (name, type, value) => {
    const from = `by_${name.replaceAll(' ', '_')}`;
    const ids = Array.from({ length: 20_000 }, (_, n) => n);
    await server.sql(
      `CREATE TABLE ${from} (k ${type} PRIMARY KEY, n int)`,
      `INSERT INTO ${from} VALUES ${ids.map((n) => `(${value(n)}, ${n})`).join(',')}`,
    );
    const source = postgres.table(from, {
      connection: 'shop',
      columns: { k: postgres.text(), n: postgres.int() },
      key: ['k'],
    });
    const opened = await read.open(source);
    expect((await opened.splits(8)).length).toBeGreaterThan(4);
    expect(await opened.facts()).toMatchObject({ rows: 20_000, distinct: true });
    await opened.close();
    const found = (await read.rows(source, 8)).map(({ values: { n } }) => Number(n));
    expect(found.sort((a, b) => a - b)).toEqual(ids);
  });

  it('have a key that is unique, or none behind which a broken connection is gone on', async () => {
    await server.sql(
      'CREATE TABLE alike (k int NOT NULL, n int); CREATE INDEX ON alike (k)',
      'INSERT INTO alike SELECT n % 5, n FROM generate_series(1, 20000) n',
      'CREATE TABLE parents (k int PRIMARY KEY, n int); CREATE TABLE children () INHERITS (parents)',
      'INSERT INTO parents SELECT n, 0 FROM generate_series(1, 9000) n; INSERT INTO children SELECT * FROM parents',
    );
    const columns = { k: postgres.int(), n: postgres.int() };
    for (const name of ['alike', 'parents']) {
      const opened = await read.open(postgres.table(name, { connection: 'shop', columns, key: ['k'] }));
      expect(await opened.facts()).toMatchObject({ distinct: false });
      const [split] = await opened.splits(1);
      if (split === undefined) throw new Error('there is no piece');
      const all = async (): Promise<void> => {
        for await (const _page of opened.read(split)) {
          await server.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%FROM pages%' AND pid <> pg_backend_pid()",
          );
        }
      };
      await expect(all(), name).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_LOST', retryable: true });
      await opened.close();
    }
  });

  it('share one view, along a key of several columns', async () => {
    await server.sql(
      'CREATE TABLE moving (t text, k int, n int, PRIMARY KEY (t, k)) PARTITION BY LIST (t)',
      "CREATE TABLE moving_0 PARTITION OF moving FOR VALUES IN ('t0'); CREATE TABLE moving_1 PARTITION OF moving DEFAULT",
      "INSERT INTO moving SELECT 't' || n % 3, n, 0 FROM generate_series(1, 20000) n",
    );
    const columns = { t: postgres.text(), k: postgres.int(), n: postgres.int() };
    const opened = await read.open(postgres.table('moving', { connection: 'shop', columns, key: ['t', 'k'] }));
    const splits = await opened.splits(4);
    expect(splits.length).toBeGreaterThan(2);
    const counts = splits.map(async (split, at) => {
      const found = { rows: 0, changed: 0 };
      for await (const page of opened.read(split)) {
        if (at === 0 && found.rows === 0)
          await server.sql('UPDATE moving SET n = n + 1', "DELETE FROM moving WHERE t = 't2'");
        found.rows += page.length;
        found.changed += page.filter(({ values }) => values['n'] !== 0).length;
      }
      return found;
    });
    const sums = await Promise.all(counts);
    expect(sums.reduce((sum, { rows }) => sum + rows, 0)).toBe(20_000);
    expect(sums.reduce((sum, { changed }) => sum + changed, 0)).toBe(0);
    await opened.close();
  });
});

describe('a query', () => {
  it('is read as a table', async () => {
    const source = postgres.query("SELECT n, 'p' || n AS name FROM generate_series(1, 3) n", {
      connection: 'shop',
      columns: { n: postgres.int(), name: postgres.text() },
      key: ['n'],
    });
    const rows = await read.rows(source);
    expect(rows.map(({ values }) => values['name'])).toEqual(['p1', 'p2', 'p3']);
    expect(rows[0]?.place).toBe("SELECT n, 'p' || n AS name FROM generate_series(1, 3) n(n=1)");
    const broken = postgres.query('SELECT n FROM nowhere', { connection: 'shop', columns: { n: postgres.int() } });
    await expect(read.open(broken)).rejects.toMatchObject({ code: 'SOURCE_QUERY_FAILED' });
  });
});

describe('changes', () => {
  const columns = {
    id: postgres.int(),
    at: postgres.timestamptz(),
    local: postgres.timestamp(),
    version: postgres.bigint(),
  };
  const definition = { connection: 'shop', columns, key: ['id'], zone: 'Europe/Oslo', fractions: 'truncate' } as const;

  it('are told by times, with or without a zone, and by numbers; of a table and of a query', async () => {
    await server.sql(
      'CREATE TABLE changing (id int PRIMARY KEY, at timestamptz, local timestamp, version bigint)',
      'CREATE INDEX ON changing USING brin (at)',
      'CREATE INDEX ON changing (version) WHERE version > 1',
      `INSERT INTO changing VALUES (1, '2026-07-01 10:00:00Z', '2026-07-01 12:00:00', 10),
        (2, '2026-07-01 10:00:00.000001Z', '2026-07-01 12:00:00.000001', 11),
        (3, '2026-07-01 11:00:00Z', '2026-07-01 13:00:00', 9223372036854775807),
        (4, NULL, NULL, NULL), (5, now() + interval '1 day', now() + interval '1 day', 1)`,
    );
    const at = byUrl(server.url);
    const moment = micros('2026-07-01T10:00:00Z');
    const above = { pending: 2, without: 1, ahead: 1, newest: micros('2026-07-01T11:00:00Z') };
    for (const [source, indexed] of [
      [postgres.table('changing', definition), true],
      [postgres.query('SELECT * FROM changing WHERE id > 0', definition), null],
    ] as const) {
      const byTime = await changesFrom(at, source, { column: 'at', from: moment });
      expect(byTime).toMatchObject({ ids: [1, 2, 3, 5], rows: 4, lag: above, indexed });
      const later = await changesFrom(at, source, { column: 'at', from: moment + 1n });
      expect(later).toMatchObject({ ids: [2, 3, 5], lag: { pending: 1 } });
      const byClock = await changesFrom(at, source, { column: 'local', from: moment });
      expect(byClock).toMatchObject({ ids: [1, 2, 3, 5], lag: above });
      const byNumber = await changesFrom(at, source, { column: 'version', from: 11n });
      expect(byNumber).toMatchObject({
        ids: [2, 3],
        lag: { pending: 1, without: 1, ahead: 0, newest: 2n ** 63n - 1n },
        indexed: indexed === null ? null : false,
      });
    }
  });
});

it('is loaded by pieces of one moment, several at a time, and every row is accounted for', async () => {
  await expectLoadedInPieces(fixture, { ...server, system: 'postgres' }, [
    'INSERT INTO items SELECT n, CASE WHEN n % 9000 = 1 THEN 3000000000 ELSE n END FROM generate_series(1, 20000) n',
    'ANALYZE items',
  ]);
});

it('with views: they are told beside the tables, and looked at by name', async () => {
  await server.sql(
    'CREATE TABLE beside (id int PRIMARY KEY)',
    'CREATE VIEW seen AS SELECT id FROM beside',
    'CREATE MATERIALIZED VIEW seen_once AS SELECT 1 AS one',
  );
  await expectViewsBeside({ system: 'postgres', url: server.url, views: ['seen', 'seen_once'] });
});
