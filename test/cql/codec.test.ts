import { createRequire } from 'node:module';
import { types as driverTypes } from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import { codecOf, orderOf } from '../../src/cql/codec/codec.ts';
import { parseType } from '../../src/cql/type-text.ts';
import { RowRejected } from '../../src/model/data.ts';
import { edgeValues, testTypes } from './edge-values.ts';

const Encoder = createRequire(import.meta.url)('cassandra-driver/lib/encoder') as EncoderClass;
type EncoderClass = new (
  version: number,
  options: object,
) => { encode(value: unknown, type: object): Buffer; decode(bytes: Buffer, type: object): unknown };
type DriverCase = readonly [
  type: string,
  code: object,
  make: () => unknown,
  toDriver?: ((value: never) => unknown) | undefined,
];
const encoder = new Encoder(5, { encoding: { useBigIntAsLong: true, useBigIntAsVarint: true } });

describe.each(Object.entries(edgeValues))('%s', (text, values) => {
  const codec = codecOf(parseType(text), testTypes);
  it.each(values.map((value, index) => ({ index, value })))('value $index comes back', ({ value }) => {
    const bytes = codec.encode(value);
    expect(codec.decode(bytes)).toEqual(value);
    expect(codec.decode(Uint8Array.from(bytes))).toEqual(value);
    expect(codec.encode(codec.decode(bytes))).toEqual(bytes);
  });
});

describe('beside the driver', () => {
  const { dataTypes } = driverTypes;
  const random = seeded(20261122);
  const whole = (bits: number): number => Math.floor((random() - 0.5) * 2 ** bits);
  const long = (): bigint => BigInt.asIntN(64, (BigInt(whole(53)) << 12n) ^ BigInt(whole(53)));
  const cases: readonly DriverCase[] = [
    ['tinyint', { code: dataTypes.tinyint }, () => whole(8)],
    ['smallint', { code: dataTypes.smallint }, () => whole(16)],
    ['int', { code: dataTypes.int }, () => whole(32)],
    ['bigint', { code: dataTypes.bigint }, long],
    ['counter', { code: dataTypes.counter }, long],
    ['varint', { code: dataTypes.varint }, () => long() ** BigInt(1 + (whole(3) & 3))],
    ['double', { code: dataTypes.double }, () => (random() - 0.5) * 10 ** whole(9)],
    ['float', { code: dataTypes.float }, () => Math.fround((random() - 0.5) * 10 ** whole(5))],
    ['boolean', { code: dataTypes.boolean }, () => random() < 0.5],
    ['text', { code: dataTypes.text }, () => randomText(random)],
    [
      'blob',
      { code: dataTypes.blob },
      () => Uint8Array.from({ length: whole(6) & 31 }, () => whole(8)),
      (value: Uint8Array) => Buffer.from(value),
    ],
    ['timestamp', { code: dataTypes.timestamp }, () => new Date(whole(54) % 8.64e15)],
    [
      'uuid',
      { code: dataTypes.uuid },
      () => driverTypes.Uuid.random().toString(),
      (value: string) => driverTypes.Uuid.fromString(value),
    ],
    [
      'timeuuid',
      { code: dataTypes.timeuuid },
      () => driverTypes.TimeUuid.now().toString(),
      (value: string) => driverTypes.TimeUuid.fromString(value),
    ],
    [
      'decimal',
      { code: dataTypes.decimal },
      () => `${whole(40)}.${Math.floor(random() * 1e9)}`,
      (value: string) => driverTypes.BigDecimal.fromString(value),
    ],
    [
      'time',
      { code: dataTypes.time },
      () => `12:34:56.${String(Math.floor(random() * 1e9)).padStart(9, '0')}`,
      (value: string) => driverTypes.LocalTime.fromString(value),
    ],
    [
      'list<text>',
      { code: dataTypes.list, info: { code: dataTypes.text } },
      () => Array.from({ length: 1 + (whole(4) & 7) }, () => randomText(random)),
    ],
    [
      'tuple<int, text>',
      { code: dataTypes.tuple, info: [{ code: dataTypes.int }, { code: dataTypes.text }] },
      () => [whole(32), random() < 0.3 ? null : randomText(random)],
      (value: unknown[]) => driverTypes.Tuple.fromArray(value),
    ],
    [
      'duration',
      { code: dataTypes.custom, info: 'org.apache.cassandra.db.marshal.DurationType' },
      () => `${Math.floor(random() * 2 ** 31)}d${Math.floor(random() * 60) + 1}ns`,
      (value: string) => driverTypes.Duration.fromString(value),
    ],
  ];
  it.each(cases.map(([text, type, make, toDriver]) => ({ text, type, make, toDriver })))(
    '$text has the same bytes, and they are read as the same value',
    ({ text, type, make, toDriver }) => {
      const codec = codecOf(parseType(text), testTypes);
      for (let count = 0; count < 500; count += 1) {
        const value = make();
        const driven = toDriver === undefined ? value : toDriver(value as never);
        const bytes = encoder.encode(driven, type);
        expect(Buffer.from(codec.encode(value)).toString('hex')).toBe(bytes.toString('hex'));
        const back = codec.decode(bytes);
        // A canonical text need not be the text that was written: `P2W` and `14d` are one duration.
        if (typeof back === 'string' && back !== value) expect(codec.encode(back)).toEqual(codec.encode(value));
        else expect(back).toEqual(value);
      }
    },
  );
});

