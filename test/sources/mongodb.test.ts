import {
  Binary,
  BSON,
  BSONRegExp,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, t, table, udt } from '../../src/index.ts';
import { mongo } from '../../src/mongodb.ts';
import type { Source, SourceRow, Split } from '../../src/ports/source.ts';
import { DocumentRows } from '../../src/sources/mongodb/rows.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { buildTimeoutMs, type Ferretdb, ferretdb } from '../support/ferretdb.ts';
import { changesFrom, micros } from './changes.ts';
import { expectToArrive, fuzzed, type Kind } from './fuzz.ts';
import { byId, byUrl, declared } from './sql-source.ts';

let server: Ferretdb;
let fixture: CopyFixture;
beforeAll(async () => {
  server = await ferretdb();
  fixture = await copyFixture('sources_mongodb', { addresses: { shop: byUrl(server.url) } });
}, buildTimeoutMs);
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
    return await fromPieces(opened, await opened.splits(wanted));
  } finally {
    await opened.close();
  }
}

async function fromPieces(source: Source, splits: readonly Split[]): Promise<readonly SourceRow[]> {
  const rows: SourceRow[] = [];
  for (const split of splits) for await (const page of source.read(split)) rows.push(...page);
  return rows;
}

const oid = new ObjectId('6b02df5aa042169eb4c1e589');
const bytes16 = Buffer.from('8f14e45fceea467fa0e60f3b1c9f2b11', 'hex');

describe('documents with every type', () => {
  const every = mongo.collection('every', {
    connection: 'shop',
    columns: {
      id: mongo.int(),
      s: mongo.string(),
      i: mongo.int(),
      l: mongo.long(),
      d: mongo.double(),
      dec: mongo.decimal(),
      flag: mongo.boolean(),
      oid: mongo.objectId(),
      raw: mongo.objectIdBytes(),
      uid: mongo.uuid(),
      bin: mongo.binary(),
      at: mongo.date(),
      js: mongo.json<{ readonly n: number }>(),
      tags: mongo.array(mongo.string()),
      marks: mongo.map(mongo.int()),
      home: mongo.object({ street: mongo.string(), no: mongo.int() }),
      city: mongo.string(),
      first: mongo.double(),
    },
    fields: { id: '_id', city: 'home.where.city', raw: 'oid', first: 'list.0.price' },
    key: ['id'],
  });
  const address = udt('address', { street: t.text(), no: t.int() });
  const target = table('every', {
    columns: {
      id: t.int(),
      s: t.text(),
      i: t.int(),
      l: t.bigint(),
      d: t.double(),
      dec: t.decimal(),
      flag: t.boolean(),
      oid: t.text(),
      raw: t.blob(),
      uid: t.uuid(),
      bin: t.blob(),
      at: t.timestamp(),
      js: t.json<{ readonly n: number }>(),
      tags: t.set(t.text()),
      marks: t.map(t.text(), t.int()),
      home: t.frozen(address),
      city: t.text(),
      first: t.double(),
    },
    partitionKey: ['id'],
  });

  it('arrive value by value', async () => {
    await server.collection('every').insertMany([
      {
        _id: 1,
        s: 'Ærø 🦆\0',
        i: new Int32(-2147483648),
        l: Long.MIN_VALUE,
        d: 5e-324,
        dec: Long.MAX_VALUE,
        flag: true,
        oid,
        uid: new Binary(bytes16, 4),
        bin: new Binary(Buffer.from([0, 255]), 128),
        at: new Date(-62_135_596_800_000),
        js: { n: Long.fromString('9007199254740993'), at: new Date(0), ids: [oid], f: new Double(2) },
        tags: ['b', 'a'],
        marks: { x: 1, 'a b': new Double(2) },
        home: { street: 'Main', no: 7, where: { city: 'Oslo' }, more: true },
        list: [{ price: 1.25 }],
      },
      { _id: 2, s: '', i: Long.fromNumber(2147483647), l: 1.5e9, d: Long.fromString('9007199254740992'), dec: 7 },
      { _id: 3, s: null, tags: [], marks: {}, home: {}, list: [] },
      { _id: 4 },
    ]);
    await fixture.create(address, target);
    const { result } = await fixture.run(copy({ from: every, into: target }));
    expect(result).toMatchObject({ read: 4, written: 4, rejected: 0 });
    const rows = byId(await fixture.query('SELECT * FROM KS.every'));
    expect(rows.get(1)).toMatchObject({
      s: 'Ærø 🦆\0',
      i: -2147483648,
      l: '-9223372036854775808',
      d: 5e-324,
      dec: '9223372036854775807',
      flag: true,
      oid: '6b02df5aa042169eb4c1e589',
      raw: '0x6b02df5aa042169eb4c1e589',
      uid: '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11',
      bin: '0x00ff',
      at: '0001-01-01T00:00:00.000Z',
      js: '{"n":9007199254740993,"at":"1970-01-01T00:00:00.000Z","ids":["6b02df5aa042169eb4c1e589"],"f":2}',
      tags: ['a', 'b'],
      marks: { x: 1, 'a b': 2 },
      home: { street: 'Main', no: 7 },
      city: 'Oslo',
      first: 1.25,
    });
    expect(rows.get(2)).toMatchObject({ s: '', i: 2147483647, l: '1500000000', d: 9007199254740992, dec: '7' });
    expect(rows.get(3)).toMatchObject({ s: null, tags: null, marks: null, home: { street: null, no: null } });
    expect(new Set(Object.values({ ...rows.get(4), id: null }))).toEqual(new Set([null]));
  });
});

