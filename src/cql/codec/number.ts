import type { ScalarName } from '../../model/type.ts';
import { compareBigints, compareBytes, compareDoubles } from './order.ts';
import type { ValuePlan } from './plan.ts';
import { doesNotFit, notA, unreadable } from './reject.ts';
import type { Sink } from './sink.ts';
import { readVarint, writeVarint } from './varint.ts';

type NumberName = Extract<
  ScalarName,
  'tinyint' | 'smallint' | 'int' | 'bigint' | 'counter' | 'varint' | 'float' | 'double' | 'boolean' | 'timestamp'
>;

/** Throws RowRejected unless the value fills its type's size; false for an empty one. */
export function filled(name: string, length: number, size: number): boolean {
  if (length === 0) return false;
  if (length !== size) throw unreadable(name, `${length} bytes instead of ${size}`);
  return true;
}

export const numberPlans: Readonly<Record<NumberName, ValuePlan>> = {
  tinyint: wholePlan({ name: 'tinyint', size: 1, vectorSize: null }),
  smallint: wholePlan({ name: 'smallint', size: 2, vectorSize: null }),
  int: wholePlan({ name: 'int', size: 4, vectorSize: 4 }),
  bigint: longPlan('bigint', 8),
  counter: longPlan('counter', null),
  varint: {
    name: 'varint',
    vectorSize: null,
    textual: false,
    read: (bytes, start, end) => (start === end ? null : readVarint(bytes, start, end)),
    write: (value, sink) => writeVarint(bigintOf('varint', value), sink),
    compare: (bytes, one, other) =>
      compareBigints(readVarint(bytes, one.start, one.end), readVarint(bytes, other.start, other.end)),
  },
  float: {
    name: 'float',
    vectorSize: 4,
    textual: false,
    read: (bytes, start, end) => (filled('float', end - start, 4) ? bytes.readFloatBE(start) : null),
    write: (value, sink) => {
      if (typeof value !== 'number') throw notA('float', value, 'a number is needed');
      if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw doesNotFit('float', value);
      const at = sink.reserve(4);
      sink.view.setFloat32(at, value);
    },
    compare: (bytes, one, other) => compareDoubles(bytes.readFloatBE(one.start), bytes.readFloatBE(other.start)),
  },
  double: {
    name: 'double',
    vectorSize: 8,
    textual: false,
    read: (bytes, start, end) => (filled('double', end - start, 8) ? bytes.readDoubleBE(start) : null),
    write: (value, sink) => {
      if (typeof value !== 'number') throw notA('double', value, 'a number is needed');
      const at = sink.reserve(8);
      sink.view.setFloat64(at, value);
    },
    compare: (bytes, one, other) => compareDoubles(bytes.readDoubleBE(one.start), bytes.readDoubleBE(other.start)),
  },
  boolean: {
    name: 'boolean',
    vectorSize: 1,
    textual: false,
    read: (bytes, start, end) => (filled('boolean', end - start, 1) ? bytes[start] !== 0 : null),
    write: (value, sink) => {
      if (typeof value !== 'boolean') throw notA('boolean', value, 'true or false is needed');
      const at = sink.reserve(1);
      sink.bytes[at] = value ? 1 : 0;
    },
    compare: compareBytes,
  },
  timestamp: {
    name: 'timestamp',
    vectorSize: 8,
    textual: false,
    read: (bytes, start, end) => (filled('timestamp', end - start, 8) ? dateOf(bytes.readBigInt64BE(start)) : null),
    write: (value, sink) => {
      if (!(value instanceof Date)) throw notA('timestamp', value, 'a Date is needed');
      if (Number.isNaN(value.getTime())) throw notA('timestamp', value, 'a valid one is needed');
      const at = sink.reserve(8);
      putSafe(value.getTime(), at, sink);
    },
    compare: (bytes, one, other) => compareBigints(bytes.readBigInt64BE(one.start), bytes.readBigInt64BE(other.start)),
  },
};

function wholePlan(of: { name: 'tinyint' | 'smallint' | 'int'; size: number; vectorSize: number | null }): ValuePlan {
  const { name, size, vectorSize } = of;
  const largest = 2 ** (size * 8 - 1) - 1;
  return {
    name,
    vectorSize,
    textual: false,
    read: (bytes, start, end) => (filled(name, end - start, size) ? bytes.readIntBE(start, size) : null),
    write: (value, sink) => {
      if (typeof value !== 'number' || !Number.isInteger(value)) throw notA(name, value, 'a whole number is needed');
      if (value > largest || value < -largest - 1) throw doesNotFit(name, value);
      const at = sink.reserve(size);
      if (size === 4) sink.view.setInt32(at, value);
      else if (size === 2) sink.view.setInt16(at, value);
      else sink.view.setInt8(at, value);
    },
    compare: (bytes, one, other) => bytes.readIntBE(one.start, size) - bytes.readIntBE(other.start, size),
  };
}

function longPlan(name: 'bigint' | 'counter', vectorSize: number | null): ValuePlan {
  return {
    name,
    vectorSize,
    textual: false,
    read: (bytes, start, end) => (filled(name, end - start, 8) ? bytes.readBigInt64BE(start) : null),
    write: (value, sink) => {
      if (typeof value === 'number' && Number.isSafeInteger(value)) return putSafe(value, sink.reserve(8), sink);
      const number = bigintOf(name, value);
      if (BigInt.asIntN(64, number) !== number) throw doesNotFit(name, value);
      const at = sink.reserve(8);
      sink.view.setBigInt64(at, number);
    },
    compare: (bytes, one, other) => compareBigints(bytes.readBigInt64BE(one.start), bytes.readBigInt64BE(other.start)),
  };
}

/** A safe integer in 8 bytes, without a bigint. */
function putSafe(value: number, at: number, { view }: Sink): void {
  const high = Math.floor(value / 0x1_0000_0000);
  view.setInt32(at, high);
  view.setUint32(at + 4, value - high * 0x1_0000_0000);
}

function bigintOf(name: string, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw notA(name, value, 'a bigint or a whole number is needed');
  }
  if (!Number.isSafeInteger(value)) throw notA(name, value, 'beyond 2^53 a number is not exact, so a bigint is needed');
  return BigInt(value);
}

/** JavaScript's dates end 285,616 years before and 273,790 after Christ; Cassandra's do not. */
function dateOf(milliseconds: bigint): Date {
  const date = new Date(Number(milliseconds));
  if (Number.isNaN(date.getTime())) {
    throw unreadable('timestamp that a Date can hold', `it is ${milliseconds} ms from 1970`);
  }
  return date;
}