const equals: readonly (readonly [type: string, one: unknown, other: unknown])[] = [
  ['set<text>', ['b', 'a', 'a'], new Set(['a', 'b'])],
  ['set<int>', [3, -1, 2], [-1, 2, 3]],
  [
    'map<text, int>',
    { b: 1, a: 2 },
    new Map([
      ['a', 2],
      ['b', 1],
    ]),
  ],
  ['list<frozen<set<int>>>', [[2, 1]], [new Set([1, 2])]],
  [
    'map<frozen<set<int>>, frozen<map<text, int>>>',
    new Map([[[2, 1], { z: 1, y: 2 }]]),
    new Map([[new Set([1, 2]), { y: 2, z: 1 }]]),
  ],
  ['set<decimal>', ['1.0', '-5', '0.5'], ['-5', '0.5', '1.0']],
  [
    'set<frozen<tuple<int, text>>>',
    [
      [1, 'b'],
      [1, null],
      [0, 'z'],
    ],
    [
      [0, 'z'],
      [1, null],
      [1, 'b'],
    ],
  ],
  ['address', { street: 'a' }, { street: 'a', number: null, tags: undefined }],
  ['uuid', '550E8400-E29B-41D4-A716-446655440000', '550e8400-e29b-41d4-a716-446655440000'],
  ['bigint', 5, 5n],
  ['vector<float, 2>', [1.5, -2], Float32Array.of(1.5, -2)],
];

describe('equal values give equal bytes', () => {
  it.each(equals.map(([text, one, other], index) => ({ text, one, other, index })))(
    '$text ($index)',
    ({ text, one, other }) => {
      const codec = codecOf(parseType(text), testTypes);
      expect(codec.encode(one)).toEqual(codec.encode(other));
    },
  );
});

const refused: readonly (readonly [type: string, value: unknown, reason: string])[] = [
  ['tinyint', 300, '300 does not fit a tinyint'],
  ['int', 2 ** 31, '2147483648 does not fit an int'],
  ['int', 1.5, '1.5 is no int: a whole number is needed'],
  ['int', 'x', '"x" is no int: a whole number is needed'],
  ['int', Number.NaN, 'NaN is no int: a whole number is needed'],
  ['int', null, 'null is no int: a whole number is needed'],
  ['bigint', 2n ** 63n, '9223372036854775808n does not fit a bigint'],
  ['bigint', 2 ** 53, '9007199254740992 is no bigint: beyond 2^53 a number is not exact, so a bigint is needed'],
  ['varint', 'x', '"x" is no varint: a bigint or a whole number is needed'],
  ['float', 1e300, '1e+300 does not fit a float'],
  ['double', '1', '"1" is no double: a number is needed'],
  ['boolean', 1, '1 is no boolean: true or false is needed'],
  ['text', 5, '5 is no text: a string is needed'],
  ['text', '\ud83d', '"\\ud83d" is no text: it holds half of a surrogate pair'],
  ['ascii', 'é', '"é" is no ascii: it holds characters that ASCII has not'],
  ['uuid', 'abc', '"abc" is no uuid: a UUID as a string is needed'],
  [
    'timeuuid',
    '550e8400-e29b-41d4-a716-446655440000',
    '"550e8400-e29b-41d4-a716-446655440000" is no timeuuid: a version 1 UUID as a string is needed',
  ],
  ['date', '2026-02-30', '"2026-02-30" is no date: YYYY-MM-DD as a string is needed'],
  ['date', new Date(0), '1970-01-01T00:00:00.000Z is no date: YYYY-MM-DD as a string is needed'],
  ['timestamp', new Date(Number.NaN), 'an invalid Date is no timestamp: a valid one is needed'],
  ['timestamp', '2026-01-01', '"2026-01-01" is no timestamp: a Date is needed'],
  ['blob', 'ff', '"ff" is no blob: a Uint8Array is needed'],
  ['inet', '1.2.3', '"1.2.3" is no inet: an IPv4 or IPv6 address as a string is needed'],
  ['set<int>', [1, null], 'null cannot stand in a set<int>: Cassandra keeps no null there'],
  ['list<int>', new Set([1]), 'a Set of 1 is no list<int>: an array is needed'],
  ['map<int, int>', { 1: 2 }, 'an object with 1 is no map<int, int>: a Map is needed'],
  [
    'map<uuid, int>',
    new Map([
      ['550e8400-e29b-41d4-a716-446655440000', 1],
      ['550E8400-E29B-41D4-A716-446655440000', 2],
    ]),
    'a Map of 2 is no map<uuid, int>: two of its keys are the same',
  ],
  ['tuple<int, text>', [1], 'an array of 1 is no tuple<int, text>: an array of 2 is needed'],
  ['address', { stret: 'a' }, 'an object with stret is no address: it has no field stret'],
  ['vector<float, 3>', [1, 2], 'an array of 2 is no vector<float, 3>: an array of 3 is needed'],
  ['text', 5n ** 100n, `${String(5n ** 100n).slice(0, 60)}… is no text: a string is needed`],
];

