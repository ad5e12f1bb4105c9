import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, t, table } from '../../src/index.ts';
import { mysql } from '../../src/mysql.ts';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { type Mariadb, mariadb } from '../support/mariadb.ts';
import { assessed, proposedTypes } from './assessed.ts';
import { changesFrom, micros } from './changes.ts';
import { expectLoadedInPieces } from './loaded-in-pieces.ts';
import { byId, byUrl, problems, type Reading, reading } from './sql-source.ts';
import { expectViewsBeside } from './views-beside.ts';

let server: Mariadb;
let fixture: CopyFixture;
let read: Reading;
beforeAll(async () => {
  server = await mariadb();
  const addresses = { shop: byUrl(server.url) };
  read = reading(addresses);
  fixture = await copyFixture('sources_mysql', { addresses });
});
afterAll(async () => {
  await fixture.close();
  await server[Symbol.asyncDispose]();
});

const every = mysql.table('every', {
  connection: 'shop',
  columns: {
    id: mysql.int(),
    ti: mysql.tinyint(),
    tu: mysql.tinyintUnsigned(),
    si: mysql.smallint(),
    su: mysql.smallintUnsigned(),
    mi: mysql.mediumint(),
    mu: mysql.mediumintUnsigned(),
    i: mysql.int(),
    iu: mysql.intUnsigned(),
    bi: mysql.bigint(),
    bu: mysql.bigintUnsigned(),
    bits: mysql.bit(),
    flag: mysql.boolean(),
    dec: mysql.decimal(),
    f: mysql.float(),
    d: mysql.double(),
    c: mysql.char(),
    v: mysql.varchar(),
    latin: mysql.varchar(),
    tx: mysql.text(),
    e: mysql.enum('small', "l'arge", 'ø'),
    s: mysql.set('a', 'b', 'c'),
    js: mysql.json<{ readonly n: number }>(),
    day: mysql.date(),
    tm: mysql.time(),
    span: mysql.duration(),
    dt: mysql.datetime(),
    ts: mysql.timestamp(),
    y: mysql.year(),
    bin: mysql.binary(),
    vb: mysql.varbinary(),
    bl: mysql.blob(),
    uid: mysql.uuid(),
    ip: mysql.inet(),
  },
  key: ['id'],
});
const target = table('every', {
  columns: {
    id: t.int(),
    ti: t.tinyint(),
    tu: t.smallint(),
    si: t.smallint(),
    su: t.int(),
    mi: t.int(),
    mu: t.int(),
    i: t.int(),
    iu: t.bigint(),
    bi: t.bigint(),
    bu: t.varint(),
    bits: t.varint(),
    flag: t.boolean(),
    dec: t.decimal(),
    f: t.float(),
    d: t.double(),
    c: t.text(),
    v: t.text(),
    latin: t.text(),
    tx: t.text(),
    e: t.text(),
    s: t.set(t.text()),
    js: t.json<{ readonly n: number }>(),
    day: t.date(),
    tm: t.time(),
    span: t.duration(),
    dt: t.timestamp(),
    ts: t.timestamp(),
    y: t.smallint(),
    bin: t.blob(),
    vb: t.blob(),
    bl: t.blob(),
    uid: t.uuid(),
    ip: t.inet(),
  },
  partitionKey: ['id'],
});

