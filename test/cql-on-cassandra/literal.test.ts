import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codecOf } from '../../src/cql/codec/codec.ts';
import { literalOf } from '../../src/cql/literal.ts';
import { frozenType, parseType } from '../../src/cql/type-text.ts';
import { typeText } from '../../src/model/type-text.ts';
import { edgeValues, testTypes } from '../cql/edge-values.ts';
import { type TestKeyspace, testKeyspace } from './node.ts';

const keyspace = 'cqlform_cql_literal';
const types = Object.keys(edgeValues);
let node: TestKeyspace;
beforeAll(async () => {
  node = await testKeyspace(keyspace);
  await node.run(`CREATE TYPE ${keyspace}.address (street text, number int, tags frozen<set<text>>)`);
  const columns = types.map((type, index) => `c${index} ${typeText(frozenType(parseType(type)))}`);
  await node.run(`CREATE TABLE ${keyspace}.cells (id int PRIMARY KEY, ${columns.join(', ')})`);
});
afterAll(async () => node[Symbol.asyncDispose]());

describe.each(types.map((type, index) => ({ type, index })))('$type', ({ type, index }) => {
  it('literals are read as the values they are of', async () => {
    for (const value of edgeValues[type] ?? []) {
      const literal = literalOf(value, parseType(type), testTypes);
      // A text of 100,000 letters is no more a test than one of three.
      if (literal.length > 10_000 || literal.includes('\u0000')) continue;
      if (refused.has(literal)) {
        await expect(node.run(insert(index, literal))).rejects.toThrow();
        continue;
      }
      await node.run(insert(index, literal));
      const bytes = Buffer.from(codecOf(parseType(type), testTypes).encode(value));
      const { rows } = await node.client.execute(
        `SELECT id FROM ${keyspace}.cells WHERE id = 1 AND c${index} = ? ALLOW FILTERING`,
        [bytes],
        { hints: ['blob'] },
      );
      expect([literal, rows.length]).toEqual([literal, 1]);
    }
  });
});

/** Values that the server keeps and cannot read. */
const refused: ReadonlySet<string> = new Set(['1E+2147483648']);

function insert(index: number, literal: string): string {
  return `INSERT INTO ${keyspace}.cells (id, c${index}) VALUES (1, ${literal})`;
}
