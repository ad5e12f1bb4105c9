import { describe, expect, it } from 'vitest';
import { jsonOf } from '../../src/cql/json-value.ts';
import { literalOf } from '../../src/cql/literal.ts';
import { parseType } from '../../src/cql/type-text.ts';
import { testTypes } from './edge-values.ts';

type Case = readonly [type: string, value: unknown, literal: string, json: unknown];
const cases: readonly Case[] = [
  ['text', "it's", "'it''s'", "it's"],
  ['int', -5, '-5', -5],
  ['bigint', 2n ** 62n, '4611686018427387904', '4611686018427387904'],
  ['bigint', 5, '5', '5'],
  ['float', Math.fround(0.1), '0.1', 0.1],
  ['float', Number.NaN, 'NaN', 'NaN'],
  ['double', -Infinity, '-Infinity', '-Infinity'],
  ['double', -0, '-0.0', -0],
  ['boolean', true, 'true', true],
  ['decimal', '1E+3', '1E+3', '1E+3'],
  [
    'uuid',
    '550e8400-e29b-41d4-a716-446655440000',
    '550e8400-e29b-41d4-a716-446655440000',
    '550e8400-e29b-41d4-a716-446655440000',
  ],
  ['timestamp', new Date(0), "'1970-01-01T00:00:00.000Z'", '1970-01-01T00:00:00.000Z'],
  ['timestamp', new Date(8.64e15), '8640000000000000', '+275760-09-13T00:00:00.000Z'],
  ['date', '2026-11-22', "'2026-11-22'", '2026-11-22'],
  ['duration', '1mo2d', '1mo2d', '1mo2d'],
  ['blob', Uint8Array.of(0, 255), '0x00ff', '0x00ff'],
  ['list<int>', [1, 2], '[1, 2]', [1, 2]],
  ['set<text>', new Set(['a']), "{'a'}", ['a']],
  ['map<text, bigint>', new Map([['a', 1n]]), "{'a': 1}", { a: '1' }],
  ['map<int, float>', new Map([[1, Math.fround(0.2)]]), '{1: 0.2}', [[1, 0.2]]],
  ['tuple<int, text>', [1, null], '(1, null)', [1, null]],
  [
    'address',
    { street: 'a', number: null, tags: new Set(['x']) },
    "{street: 'a', tags: {'x'}}",
    { street: 'a', number: null, tags: ['x'] },
  ],
  ['vector<float, 2>', Float32Array.of(0.1, 2), '[0.1, 2]', [0.1, 2]],
  ['text', null, 'null', null],
];

describe('values for people', () => {
  it.each(cases.map(([type, value, literal, json]) => ({ type, value, literal, json })))(
    '$type $literal',
    ({ type, value, literal, json }) => {
      expect(literalOf(value, parseType(type), testTypes)).toBe(literal);
      expect(jsonOf(value, parseType(type))).toEqual(json);
      expect(() => JSON.stringify(jsonOf(value))).not.toThrow();
    },
  );

  it('need the user-defined types they name', () => {
    expect(() => literalOf({ a: 1 }, parseType('nobody'))).toThrow(expect.objectContaining({ code: 'TYPE_UNKNOWN' }));
  });
});
