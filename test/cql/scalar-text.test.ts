import { describe, expect, it } from 'vitest';
import { Sink } from '../../src/cql/codec/sink.ts';
import { putDouble, putMoment, putUuid, putWhole } from '../../src/cql/csv/scalar-text.ts';

let state = 99;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const textOf = (put: (sink: Sink) => unknown): string => {
  // so small that it has to grow
  const sink = new Sink(2);
  put(sink);
  return sink.bytes.toString('latin1', 0, sink.length);
};
const many = (value: () => number): number[] => Array.from({ length: 5_000 }, value);

describe('scalars as text', () => {
  it('are whole numbers as JavaScript has them', () => {
    const edges = [0, 1, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER];
    const values = [
      ...edges,
      ...edges.map((value) => -value),
      ...many(() => Math.floor((random() - 0.5) * 10 ** (random() * 15))),
    ];
    for (const value of values) expect(textOf((sink) => putWhole(value, sink))).toBe(String(value));
  });

  it('are doubles in their shortest form', () => {
    const edges = [
      0, -0, 0.1, 0.000001, 0.0000005, 1e-7, 123456789.123456, 999999999.999999, 1e9, 1e15, 1e21, 1e300, 5e-324,
    ];
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, 0.1 + 0.2, 1 / 3];
    const bits = new DataView(new ArrayBuffer(8));
    const values = [
      ...edges,
      ...odd,
      ...many(() => Math.round((random() - 0.5) * 10 ** (random() * 18)) / 10 ** Math.floor(random() * 9)),
      ...many(() => {
        bits.setUint32(0, random() * 2 ** 32);
        bits.setUint32(4, random() * 2 ** 32);
        return bits.getFloat64(0);
      }),
    ];
    for (const value of values.flatMap((one) => [one, -one])) {
      expect(textOf((sink) => putDouble(value, sink))).toBe(Object.is(value, -0) ? '-0.0' : String(value));
    }
  });

  it('are moments as JavaScript has them, of years of four digits', () => {
    const [first, past] = [Date.UTC(1000, 0, 1), Date.UTC(10_000, 0, 1)];
    const days = Array.from({ length: 3000 }, (_none, index) =>
      Date.UTC(1896 + Math.floor(index / 12), index % 12, 28 + (index % 4)),
    );
    for (const value of [
      0,
      -1,
      1,
      first,
      past - 1,
      ...days,
      ...many(() => first + Math.floor(random() * (past - first))),
    ]) {
      expect(textOf((sink) => putMoment(value, sink))).toBe(new Date(value).toISOString());
    }
    for (const value of [first - 1, past, Number.NaN, Number.MAX_SAFE_INTEGER]) {
      expect(textOf((sink) => expect(putMoment(value, sink)).toBe(false))).toBe('');
    }
  });

  it('are uuids in lower case', () => {
    const bytes = Buffer.from('__00112233445566778899aabbccddeeff'.replace('__', 'ffff'), 'hex');
    expect(textOf((sink) => putUuid(bytes, 2, sink))).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });
});
