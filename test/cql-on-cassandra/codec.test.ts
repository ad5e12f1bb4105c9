import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codecOf } from '../../src/cql/codec/codec.ts';
import { frozenType, parseType } from '../../src/cql/type-text.ts';
import type { Bytes } from '../../src/model/row.ts';
import { typeText } from '../../src/model/type-text.ts';
import { edgeValues, testTypes } from '../cql/edge-values.ts';
import { type TestKeyspace, testKeyspace } from './node.ts';

interface EncoderClass {
  readonly prototype: { decode(bytes: Buffer | null, type: object): unknown };
}
const { prototype } = createRequire(import.meta.url)('cassandra-driver/lib/encoder') as EncoderClass;
const decode = prototype.decode;

const keyspace = 'cqlform_cql_codec';
const types = Object.keys(edgeValues);
let node: TestKeyspace;

beforeAll(async () => {
  node = await testKeyspace(keyspace);
  await node.run(`CREATE TYPE ${keyspace}.address (street text, number int, tags frozen<set<text>>)`);
  const frozen = types.map((type, index) => `f${index} ${typeText(frozenType(parseType(type)))}`);
  const unfrozen = types.map((type, index) => `u${index} ${typeText(parseType(type))}`);
  await node.run(`CREATE TABLE ${keyspace}.cells (id int PRIMARY KEY, ${[...frozen, ...unfrozen].join(', ')})`);
});
afterAll(async () => node[Symbol.asyncDispose]());

/** Writes the bytes as they are and reads the bytes that are stored. */
async function stored(column: string, bytes: Bytes): Promise<Buffer | null> {
  await node.client.execute(`INSERT INTO ${keyspace}.cells (id, ${column}) VALUES (1, ?)`, [Buffer.from(bytes)], {
    hints: ['blob'],
  });
  prototype.decode = (raw) => raw;
  try {
    const { rows } = await node.client.execute(`SELECT ${column} FROM ${keyspace}.cells WHERE id = 1`);
    return rows[0]?.[column.replaceAll('"', '')] as Buffer | null;
  } finally {
    prototype.decode = decode;
  }
}

describe.each(types.map((type, index) => ({ type, index })))('$type', ({ type, index }) => {
  const codec = codecOf(parseType(type), testTypes);
  const values = edgeValues[type] ?? [];
  it('is stored as it is sent, frozen and not', async () => {
    for (const value of values) {
      const bytes = codec.encode(value);
      expect(await stored(`f${index}`, bytes)).toEqual(bytes);
      const back = await stored(`u${index}`, bytes);
      // An unfrozen collection without elements, and a user-defined type without fields, is no cell at all.
      if (back !== null) expect(back).toEqual(bytes);
      else expect(JSON.stringify(value)).toMatch(/^(\[\]|\{\}|\{"street":null,"number":null,"tags":null\})$/);
    }
  });
});

describe('order inside frozen collections', () => {
  it('is the server’s own, whatever order it is sent in', async () => {
    for (const [index, type] of types.entries()) {
      if (!type.startsWith('set<')) continue;
      const codec = codecOf(parseType(type), testTypes);
      for (const value of edgeValues[type] as readonly Set<unknown>[]) {
        const sorted = Buffer.from(codec.encode(value));
        expect(await stored(`f${index}`, reversed(sorted))).toEqual(sorted);
      }
    }
  });

  it.each([
    { type: 'list<frozen<set<int>>>', kept: 'sorted' },
    { type: 'map<int, frozen<list<frozen<set<int>>>>>', kept: 'sorted' },
    { type: 'tuple<frozen<set<int>>>', kept: 'as sent' },
  ])('inside $type: $kept, so codecs sort at every depth', async ({ type, kept }) => {
    const column = `"${type.replace(/\W+/g, '_')}"`;
    await node.run(`ALTER TABLE ${keyspace}.cells ADD ${column} ${typeText(frozenType(parseType(type)))}`);
    const codec = codecOf(parseType(type), testTypes);
    const inner = [1, 2];
    const bytes = Buffer.from(codec.encode(type.startsWith('map') ? new Map([[1, [inner]]]) : [inner]));
    const set = bytes.length - 20;
    const unsorted = Buffer.concat([bytes.subarray(0, set), reversed(bytes.subarray(set))]);
    expect(unsorted).not.toEqual(bytes);
    expect(await stored(column, unsorted)).toEqual(kept === 'sorted' ? bytes : unsorted);
    expect(await stored(column, bytes)).toEqual(bytes);
  });
});

describe('canonical texts', () => {
  // `inet` is not among them: the server writes IPv6 addresses uncompressed; cqlsh compresses them.
  const scalars = ['date', 'time', 'uuid', 'timeuuid', 'decimal', 'varint', 'duration'];
  it.each(scalars)('of %s are those that the server writes', async (type) => {
    const index = types.indexOf(type);
    for (const value of edgeValues[type] ?? []) {
      const text = String(value);
      // The server writes decimals without exponents, and a duration of nothing as an empty text, which it cannot read.
      if (/E/.test(text) || text === '0ns') continue;
      await stored(`f${index}`, codecOf(parseType(type), testTypes).encode(value));
      const [row] = await node
        .run(`SELECT CAST(f${index} AS text) AS t FROM ${keyspace}.cells WHERE id = 1`)
        .catch(() => node.run(`SELECT toJson(f${index}) AS t FROM ${keyspace}.cells WHERE id = 1`));
      expect(String(row?.['t']).replaceAll('"', '')).toBe(text);
    }
  });
});

/** The same set with its elements from the last to the first. */
function reversed(set: Buffer): Buffer {
  const elements: Buffer[] = [];
  for (let at = 4; at < set.length; at += 4 + set.readInt32BE(at))
    elements.unshift(set.subarray(at, at + 4 + set.readInt32BE(at)));
  return Buffer.concat([set.subarray(0, 4), ...elements]);
}
