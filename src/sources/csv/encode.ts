import { writerOf } from '../../cql/codec/codec.ts';
import type { Sink } from '../../cql/codec/sink.ts';
import { valueOfText } from '../../cql/from-json.ts';
import { RowRejected } from '../../model/data.ts';
import type { ByName, UserType } from '../../model/schema.ts';
import type { CqlType, ScalarName } from '../../model/type.ts';
import { Misfit } from '../files/misfit.ts';
import { bigintOf, doubleOf, intOf, timestampOf } from '../files/text-values.ts';
import { booleanOf } from './values.ts';

/**
 * Writes a field's text, from `start` to `end`, as a value of one CQL type; gives why it does not fit, or null when it
 * was written. Made once per column. Frequent forms go straight from bytes to bytes; everything else by way of a text.
 * The bytes are valid UTF-8.
 */
export type FieldEncoder = (bytes: Buffer, start: number, end: number, sink: Sink) => string | null;

export function fieldEncoder(type: CqlType, types: ByName<UserType>): FieldEncoder {
  const slow = slowEncoder(type, types);
  if (type.kind !== 'scalar') return slow;
  switch (type.name) {
    case 'text':
      return textEncoder;
    case 'tinyint':
      return wholeEncoder(1, slow);
    case 'smallint':
      return wholeEncoder(2, slow);
    case 'int':
      return wholeEncoder(4, slow);
    case 'bigint':
      return longEncoder(slow);
    case 'double':
      return doubleEncoder(slow);
    case 'timestamp':
      return timestampEncoder(slow);
    case 'uuid':
      return uuidEncoder(slow);
    default:
      return slow;
  }
}

const digit0 = 0x30;
const minus = 0x2d;

function textEncoder(bytes: Buffer, start: number, end: number, sink: Sink): null {
  const at = sink.reserve(end - start);
  const target = sink.bytes;
  // A call out of JavaScript costs more than a few bytes do.
  if (end - start > 32) bytes.copy(target, at, start, end);
  else for (let index = start; index < end; index += 1) target[at + index - start] = bytes[index] ?? 0;
  return null;
}

/** A whole number of up to 15 digits; NaN for any other text. */
function wholeAt(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === minus;
  const from = negative ? start + 1 : start;
  if (from >= end || end - from > 15) return Number.NaN;
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - digit0;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  // `0 -` takes the sign from -0, which no integer has
  return negative ? 0 - value : value;
}

function wholeEncoder(size: 1 | 2 | 4, slow: FieldEncoder): FieldEncoder {
  const largest = 2 ** (size * 8 - 1) - 1;
  return (bytes, start, end, sink) => {
    const value = wholeAt(bytes, start, end);
    // also true for NaN
    if (!(value <= largest && value >= -largest - 1)) return slow(bytes, start, end, sink);
    const at = sink.reserve(size);
    for (let index = 0; index < size; index += 1) sink.bytes[at + index] = value >> (8 * (size - 1 - index));
    return null;
  };
}

function longEncoder(slow: FieldEncoder): FieldEncoder {
  return (bytes, start, end, sink) => {
    const value = wholeAt(bytes, start, end);
    if (Number.isNaN(value)) return slow(bytes, start, end, sink);
    putLong(value, sink);
    return null;
  };
}

/** A safe integer in 8 bytes. */
export function putLong(value: number, sink: Sink): void {
  const at = sink.reserve(8);
  const high = Math.floor(value / 0x1_0000_0000);
  const low = value - high * 0x1_0000_0000;
  for (let index = 0; index < 4; index += 1) {
    sink.bytes[at + index] = high >> (24 - 8 * index);
    sink.bytes[at + 4 + index] = low >>> (24 - 8 * index);
  }
}

const powersOfTen: readonly number[] = Array.from({ length: 23 }, (_none, exponent) => 10 ** exponent);

/** Up to 15 digits with a point: both parts of the division are exact, so the quotient is the nearest double. */
function doubleEncoder(slow: FieldEncoder): FieldEncoder {
  return (bytes, start, end, sink) => {
    const negative = bytes[start] === minus;
    const from = negative ? start + 1 : start;
    let value = 0;
    let digits = 0;
    let point = -1;
    for (let at = from; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === 0x2e && point === -1) {
        point = at;
        continue;
      }
      const digit = byte - digit0;
      if (digit < 0 || digit > 9) return slow(bytes, start, end, sink);
      value = value * 10 + digit;
      digits += 1;
    }
    if (digits === 0 || digits > 15) return slow(bytes, start, end, sink);
    const whole = point === -1 ? value : value / (powersOfTen[end - point - 1] ?? 1);
    const at = sink.reserve(8);
    sink.bytes.writeDoubleBE(negative ? -whole : whole, at);
    return null;
  };
}