describe('a table with every type', () => {
  it('arrives value by value', async () => {
    await server.sql(
      `CREATE TABLE every (id INT PRIMARY KEY, ti TINYINT, tu TINYINT UNSIGNED, si SMALLINT, su SMALLINT UNSIGNED,
        mi MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, bi BIGINT, bu BIGINT UNSIGNED, bits BIT(64),
        flag BOOLEAN, dec_ DECIMAL(65,30), f FLOAT, d DOUBLE, c CHAR(5), v VARCHAR(50),
        latin VARCHAR(20) CHARACTER SET latin1, tx LONGTEXT, e ENUM('small','l''arge','ø'), s SET('a','b','c'), js JSON,
        day DATE, tm TIME(6), span TIME(6), dt DATETIME(3), ts TIMESTAMP(3) NULL, y YEAR, bin BINARY(4),
        vb VARBINARY(9), bl LONGBLOB, uid UUID, ip INET6)`,
      'ALTER TABLE every CHANGE dec_ `dec` DECIMAL(65,30)',
      `INSERT INTO every VALUES (1, -128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295,
        -9223372036854775808, 18446744073709551615, b'1111111111111111111111111111111111111111111111111111111111111111',
        TRUE, '-12345678901234567890123456789012345.123456789012345678901234567890', 3.4028234e38, 1.7976931348623157e308,
        'æøå', '🦆 quack', 'Ærøskøbing ÿ', REPEAT('lang ', 30000), 'l''arge', 'a,c', '{"n": 12345678901234567890, "x": [1.0]}',
        '9999-12-31', '23:59:59.999999', '-838:59:59.000001', '2026-03-29 02:30:00.123', '2026-11-22 10:00:00.5', 2155,
        X'01020300', X'', X'00ff80', '8F14E45F-ceea-467f-a0e6-0f3b1c9f2b11', '2001:db8::1')`,
      "INSERT INTO every (id, f, d, s, v, y, dt, day, ts) VALUES (2, 0.1, 5e-324, '', '', 0, '0001-01-01 00:00:00', '0001-01-01', NULL)",
      'INSERT INTO every (id) VALUES (3)',
    );
    await fixture.create(target);
    const { result } = await fixture.run(copy({ from: every, into: target }));
    expect(result).toMatchObject({ read: 3, written: 3, rejected: 0 });
    const rows = byId(await fixture.query('SELECT * FROM KS.every'));
    expect(rows.get(1)).toMatchObject({
      ti: -128,
      tu: 255,
      si: -32768,
      su: 65535,
      mi: -8388608,
      mu: 16777215,
      i: -2147483648,
      iu: '4294967295',
      bi: '-9223372036854775808',
      bu: '18446744073709551615',
      bits: '18446744073709551615',
      flag: true,
      dec: '-12345678901234567890123456789012345.123456789012345678901234567890',
      f: 3.4028234663852886e38,
      d: 1.7976931348623157e308,
      c: 'æøå',
      v: '🦆 quack',
      latin: 'Ærøskøbing ÿ',
      tx: 'lang '.repeat(30_000),
      e: "l'arge",
      s: ['a', 'c'],
      js: '{"n": 12345678901234567890, "x": [1.0]}',
      day: '9999-12-31',
      tm: '23:59:59.999999',
      span: '-838h59m59s1us',
      dt: '2026-03-29T02:30:00.123Z',
      ts: '2026-11-22T10:00:00.500Z',
      y: 2155,
      bin: '0x01020300',
      vb: '0x',
      bl: '0x00ff80',
      uid: '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11',
      ip: '2001:db8::1',
    });
    expect(rows.get(2)).toMatchObject({
      f: Math.fround(0.1),
      d: 5e-324,
      s: null,
      v: '',
      y: 0,
      dt: '0001-01-01T00:00:00.000Z',
      day: '0001-01-01',
      ts: null,
    });
    const { id, ...nulls } = rows.get(3) ?? {};
    expect([id, ...new Set(Object.values(nulls))]).toEqual([3, null]);
  });
  it('is assessed, and the migration written of it compiles as it comes', async () => {
    const found = await assessed(server.url, 'shop/every', 'write');
    expect(found).toMatchObject({ read: 3, whole: true, key: { partition: ['id'], by: 'primary key' }, refused: [] });
    expect(proposedTypes(found)).toMatchObject({
      tu: 'mysql.tinyint unsigned smallint',
      mu: 'mysql.mediumint unsigned int',
      iu: 'mysql.int unsigned bigint',
      bu: 'mysql.bigint unsigned varint',
      dec: 'mysql.decimal decimal',
      tx: 'mysql.text text',
      e: 'mysql.enum text',
      s: 'mysql.set set<text>',
      js: 'mysql.text text',
      tm: 'mysql.time time',
      dt: 'mysql.datetime timestamp',
      y: 'mysql.year smallint',
      bin: 'mysql.binary blob',
      uid: 'mysql.uuid uuid',
      ip: 'mysql.inet inet',
    });
    expect(found.unreadable).toEqual({
      count: 1,
      examples: [{ place: 'every(id=1)', value: expect.stringContaining('span: "-838:59:59.000001"') as string }],
    });
  });

  it('is read the same in JavaScript', async () => {
    const [row] = await read.rows(every);
    expect(row).toMatchObject({ place: 'every(id=1)', problem: null });
    expect(row?.values).toMatchObject({ bu: 18446744073709551615n, f: 3.4028234663852886e38, s: new Set(['a', 'c']) });
  });
});