it('values of other types than declared are problems that name field, value and type', async () => {
  await server
    .collection('mixed')
    .insertMany([
      { _id: 'a', n: '12', at: 'soon', tags: ['x', 3], home: { no: 1.5 } },
      { _id: 'b', n: new Double(1.5), at: new Timestamp({ t: 1, i: 2 }), tags: 'x', home: [1] },
      { _id: 'c', n: Long.fromString('2147483648'), tags: ['x', null], home: oid, at: null },
      { _id: 'd', n: 1, at: new Date(0), tags: [], home: { no: 2 } },
      { _id: 'e' },
    ]);
  const mixed = mongo.collection('mixed', {
    connection: 'shop',
    columns: {
      n: mongo.int(),
      at: mongo.date(),
      tags: mongo.array(mongo.string()),
      home: mongo.object({ no: mongo.int() }),
    },
    required: ['n', 'at'],
  });
  const rows = await read(mixed);
  const problems = new Map(rows.map(({ place, problem }) => [place, problem]));
  expect(problems.get('mixed(_id=a)')?.split('; ')).toEqual([
    'n: "12" (string) is not a whole number of 32 bits',
    'at: "soon" (string) is not a date',
    'tags: at 1: 3 (int) is not a text',
    'home: at no: 1.5 (double) is not a whole number of 32 bits',
  ]);
  expect(problems.get('mixed(_id=b)')?.split('; ')).toEqual([
    'n: 1.5 (double) is not a whole number of 32 bits',
    expect.stringContaining('(timestamp) is not a date'),
    'tags: "x" (string) is not an array',
    'home: [1] (array) is not a document',
  ]);
  expect(problems.get('mixed(_id=c)')?.split('; ')).toEqual([
    'n: 2147483648 (long) is not a whole number of 32 bits',
    'at: is null',
    'tags: 1 is null, which no collection of CQL holds',
    'home: "6b02df5aa042169eb4c1e589" (objectId) is not a document',
  ]);
  expect(problems.get('mixed(_id=d)')).toBeNull();
  expect(problems.get('mixed(_id=e)')).toBe('n: is missing; at: is missing');
});

