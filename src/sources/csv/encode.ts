import { writerOf } from '../../cql/codec/codec.ts';
import { moveBytes, type ViewedBytes } from '../../cql/codec/move-bytes.ts';
import type { Sink } from '../../cql/codec/sink.ts';
import { valueOfText } from '../../cql/from-json.ts';
import { daysInMonth, daysOfCivil } from '../../model/calendar.ts';
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
export type FieldEncoder = (text: ViewedBytes, start: number, end: number, sink: Sink) => string | null;

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

function textEncoder(text: ViewedBytes, start: number, end: number, sink: Sink): null {
  const at = sink.reserve(end - start);
  moveBytes(text, start, end - start, sink, at);
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
  return (text, start, end, sink) => {
    const value = wholeAt(text.bytes, start, end);
    // also true for NaN
    if (!(value <= largest && value >= -largest - 1)) return slow(text, start, end, sink);
    const at = sink.reserve(size);
    if (size === 4) sink.view.setInt32(at, value);
    else if (size === 2) sink.view.setInt16(at, value);
    else sink.view.setInt8(at, value);
    return null;
  };
}

function longEncoder(slow: FieldEncoder): FieldEncoder {
  return (text, start, end, sink) => {
    const value = wholeAt(text.bytes, start, end);
    if (Number.isNaN(value)) return slow(text, start, end, sink);
    putLong(value, sink);
    return null;
  };
}

/** A safe integer in 8 bytes. */
export function putLong(value: number, sink: Sink): void {
  const at = sink.reserve(8);
  const high = Math.floor(value / 0x1_0000_0000);
  sink.view.setInt32(at, high);
  sink.view.setUint32(at + 4, value - high * 0x1_0000_0000);
}

const powersOfTen: readonly number[] = Array.from({ length: 23 }, (_none, exponent) => 10 ** exponent);

/** Up to 15 digits with a point: both parts of the division are exact, so the quotient is the nearest double. */
function doubleEncoder(slow: FieldEncoder): FieldEncoder {
  return (text, start, end, sink) => {
    const { bytes } = text;
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
      if (digit < 0 || digit > 9) return slow(text, start, end, sink);
      value = value * 10 + digit;
      digits += 1;
    }
    if (digits === 0 || digits > 15) return slow(text, start, end, sink);
    const whole = point === -1 ? value : value / (powersOfTen[end - point - 1] ?? 1);
    const at = sink.reserve(8);
    sink.view.setFloat64(at, negative ? -whole : whole);
    return null;
  };
}

/** Two digits; a large negative number when they are none, so that no sum with it is a date or a time. */
function pairAt(bytes: Buffer, at: number): number {
  const tens = (bytes[at] ?? 0) - digit0;
  const ones = (bytes[at + 1] ?? 0) - digit0;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : noPair;
}

const noPair = -1_000_000;
const noMoment = Number.NaN;

/** `2026-11-22T10:20:30Z`, `2026-11-22 10:20:30.123Z`; all else goes the slow way. */
function timestampEncoder(slow: FieldEncoder): FieldEncoder {
  return (text, start, end, sink) => {
    const milliseconds = momentAt(text.bytes, start, end);
    if (Number.isNaN(milliseconds)) return slow(text, start, end, sink);
    putLong(milliseconds, sink);
    return null;
  };
}

function momentAt(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length !== 20 && length !== 24) return noMoment;
  const separator = bytes[start + 10];
  const marked =
    bytes[start + 4] === minus &&
    bytes[start + 7] === minus &&
    (separator === 0x54 || separator === 0x20) &&
    bytes[start + 13] === 0x3a &&
    bytes[start + 16] === 0x3a &&
    bytes[end - 1] === 0x5a;
  if (!marked || (length === 24 && bytes[start + 19] !== 0x2e)) return noMoment;
  const days = dayAt(bytes, start);
  const hour = pairAt(bytes, start + 11);
  const minute = pairAt(bytes, start + 14);
  const second = pairAt(bytes, start + 17);
  if (Number.isNaN(days) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return noMoment;
  }
  const fraction = length === 20 ? 0 : ((bytes[start + 20] ?? 0) - digit0) * 100 + pairAt(bytes, start + 21);
  if (fraction < 0 || fraction > 999) return noMoment;
  return days * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
}

/** Days since 1970 of `2026-11-22`; NaN where it is no day of the years from 1000 on. */
function dayAt(bytes: Buffer, start: number): number {
  const year = pairAt(bytes, start) * 100 + pairAt(bytes, start + 2);
  const month = pairAt(bytes, start + 5);
  const day = pairAt(bytes, start + 8);
  const isDay = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  return isDay ? daysOfCivil(year, month, day) : Number.NaN;
}

const worth: Uint8Array = new Uint8Array(256).fill(16);
for (let value = 0; value < 16; value += 1) {
  const letter = value.toString(16);
  worth[letter.charCodeAt(0)] = value;
  worth[letter.toUpperCase().charCodeAt(0)] = value;
}

function hasHyphens(bytes: Buffer, start: number): boolean {
  return (
    bytes[start + 8] === minus &&
    bytes[start + 13] === minus &&
    bytes[start + 18] === minus &&
    bytes[start + 23] === minus
  );
}

function uuidEncoder(slow: FieldEncoder): FieldEncoder {
  return (text, start, end, sink) => {
    const { bytes } = text;
    if (end - start !== 36 || !hasHyphens(bytes, start)) return slow(text, start, end, sink);
    const at = sink.reserve(16);
    const { view } = sink;
    let from = start;
    let bad = 0;
    for (let index = 0; index < 16; index += 1) {
      if (index === 4 || index === 6 || index === 8 || index === 10) from += 1;
      const high = worth[bytes[from] ?? 0] ?? 16;
      const low = worth[bytes[from + 1] ?? 0] ?? 16;
      bad |= high | low;
      view.setUint8(at + index, (high << 4) | low);
      from += 2;
    }
    if (bad < 16) return null;
    sink.length = at;
    return slow(text, start, end, sink);
  };
}

/** By way of a text and a JavaScript value; what was begun is taken back when it does not fit. */
function slowEncoder(type: CqlType, types: ByName<UserType>): FieldEncoder {
  const read = readerOf(type, types);
  const write = writerOf(type, types);
  return ({ bytes }, start, end, sink) => {
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