describe('values that do not fit', () => {
  it('are problems of their row, never other values', async () => {
    await server.sql(
      'CREATE TABLE odd (id INT PRIMARY KEY, day DATE, at DATETIME(6), tm TIME, flag TINYINT, small INT, e VARCHAR(5), uid CHAR(36))',
      "SET SESSION sql_mode = ''",
      `INSERT INTO odd VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '24:00:00', 2, 40000, 'none', 'no uuid'),
        (2, '2026-02-00', '2026-11-22 10:00:00.123456', '-00:00:01', 0, 1, 'a', '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11')`,
    );
    const columns = {
      id: mysql.int(),
      day: mysql.date(),
      at: mysql.datetime(),
      tm: mysql.time(),
      flag: mysql.boolean(),
      small: mysql.smallint(),
      e: mysql.enum('a'),
      uid: mysql.uuid(),
    };
    const strict = await read.rows(mysql.table('odd', { connection: 'shop', columns, key: ['id'] }));
    expect(strict[0]?.problem?.split('; ')).toEqual([
      'day: "0000-00-00" is not a day that exists (`zeroDates: \'null\'` reads it as null)',
      'at: "0000-00-00 00:00:00.000000" is not a day that exists (`zeroDates: \'null\'` reads it as null)',
      'tm: "24:00:00" is not a time of day (declare a span of time as mysql.duration())',
      'flag: "2" is not a boolean (0 or 1)',
      'small: "40000" is not a whole number from -32768 to 32767',
      'e: "none" is not one of a',
      'uid: "no uuid" is not a UUID',
    ]);
    expect(strict[1]?.problem).toMatch(/day: "2026-02-00".*at: "2026-11-22 10:00:00.123456".*tm: "-00:00:01"/);
    const settings = { zeroDates: 'null', fractions: 'truncate' } as const;
    const { day, at, tm } = columns;
    const lenient = mysql.table('odd', { connection: 'shop', columns: { day, at }, ...settings });
    expect((await read.rows(lenient)).map(({ values }) => values)).toEqual([
      { day: null, at: null },
      { day: null, at: new Date('2026-11-22T10:00:00.123Z') },
    ]);
    void tm;
  });

  it('have a zone where it is declared, and no moment where clocks were moved', async () => {
    await server.sql(
      'CREATE TABLE local (id INT PRIMARY KEY, at DATETIME)',
      `INSERT INTO local VALUES (1, '2026-07-01 12:00:00'), (2, '2026-01-01 12:00:00'), (3, '2026-03-29 02:30:00'),
        (4, '2026-10-25 02:30:00'), (5, '1950-01-01 00:00:00')`,
    );
    const columns = { id: mysql.int(), at: mysql.datetime() };
    const oslo = mysql.table('local', { connection: 'shop', columns, key: ['id'], zone: 'Europe/Oslo' });
    const rows = await read.rows(oslo);
    expect(
      rows.map(({ values, problem }) => (problem === null ? (values['at'] as Date).toISOString() : problem)),
    ).toEqual([
      '2026-07-01T10:00:00.000Z',
      '2026-01-01T11:00:00.000Z',
      'at: "2026-03-29 02:30:00" is not one moment in Europe/Oslo: its clocks were moved then',
      'at: "2026-10-25 02:30:00" is not one moment in Europe/Oslo: its clocks were moved then',
      '1949-12-31T23:00:00.000Z',
    ]);
    expect(await read.notes(oslo)).toEqual([]);
    const utc = mysql.table('local', { connection: 'shop', columns, key: ['id'] });
    expect(await read.notes(utc)).toEqual(['SOURCE_ZONE_ASSUMED info: local: at has no time zone and is read in UTC']);
  });
});

