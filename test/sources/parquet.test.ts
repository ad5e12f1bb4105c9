import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parquet } from '../../src/files.ts';
import { copy, t, table, udt } from '../../src/index.ts';
import type { SourceRow } from '../../src/ports/source.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { byId, declared, plain } from './sql-source.ts';

let fixture: CopyFixture;
beforeAll(async () => {
  fixture = await copyFixture('sources_parquet');
  for (const name of ['every', 'digits', 'int96']) {
    await copyFile(join(import.meta.dirname, 'parquet', `${name}.parquet`), join(fixture.folder, `${name}.parquet`));
  }
});
afterAll(() => fixture.close());

type Declared = Parameters<typeof declared>[0];
async function read(source: Declared, wanted = 1): Promise<readonly SourceRow[]> {
  const opened = await createOpenSource({ projectFolder: fixture.folder })(declared(source));
  try {
    const rows: SourceRow[] = [];
    for (const split of await opened.splits(wanted)) for await (const page of opened.read(split)) rows.push(...page);
    return rows;
  } finally {
    await opened.close();
  }
}
async function facts(source: Declared) {
  const opened = await createOpenSource({ projectFolder: fixture.folder })(declared(source));
  try {
    return await opened.facts();
  } finally {
    await opened.close();
  }
}

const every = parquet.file('every.parquet', {
  columns: {
    id: parquet.int32(),
    i8: parquet.int8(),
    i16: parquet.int16(),
    i32: parquet.int32(),
    i64: parquet.int64(),
    u8: parquet.uint8(),
    u16: parquet.uint16(),
    u32: parquet.uint32(),
    u64: parquet.uint64(),
    f16: parquet.float(),
    f32: parquet.float(),
    f64: parquet.double(),
    flag: parquet.boolean(),
    str: parquet.string(),
    dict: parquet.enum('small', 'large'),
    json: parquet.json<{ readonly n: number }>(),
    bin: parquet.binary(),
    fix: parquet.fixed(),
    uid: parquet.uuid(),
    dec9: parquet.decimal(),
    dec18: parquet.decimal(),
    dec38: parquet.decimal(),
    day: parquet.date(),
    tms: parquet.time(),
    tus: parquet.time(),
    tns: parquet.time(),
    ms: parquet.localTimestamp(),
    us: parquet.localTimestamp(),
    ns: parquet.localTimestamp(),
    msz: parquet.timestamp(),
    usz: parquet.timestamp(),
    li: parquet.list(parquet.int64()),
    mp: parquet.map(parquet.string(), parquet.decimal()),
    st: parquet.struct({ a: parquet.int32(), b: parquet.list(parquet.localTimestamp()) }),
  },
  key: ['id'],
});
const part = udt('part', { a: t.int(), b: t.list(t.timestamp()) });
const target = table('every', {
  columns: {
    id: t.int(),
    i8: t.tinyint(),
    i16: t.smallint(),
    i32: t.int(),
    i64: t.bigint(),
    u8: t.smallint(),
    u16: t.int(),
    u32: t.bigint(),
    u64: t.varint(),
    f16: t.float(),
    f32: t.float(),
    f64: t.double(),
    flag: t.boolean(),
    str: t.text(),
    dict: t.text(),
    json: t.json<{ readonly n: number }>(),
    bin: t.blob(),
    fix: t.blob(),
    uid: t.uuid(),
    dec9: t.decimal(),
    dec18: t.decimal(),
    dec38: t.decimal(),
    day: t.date(),
    tms: t.time(),
    tus: t.time(),
    tns: t.time(),
    ms: t.timestamp(),
    us: t.timestamp(),
    ns: t.timestamp(),
    msz: t.timestamp(),
    usz: t.timestamp(),
    li: t.list(t.bigint()),
    mp: t.map(t.text(), t.decimal()),
    st: t.frozen(part),
  },
  partitionKey: ['id'],
});

it('every type arrives value by value', async () => {
  await fixture.create(part, target);
  const { result } = await fixture.run(copy({ from: every, into: target }));
  expect(result).toMatchObject({ read: 3, written: 3, rejected: 0 });
  const rows = byId(await fixture.query('SELECT * FROM KS.every'));
  expect(rows.get(1)).toMatchObject({
    i8: -128,
    i16: -32768,
    i32: -2147483648,
    i64: '-9223372036854775808',
    u64: '0',
    f16: 1.5,
    f32: 3.4028234663852886e38,
    f64: 5e-324,
    flag: true,
    str: 'Ærø 🦆\0',
    dict: 'small',
    json: '{"n": 12345678901234567890}',
    bin: '0x00ff',
    fix: '0x00010203',
    uid: '01010101-0101-0101-0101-010101010101',
    dec9: '-1234567.89',
    dec38: '-1234567890123456789012345678.0123456789',
    day: '0001-01-01',
    tms: '23:59:59.999',
    tus: '23:59:59.999999',
    tns: '23:59:59.999999999',
    ms: '1969-12-31T23:59:59.999Z',
    us: '1969-12-31T23:59:59.999Z',
    ns: '1970-01-01T00:00:00.001Z',
    msz: '1969-12-31T23:59:59.999Z',
    li: ['1', '-9223372036854775808'],
    st: { a: 1, b: ['1970-01-01T00:00:00.001Z', '1970-01-01T00:00:00.002Z'] },
  });
  expect(rows.get(2)).toMatchObject({
    u8: 255,
    u16: 65535,
    u32: '4294967295',
    u64: '18446744073709551615',
    f32: Number.NaN,
    f64: -Infinity,
    flag: false,
    str: '',
    bin: '0x',
    dec9: '0.10',
    dec18: '-1',
    dec38: '0.0000000000',
    day: '9999-12-31',
    tns: '00:00:00.000000001',
    usz: '2023-11-14T22:13:20.123Z',
    li: null,
    mp: null,
    st: { a: null, b: null },
  });
  const { id, ...nulls } = rows.get(3) ?? {};
  expect([id, ...new Set(Object.values(nulls))]).toEqual([3, null]);

  const [row] = await read(every);
  expect(row).toMatchObject({ place: 'every.parquet(id=1)', problem: null });
  expect(row?.values).toMatchObject({ i64: -(2n ** 63n), li: [1n, -(2n ** 63n)] });
  expect(plain(row?.values['mp'])).toEqual(
    plain(
      new Map([
        ['a', '1.50'],
        ['b', '-2.00'],
      ]),
    ),
  );
});