/** Two digits; NaN when they are none. */
function pairAt(bytes: Buffer, at: number): number {
  const [tens, ones] = [(bytes[at] ?? 0) - digit0, (bytes[at + 1] ?? 0) - digit0];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const daysOfMonth: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `2026-11-22T10:20:30Z`, `2026-11-22 10:20:30.123Z`; all else goes the slow way. */
function timestampEncoder(slow: FieldEncoder): FieldEncoder {
  return (bytes, start, end, sink) => {
    const milliseconds = momentAt(bytes, start, end);
    if (Number.isNaN(milliseconds)) return slow(bytes, start, end, sink);
    putLong(milliseconds, sink);
    return null;
  };
}

function momentAt(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length !== 20 && length !== 24) return Number.NaN;
  const separator = bytes[start + 10];
  const marked =
    bytes[start + 4] === minus &&
    bytes[start + 7] === minus &&
    (separator === 0x54 || separator === 0x20) &&
    bytes[start + 13] === 0x3a &&
    bytes[start + 16] === 0x3a &&
    bytes[end - 1] === 0x5a;
  if (!marked || (length === 24 && bytes[start + 19] !== 0x2e)) return Number.NaN;
  const year = pairAt(bytes, start) * 100 + pairAt(bytes, start + 2);
  const month = pairAt(bytes, start + 5);
  const day = pairAt(bytes, start + 8);
  const [hour, minute, second] = [pairAt(bytes, start + 11), pairAt(bytes, start + 14), pairAt(bytes, start + 17)];
  const last = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : daysOfMonth[month - 1];
  if (!(year >= 1000 && last !== undefined && day >= 1 && day <= last && hour < 24 && minute < 60 && second < 60)) {
    return Number.NaN;
  }
  const fraction = length === 20 ? 0 : ((bytes[start + 20] ?? 0) - digit0) * 100 + pairAt(bytes, start + 21);
  return length === 24 && !(fraction >= 0 && fraction <= 999)
    ? Number.NaN
    : Date.UTC(year, month - 1, day, hour, minute, second, fraction);
}

const hyphens: readonly number[] = [8, 13, 18, 23];
const worth: Uint8Array = new Uint8Array(256).fill(16);
for (let value = 0; value < 16; value += 1) {
  const letter = value.toString(16);
  worth[letter.charCodeAt(0)] = value;
  worth[letter.toUpperCase().charCodeAt(0)] = value;
}

function uuidEncoder(slow: FieldEncoder): FieldEncoder {
  return (bytes, start, end, sink) => {
    if (end - start !== 36 || hyphens.some((at) => bytes[start + at] !== minus)) return slow(bytes, start, end, sink);
    const at = sink.reserve(16);
    let from = start;
    for (let index = 0; index < 16; index += 1) {
      if (bytes[from] === minus) from += 1;
      const [high, low] = [worth[bytes[from] ?? 0] ?? 16, worth[bytes[from + 1] ?? 0] ?? 16];
      if (high === 16 || low === 16) {
        sink.length = at;
        return slow(bytes, start, end, sink);
      }
      sink.bytes[at + index] = (high << 4) | low;
      from += 2;
    }
    return null;
  };
}

/** By way of a text and a JavaScript value; what was begun is taken back when it does not fit. */
function slowEncoder(type: CqlType, types: ByName<UserType>): FieldEncoder {
  const read = readerOf(type, types);
  const write = writerOf(type, types);
  return (bytes, start, end, sink) => {
    const before = sink.length;
    try {
      const value = read(bytes.toString('utf8', start, end));
      if (value instanceof Misfit) return value.reason;
      write(value, sink);
      return null;
    } catch (thrown) {
      sink.length = before;
      if (thrown instanceof RowRejected) return thrown.reason;
      throw thrown;
    }
  };
}

/** The texts of scalars; anything else is JSON. */
function readerOf(type: CqlType, types: ByName<UserType>): (text: string) => unknown {
  const scalar = type.kind === 'scalar' ? scalarReaders[type.name] : undefined;
  return scalar ?? ((text) => valueOfText(text, type, types));
}

const scalarReaders: Partial<Readonly<Record<ScalarName, (text: string) => unknown>>> = {
  tinyint: intOf,
  smallint: intOf,
  int: intOf,
  bigint: bigintOf,
  varint: bigintOf,
  float: doubleOf,
  double: doubleOf,
  boolean: booleanOf,
  timestamp: timestampOf,
};