describe('the catalogue', () => {
  it('is compared with the declaration', async () => {
    await server.sql(
      "CREATE TABLE real_ (id BIGINT UNSIGNED PRIMARY KEY, name TEXT, g POINT, e ENUM('a','b'), paid BOOLEAN) ENGINE=Aria",
      'INSERT INTO real_ (id, g, paid) VALUES (1, POINT(1, 1), TRUE)',
    );
    const source = mysql.table('real_', {
      connection: 'shop',
      columns: { id: mysql.int(), name: mysql.int(), g: mysql.blob(), e: mysql.enum('a'), none: mysql.int() },
      key: ['id'],
    });
    expect(await read.notes(source)).toEqual([
      'SOURCE_COLUMNS_MISSING error: real_ has no column none',
      'SOURCE_TYPE_DIFFERS warning: real_.id is bigint(20) unsigned, and mysql.int is declared',
      'SOURCE_TYPE_DIFFERS error: real_.name is text, and mysql.int is declared',
      'SOURCE_TYPE_UNSUPPORTED error: real_.g is point, a type that cannot be read',
      "SOURCE_LABELS_DIFFER warning: e also has the labels 'b', which are not declared",
      'SOURCE_NOT_TRANSACTIONAL warning: real_ is kept by Aria, which has no views of one moment',
    ]);
    const found = await assessed(server.url, 'shop/real_');
    expect(found.refused).toMatchObject([{ field: 'g', type: 'point' }]);
    expect(proposedTypes(found)).toMatchObject({ paid: 'mysql.boolean boolean' });
    expect(found.notes).toContain('real_ is kept by Aria, which has no views of one moment');
    const nowhere = mysql.table('nowhere', { connection: 'shop', columns: { id: mysql.int() } });
    await expect(read.open(nowhere)).rejects.toMatchObject({ code: 'SOURCE_TABLE_MISSING' });
    const elsewhere = mysql.table('real_', { connection: 'other', columns: { id: mysql.int() } });
    await expect(read.open(elsewhere)).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_UNKNOWN' });
  });

  it('is asked over no line that is not there, and says no password', async () => {
    const down = reading({ shop: byUrl('mysql://reader:s3cret@127.0.0.1:1/shop') });
    const source = mysql.table('x', { connection: 'shop', columns: { id: mysql.int() } });
    const thrown = await down.open(source).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('s3cret');
  });
});