describe('digits that would get lost', () => {
  const columns = { ns: parquet.localTimestamp(), us: parquet.timestamp() };
  it('are problems of their row, or taken away where that is said', async () => {
    const kept = await read(parquet.file('digits.parquet', { columns }));
    expect(kept.map(({ problem }) => problem?.includes('fractions'))).toEqual([true, undefined]);
    expect(kept[0]?.problem).toContain('1970-01-01 00:00:00.000000001');
    const cut = await read(parquet.file('digits.parquet', { columns, fractions: 'truncate' }));
    expect(cut.map(({ problem, values }) => problem ?? values['us'])).toEqual([new Date(-1), new Date(1700000000123)]);
  });
  it('before the reader sees them are refused where the file is looked at', async () => {
    const nsz = { nsz: parquet.timestamp() };
    const [note] = (await facts(parquet.file('digits.parquet', { columns: nsz }))).notes ?? [];
    expect(note).toMatchObject({ code: 'SOURCE_DIGITS_LOST', severity: 'error' });
    await expect(read(parquet.file('digits.parquet', { columns: nsz }))).rejects.toThrow(/nsz holds nanoseconds/);
    const cut = await read(parquet.file('digits.parquet', { columns: nsz, fractions: 'truncate' }));
    expect(cut.map(({ values }) => values['nsz'])).toEqual([new Date(0), new Date(1700000000123)]);
    const at = { at: parquet.localTimestamp() };
    await expect(read(parquet.file('int96.parquet', { columns: at }))).rejects.toThrow(/at holds nanoseconds/);
    const wide = { wide: parquet.decimal() };
    await expect(read(parquet.file('digits.parquet', { columns: wide }))).rejects.toThrow(/more than 38 digits/);
  });
});

describe('files that are not as declared', () => {
  it('name the column and both types', async () => {
    const columns = { id: parquet.string(), holes: parquet.list(parquet.string()) };
    const { notes } = await facts(parquet.file('digits.parquet', { columns }));
    expect(notes?.map(({ message }) => message)).toEqual([
      'digits.parquet: id is INTEGER, and parquet.string is declared',
      'digits.parquet: holes is INTEGER[], and parquet.list is declared',
    ]);
    const gone = parquet.file('digits.parquet', { columns: { gone: parquet.string() } });
    expect((await facts(gone)).missing).toEqual(['gone']);
    await expect(read(gone)).rejects.toMatchObject({ code: 'SOURCE_COLUMNS_MISSING' });
  });
  it('have rows whose nulls no collection takes', async () => {
    const rows = await read(parquet.file('digits.parquet', { columns: { holes: parquet.list(parquet.int32()) } }));
    expect(rows.map(({ problem }) => problem)).toEqual([
      'holes: an element is null, which no collection of CQL holds',
      null,
    ]);
  });
  it('are cut short, or no Parquet', async () => {
    await writeFile(join(fixture.folder, 'bad.parquet'), 'id,name\n1,x\n');
    const bad = parquet.file('bad.parquet', { columns: { id: parquet.int32() } });
    await expect(read(bad)).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
    await rm(join(fixture.folder, 'bad.parquet'));
    // The footer is whole, what stands before it is not.
    const torn = await readFile(join(fixture.folder, 'every.parquet'));
    torn.fill(0xee, 4, 1500);
    await writeFile(join(fixture.folder, 'torn.parquet'), torn);
    const columns = { id: parquet.int32(), i8: parquet.int8(), i64: parquet.int64() };
    await expect(read(parquet.file('torn.parquet', { columns }))).rejects.toMatchObject({
      code: expect.stringMatching(/^SOURCE_(?:MALFORMED|INCOMPLETE)$/),
    });
  });
});

it('row groups are read apart, over all files of a glob, whatever their names', async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  for (const [name, first] of [
    ["o'dd [1]?.parquet", 0],
    ['two.parquet', 40_000],
  ] as const) {
    const path = join(fixture.folder, 'groups', name).replaceAll("'", "''");
    await fixture.file(`groups/${name}`, '');
    await connection.run(
      `COPY (SELECT range + ${first} AS id, sha256(range::VARCHAR) AS text FROM range(40000)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 10000)`,
    );
  }
  connection.closeSync();
  const columns = { id: parquet.int64(), text: parquet.string() };
  const source = parquet.file('groups/*.parquet', { columns });
  const opened = await createOpenSource({ projectFolder: fixture.folder })(declared(source));
  const splits = await opened.splits(64);
  await opened.close();
  expect(splits.length).toBeGreaterThan(2);
  const rows = await read(source, 64);
  expect(rows.map(({ values }) => values['id'])).toEqual(Array.from({ length: 80_000 }, (_, id) => BigInt(id)));
  expect(rows.at(-1)?.place).toBe('groups/two.parquet#40000');
  expect((await facts(source)).rows).toBe(80_000);
});
