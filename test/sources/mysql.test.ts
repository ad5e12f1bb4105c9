import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, t, table } from '../../src/index.ts';
import { mysql } from '../../src/mysql.ts';
import type { Source, SourceRow } from '../../src/ports/source.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { type Mariadb, mariadb } from '../support/mariadb.ts';
import { byId, byUrl, declared } from './sql-source.ts';

let server: Mariadb;
let fixture: CopyFixture;
beforeAll(async () => {
  server = await mariadb();
  fixture = await copyFixture('sources_mysql', { addresses: { shop: byUrl(server.url) } });
});
afterAll(async () => {
  await fixture.close();
  await server[Symbol.asyncDispose]();
});

type Declared = Parameters<typeof declared>[0];
const open = (source: Declared): Promise<Source> =>
  createOpenSource({ projectFolder: '/', addresses: { shop: byUrl(server.url) } })(declared(source));

async function read(source: Declared, wanted = 1): Promise<readonly SourceRow[]> {
  const opened = await open(source);
  try {
    const rows: SourceRow[] = [];
    for (const split of await opened.splits(wanted)) for await (const page of opened.read(split)) rows.push(...page);
    return rows;
  } finally {
    await opened.close();
  }
}

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
  it('is read the same in JavaScript', async () => {
    const [row] = await read(every);
    expect(row).toMatchObject({ place: 'every(id=1)', problem: null });
    expect(row?.values).toMatchObject({ bu: 18446744073709551615n, f: 3.4028234663852886e38, s: new Set(['a', 'c']) });
  });
});