describe('pieces', () => {
  const tables = [
    ['a whole number', 'BIGINT', (n: number) => `${n - 5000}`],
    [
      'whole numbers with holes',
      'BIGINT UNSIGNED',
      (n: number) => (n < 10_000 ? `${n}` : `18446744073709${500_000 + n}`),
    ],
    ['text', 'VARCHAR(40)', (n: number) => `'kéy${(n * 7919) % 20_011}'`],
    ['bytes', 'BINARY(3)', (n: number) => `X'${n.toString(16).padStart(6, '0')}'`],
    ['a decimal', 'DECIMAL(30,10)', (n: number) => `${n}.${n}`],
    ['a day', 'DATE', (n: number) => `DATE_ADD('1900-01-01', INTERVAL ${n} DAY)`],
  ] as const;
  it.each(tables)('hold each row once: %s', async (name, type, value) => {
    const table = `by_${name.replaceAll(' ', '_')}`;
    const ids = Array.from({ length: 20_000 }, (_, n) => n);
    const values = ids.map((n) => `(${value(n)}, ${n})`).join(',');
    await server.sql(
      `CREATE TABLE ${table} (k ${type} PRIMARY KEY, n INT)`,
      `INSERT INTO ${table} VALUES ${values}`,
      `ANALYZE TABLE ${table}`,
    );
    const source = mysql.table(table, { connection: 'shop', columns: { k: mysql.text(), n: mysql.int() }, key: ['k'] });
    const opened = await read.open(source);
    expect((await opened.splits(8)).length).toBeGreaterThan(4);
    await opened.close();
    const found = (await read.rows(source, 8)).map(({ values: { n } }) => Number(n));
    expect(found.sort((a, b) => a - b)).toEqual(ids);
  });

  it('are cut along a key of several columns, and not at all without one', async () => {
    const values = Array.from({ length: 12_000 }, (_, n) => `('t${n % 3}', ${n}, ${n})`).join(',');
    await server.sql(
      'CREATE TABLE pair (t VARCHAR(9), k INT, n INT, PRIMARY KEY (t, k), UNIQUE (t(2), n))',
      `INSERT INTO pair VALUES ${values}`,
      'ANALYZE TABLE pair',
    );
    const columns = { t: mysql.varchar(), k: mysql.int(), n: mysql.int() };
    const keyed = mysql.table('pair', { connection: 'shop', columns, key: ['t', 'k'] });
    const opened = await read.open(keyed);
    const ids = (await opened.splits(4)).map(({ id }) => id);
    expect((await opened.facts()).distinct).toBe(true);
    await opened.close();
    // of which only the beginning of the text is unique, or nothing
    for (const key of [['n'], ['t', 'n']] as const) {
      const other = await read.open(mysql.table('pair', { connection: 'shop', columns, key }));
      expect((await other.facts()).distinct).toBe(false);
      await other.close();
    }
    expect(ids.length).toBeGreaterThan(2);
    expect(ids[0]).toMatch(/^pair:\.\.\["t0","\d+"\]$/);
    const found = (await read.rows(keyed, 4)).map(({ values: { n } }) => n);
    expect(new Set(found).size).toBe(12_000);
    expect(found).toHaveLength(12_000);
    const loose = mysql.table('pair', { connection: 'shop', columns });
    const whole = await read.open(loose);
    expect(await whole.splits(4)).toHaveLength(1);
    expect((await whole.facts()).rows).toBe(12_000);
    await whole.close();
    const [first] = await read.rows(loose);
    expect(first?.place).toBe('pair#1');
  });

  it('are read as they were at one moment, by users who may lock and by those who may not', async () => {
    await server.sql(
      "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'p@ss:word'",
      "GRANT SELECT ON shop.* TO reader@'127.0.0.1'",
      'CREATE TABLE moving (id INT PRIMARY KEY, n INT)',
      `INSERT INTO moving SELECT seq, 0 FROM seq_1_to_20000`,
      'ANALYZE TABLE moving',
    );
    const source = mysql.table('moving', {
      connection: 'shop',
      columns: { id: mysql.int(), n: mysql.int() },
      key: ['id'],
    });
    const reader = server.url.replace('root@', 'reader:p%40ss%3Aword@');
    for (const [url, notes] of [
      [server.url, 0],
      [reader, 1],
    ] as const) {
      await server.sql('UPDATE moving SET n = 0');
      const opened = await reading({ shop: byUrl(url) }).open(source);
      expect((await opened.facts()).notes).toHaveLength(notes);
      const splits = await opened.splits(4);
      expect(splits.length).toBeGreaterThan(2);
      const counts = splits.map(async (split, at) => {
        let changed = 0;
        let rows = 0;
        for await (const page of opened.read(split)) {
          if (at === 0 && rows === 0) await server.sql('UPDATE moving SET n = n + 1');
          rows += page.length;
          changed += page.filter(({ values }) => values['n'] !== 0).length;
        }
        return { rows, changed };
      });
      const sums = await Promise.all(counts);
      expect(sums.reduce((sum, { rows }) => sum + rows, 0)).toBe(20_000);
      expect(sums.reduce((sum, { changed }) => sum + changed, 0)).toBe(0);
      await opened.close();
    }
  });
});