/** Numbers that look random and are the same each time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

describe('a collection with ids of mixed types', () => {
  const random = randomOf(20_261_122);
  const whole = (below: number): number => Math.floor(random() * below);
  const ids: readonly (readonly [count: number, make: () => unknown])[] = [
    [700, () => whole(1e9)],
    [250, () => random() * 1e6 + 0.5],
    [250, () => Long.fromNumber(whole(2 ** 50))],
    [1200, () => `k${whole(2 ** 32).toString(36)}-ø`],
    [40, () => new ObjectId(Buffer.from(Array.from({ length: 12 }, () => whole(256))))],
    [40, () => new Date(whole(4e12))],
    [20, () => new Binary(Buffer.from(Array.from({ length: 16 }, () => whole(256))), 4)],
    [1, () => true],
    [1, () => ({ a: 1 })],
  ];
  const values: readonly (() => unknown)[] = [
    () => whole(1e6),
    () => Long.fromBits(whole(2 ** 32), whole(2 ** 32)),
    () => random() * 1e9,
    () => String.fromCodePoint(0x1f600 + whole(60)).repeat(whole(4)),
    () => new Date(whole(4e12)),
    () => whole(2) === 0,
    () => null,
    () => ({ in: [whole(9), `x${whole(9)}`], deep: { er: whole(2) === 1 } }),
    () => [],
  ];
  const expected = (value: unknown): unknown => {
    if (value instanceof Long) return Number.isSafeInteger(value.toNumber()) ? value.toNumber() : value.toBigInt();
    return value;
  };
  const documents: (Document & { readonly _id: unknown; readonly n: number; readonly v: unknown })[] = [];
  const mixed = mongo.collection('ids', {
    connection: 'shop',
    columns: { n: mongo.int(), v: mongo.any() },
    key: ['n'],
  });

  beforeAll(async () => {
    for (const [count, make] of ids) {
      for (let at = 0; at < count; at += 1) {
        documents.push({ _id: make(), n: documents.length, v: values[whole(values.length)]?.() });
      }
    }
    await server.collection('ids').insertMany(documents);
  });

  it('is cut so that every document is read once, with its value', async () => {
    const opened = await open(mixed);
    const splits = await opened.splits(64);
    await opened.close();
    const types = splits.map(({ detail }) => detail['type']);
    expect(types.filter((type) => type === 'number').length).toBeGreaterThan(1);
    expect(types.at(-1)).toBe('!number,string,objectId,date,binData');
    const rows = await read(mixed, 64);
    const byNumber = new Map(rows.map(({ values: { n, v } }) => [n, v]));
    expect([rows.length, byNumber.size]).toEqual([documents.length, documents.length]);
    for (const { n, v } of documents) expect([n, byNumber.get(n)]).toEqual([n, expected(v)]);
  });

  it('goes on behind the last document where the connection breaks', async () => {
    const opened = await open(mixed);
    const [split] = (await opened.splits(2)).filter(({ detail }) => detail['type'] === 'string');
    if (split === undefined) throw new Error('there is no piece of strings');
    const whole = await fromPieces(opened, [split]);
    const seen: unknown[] = [];
    let broken = false;
    for await (const page of opened.read(split)) {
      seen.push(...page.map(({ values: { n } }) => n));
      if (!broken) await server.restart();
      broken = true;
    }
    await opened.close();
    expect(seen.length).toBeGreaterThan(600);
    expect(seen).toEqual(whole.map(({ values: { n } }) => n));
  });

  it('is copied on by a second attempt where the first one ended', async () => {
    const numbers = table('numbers', { columns: { n: t.int(), v: t.text() }, partitionKey: ['n'] });
    await fixture.create(numbers);
    const data = copy({ from: mixed, into: numbers, columns: { v: ({ v }) => typeof v } });
    await expect(fixture.run(data, { heldForPieces: 1 })).rejects.toThrow('the lease is lost');
    const finished = fixture.checkpoints();
    const done = finished.filter(({ state }) => state === 'done').map(({ range }) => range);
    const { result, checkpoints } = await fixture.run(data, { attempt: 2, finished });
    expect(result).toMatchObject({ read: documents.length, written: documents.length, rejected: 0 });
    expect(done.length).toBeGreaterThan(0);
    expect(checkpoints.filter(({ range }) => done.includes(range))).toEqual([]);
    const rows = await fixture.query('SELECT n, v FROM KS.numbers');
    expect(new Map(rows.map(({ n, v }) => [n, v]))).toEqual(
      new Map(documents.map(({ n, v }) => [n, typeof expected(v)])),
    );
  });
});

describe('random documents of random types', () => {
  const write: Readonly<
    Partial<Record<Kind, { readonly declare: () => unknown; readonly bson: (raw: never) => unknown }>>
  > = {
    int: { declare: () => mongo.int(), bson: (raw: bigint) => new Int32(Number(raw)) },
    bigint: { declare: () => mongo.long(), bson: (raw: bigint) => Long.fromBigInt(raw) },
    double: { declare: () => mongo.double(), bson: (raw: number) => new Double(raw) },
    text: { declare: () => mongo.string(), bson: (raw: string) => raw },
    blob: { declare: () => mongo.binary(), bson: (raw: Buffer) => new Binary(raw) },
    timestamp: { declare: () => mongo.date(), bson: (raw: string) => new Date(raw) },
    boolean: { declare: () => mongo.boolean(), bson: (raw: boolean) => raw },
    uuid: { declare: () => mongo.uuid(), bson: (raw: string) => new BSON.UUID(raw) },
    counts: {
      declare: () => mongo.map(mongo.int()),
      bson: (raw: ReadonlyMap<string, number>) =>
        Object.fromEntries([...raw].map(([key, one]) => [key, new Int32(one)])),
    },
    ints: {
      declare: () => mongo.array(mongo.int()),
      bson: (raw: readonly number[]) => raw.map((one) => new Int32(one)),
    },
    texts: { declare: () => mongo.array(mongo.string()), bson: (raw: readonly string[]) => raw },
  };
  const untyped = (value: unknown): never => value as never;

  it('arrive as they are', async () => {
    const rows = fuzzed(Object.keys(write) as Kind[]);
    const documents = rows.rows.map(({ id, values }) => {
      const fields = rows.columns.map(({ name, kind }, at) => {
        const value = values[at] ?? null;
        return [name, value === null ? null : write[kind]?.bson(untyped(value.raw))] as const;
      });
      return { _id: new Int32(id), ...Object.fromEntries(fields) };
    });
    await server.collection('fuzz').insertMany(documents);
    await expectToArrive(fixture, rows, {
      name: 'fuzz_mongodb',
      from: (columns) => {
        const types = Object.fromEntries(columns.map(({ name, kind }) => [name, write[kind]?.declare()]));
        const fields = { id: '_id' };
        return mongo.collection(
          'fuzz',
          untyped({ connection: 'shop', columns: { id: mongo.int(), ...types }, fields, key: ['id'] }),
        );
      },
    });
  });
});

describe('values that the server of the tests does not keep', () => {
  const stored = (value: unknown, type: Parameters<typeof mongo.array>[0]): SourceRow => {
    const bytes = BSON.serialize({ _id: 1, v: value });
    const document = BSON.deserialize(bytes, { promoteValues: false, promoteLongs: false, bsonRegExp: true });
    return new DocumentRows(declared(mongo.collection('c', { connection: 'x', columns: { v: type } }))).row(document);
  };
  it.each([
    [Decimal128.fromString('-1.50'), mongo.decimal(), '-1.50'],
    [
      Decimal128.fromString('9.999999999999999999999999999999999E+6144'),
      mongo.decimal(),
      '9.999999999999999999999999999999999E+6144',
    ],
    [Decimal128.fromString('1E-6176'), mongo.decimal(), '1E-6176'],
    [Decimal128.fromString('12'), mongo.any(), '12'],
    [Decimal128.fromString('9223372036854775807.00'), mongo.long(), 9223372036854775807n],
    [Decimal128.fromString('-1E+3'), mongo.int(), -1000],
    [Number.NaN, mongo.double(), Number.NaN],
    [Number.NEGATIVE_INFINITY, mongo.double(), Number.NEGATIVE_INFINITY],
    [-0, mongo.double(), -0],
    [[1, [2, { a: 'x' }]], mongo.json(), '[1,[2,{"a":"x"}]]'],
    [new BSONRegExp('a.b', 'i'), mongo.json(), '{"$regularExpression":{"pattern":"a.b","options":"i"}}'],
    [new MinKey(), mongo.any(), { $minKey: 1 }],
    [{ d: Decimal128.fromString('1.10'), n: Number.NaN }, mongo.json(), '{"d":1.10,"n":"NaN"}'],
    [[[1], []], mongo.array(mongo.array(mongo.long())), [[1n], []]],
  ] as const)('%s', (value, type, found) => {
    expect(stored(value, type)).toMatchObject({ problem: null, values: { v: found } });
  });
  it.each([
    [Decimal128.fromString('NaN'), mongo.decimal(), '"NaN" (decimal) is not a decimal number'],
    [Decimal128.fromString('1.5'), mongo.long(), '1.5 (decimal) is not a whole number of 64 bits'],
    [Decimal128.fromString('1E+6000'), mongo.long(), '1e+6000 (decimal) is not a whole number of 64 bits'],
    [0.1, mongo.decimal(), '0.1 (double) is not a decimal number'],
    [
      Long.fromString('9007199254740993'),
      mongo.double(),
      '9007199254740993 (long) is not a number that a double holds exactly',
    ],
    [new Binary(bytes16, 3), mongo.uuid(), '"jxTkX87qRn+g5g87HJ8rEQ==" (binData) is not a UUID'],
    [new MaxKey(), mongo.string(), '{"$maxKey":1} (maxKey) is not a text'],
  ] as const)('%s is a problem', (value, type, reason) => {
    expect(stored(value, type).problem).toBe(`v: ${reason}`);
  });
});

describe('changes', () => {
  const changing = mongo.collection('changing', {
    connection: 'shop',
    columns: { id: mongo.int(), at: mongo.date(), version: mongo.long() },
    fields: { id: '_id', at: 'meta.at' },
    key: ['id'],
  });

  it('are told by dates inside of documents, and by numbers; other types tell nothing', async () => {
    const later = new Date(Date.now() + 86_400_000);
    const documents = [
      { _id: 1, meta: { at: new Date('2026-07-01T10:00:00Z') }, version: Long.fromNumber(10) },
      { _id: 2, meta: { at: new Date('2026-07-01T10:00:00.001Z') }, version: Long.fromString('9007199254740993') },
      { _id: 3, meta: { at: '2026-07-01' }, version: 'x' },
      { _id: 4 },
      { _id: 5, meta: { at: later }, version: new Int32(1) },
    ];
    await server.collection('changing').insertMany(documents);
    await server.collection('changing').createIndex({ 'meta.at': 1 });
    const at = byUrl(server.url);
    const byTime = await changesFrom(at, changing, { column: 'at', from: micros('2026-07-01T10:00:00Z') });
    expect(byTime).toMatchObject({
      ids: [1, 2, 5],
      rows: 3,
      lag: { pending: 1, without: 2, ahead: 1, newest: micros('2026-07-01T10:00:00.001Z') },
      indexed: true,
    });
    const byNumber = await changesFrom(at, changing, { column: 'version', from: 10n });
    expect(byNumber).toMatchObject({
      ids: [1, 2],
      lag: { pending: 1, without: 2, ahead: 0, newest: 9_007_199_254_740_993n },
      indexed: false,
    });
  });
});