describe('refusals', () => {
  it.each(refused.map(([text, value, reason]) => ({ text, value, reason })))('$reason', ({ text, value, reason }) => {
    const codec = codecOf(parseType(text), testTypes);
    expect(() => codec.encode(value)).toThrow(new RowRejected(reason));
    // A codec is as good as new after a refusal.
    if (text === 'set<int>') expect(codec.decode(codec.encode([2, 1]))).toEqual(new Set([1, 2]));
  });

  it('of bytes that are no such value', () => {
    const reasonOf = (text: string, hex: string): string => {
      try {
        codecOf(parseType(text), testTypes).decode(Buffer.from(hex, 'hex'));
        return 'nothing thrown';
      } catch (error) {
        return error instanceof RowRejected ? error.reason : String(error);
      }
    };
    expect(reasonOf('timestamp', '7fffffffffffffff')).toBe(
      'the stored bytes are no timestamp that a Date can hold: it is 9223372036854775807 ms from 1970',
    );
    expect(reasonOf('int', '0001')).toBe('the stored bytes are no int: 2 bytes instead of 4');
    expect(reasonOf('text', 'eda080')).toBe('the stored bytes are no text: they are not valid UTF-8');
    expect(reasonOf('list<int>', '00000002000000040000000100000004')).toContain('element 1 is cut short');
    expect(reasonOf('list<int>', '0000000000')).toContain('go on after the last element');
    expect(reasonOf('list<int>', '00')).toContain('count is missing');
    expect(reasonOf('tuple<int, int>', '0000000400000001ffffffffffffffff')).toContain('more than 2 values');
    expect(reasonOf('vector<float, 2>', '00000000')).toContain('4 bytes instead of 8');
    expect(reasonOf('vector<text, 2>', '0161')).toContain('element 1 is cut short');
    expect(reasonOf('duration', '0000')).toContain('three numbers');
  });

  it('of a user-defined type that nobody declared', () => {
    expect(() => codecOf(parseType('nobody'), {})).toThrow(expect.objectContaining({ code: 'TYPE_UNKNOWN' }));
  });
});

describe('what Cassandra allows beyond', () => {
  it('reads U+FFFD that is really there, an empty value as null, a short user-defined type with nulls', () => {
    expect(codecOf(parseType('text'), {}).decode(Buffer.from('a\ufffdb'))).toBe('a\ufffdb');
    expect(codecOf(parseType('int'), {}).decode(Buffer.alloc(0))).toBeNull();
    expect(codecOf(parseType('address'), testTypes).decode(Buffer.from('0000000161', 'hex'))).toEqual({
      street: 'a',
      number: null,
      tags: null,
    });
  });

  it('orders values as Cassandra does', () => {
    const sorted = (text: string, values: readonly unknown[]): unknown[] => {
      const codec = codecOf(parseType(text), testTypes);
      const order = orderOf(parseType(text), testTypes);
      return values
        .map((value) => codec.encode(value))
        .sort(order)
        .map((bytes) => codec.decode(bytes));
    };
    expect(sorted('double', [Number.NaN, 0, -0, 1, -1, Infinity, -Infinity])).toEqual([
      -Infinity,
      -1,
      -0,
      0,
      1,
      Infinity,
      Number.NaN,
    ]);
    expect(sorted('decimal', ['1E+100', '-1E+100', '1E-2147483000', '0', '-0.5', '10.00'])).toEqual([
      '-1E+100',
      '-0.5',
      '0',
      '1E-2147483000',
      '10.00',
      '1E+100',
    ]);
    expect(sorted('varint', [256n, -1n, 2n ** 100n, -(2n ** 100n), 0n])).toEqual([
      -(2n ** 100n),
      -1n,
      0n,
      256n,
      2n ** 100n,
    ]);
    expect(sorted('text', ['b', 'ab', 'a', '', 'é'])).toEqual(['', 'a', 'ab', 'b', 'é']);
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomText(random: () => number): string {
  const letters = ['a', 'Z', '0', ' ', "'", 'ß', '€', '😀', '\n', '\u0000'];
  return Array.from({ length: Math.floor(random() * 12) }, () => letters[Math.floor(random() * letters.length)]).join(
    '',
  );
}