describe('a query', () => {
  it('is read as a table', async () => {
    await server.sql(
      'CREATE TABLE a (id INT PRIMARY KEY, v TEXT)',
      'CREATE TABLE b (id INT, w TEXT)',
      "INSERT INTO a VALUES (1, 'x'), (2, 'y')",
      "INSERT INTO b VALUES (1, 'u'), (1, 'v')",
    );
    const source = mysql.query(
      'SELECT a.id, v, GROUP_CONCAT(w ORDER BY w) AS ws FROM a LEFT JOIN b USING (id) GROUP BY a.id, v',
      {
        connection: 'shop',
        columns: { id: mysql.int(), words: mysql.text() },
        key: ['id'],
        fields: { words: 'ws' },
        notNull: ['words'],
      },
    );
    const rows = await read.rows(source);
    expect(rows.map(({ values }) => values)).toEqual([
      { id: 1, words: 'u,v' },
      { id: 2, words: null },
    ]);
    expect(problems(rows)).toEqual([null, 'words: is missing']);
  });
});

describe('changes', () => {
  const columns = { id: mysql.int(), at: mysql.timestamp(), local: mysql.datetime(), version: mysql.bigintUnsigned() };
  const changing = mysql.table('changing', { connection: 'shop', columns, key: ['id'], zone: 'Europe/Oslo' });

  it('are told by times, in UTC or in the zone of the declaration, and by numbers', async () => {
    await server.sql(
      'CREATE TABLE changing (id INT PRIMARY KEY, at TIMESTAMP(6) NULL, local DATETIME(3) NULL, version BIGINT UNSIGNED, INDEX (at, version))',
      "SET time_zone = '+00:00'",
      `INSERT INTO changing VALUES (1, '2026-07-01 10:00:00', '2026-07-01 12:00:00', 18446744073709551613),
        (2, '2026-07-01 10:00:00.000001', '2026-07-01 12:00:00.001', 18446744073709551614),
        (3, '2026-07-01 11:00:00', '2026-07-01 13:00:00', 18446744073709551615),
        (4, NULL, NULL, NULL), (5, UTC_TIMESTAMP() + INTERVAL 1 DAY, UTC_TIMESTAMP() + INTERVAL 1 DAY, 1)`,
    );
    const at = byUrl(server.url);
    const moment = micros('2026-07-01T10:00:00Z');
    const above = { pending: 2, without: 1, newest: micros('2026-07-01T11:00:00Z') };
    const byTime = await changesFrom(at, changing, { column: 'at', from: moment });
    expect(byTime).toMatchObject({ ids: [1, 2, 3, 5], rows: 4, lag: { ...above, ahead: 1 }, indexed: true });
    expect(Math.abs(Number(byTime.lag.now) / 1000 - Date.now())).toBeLessThan(60_000);
    const later = await changesFrom(at, changing, { column: 'at', from: moment + 1n });
    expect(later).toMatchObject({ ids: [2, 3, 5], lag: { pending: 1 } });
    const byClock = await changesFrom(at, changing, { column: 'local', from: moment });
    expect(byClock).toMatchObject({ ids: [1, 2, 3, 5], lag: { ...above, ahead: 1 } });
    const byNumber = await changesFrom(at, changing, { column: 'version', from: 2n ** 64n - 2n });
    expect(byNumber).toMatchObject({
      ids: [2, 3],
      lag: { pending: 1, without: 1, ahead: 0, newest: 2n ** 64n - 1n },
      indexed: false,
    });
  });
});

it('is loaded by pieces of one moment, several at a time, and every row is accounted for', async () => {
  await expectLoadedInPieces(fixture, { ...server, system: 'mysql' }, [
    'INSERT INTO items SELECT seq, IF(seq % 9000 = 1, 3000000000, seq) FROM seq_1_to_20000',
    'ANALYZE TABLE items',
  ]);
});

it('with views: they are told beside the tables, and looked at by name', async () => {
  await server.sql('CREATE TABLE beside (id int PRIMARY KEY)', 'CREATE VIEW seen AS SELECT id FROM beside');
  await expectViewsBeside({ system: 'mysql', url: server.url, views: ['seen'] });
});
