import { dateOfDays, daysOfDate, nanosecondsOfTime, timeOfNanoseconds } from '../../model/calendar.ts';
import { decimalOfText, textOfDecimal } from '../../model/canonical.ts';
import { DecimalText } from '../../model/decimal-text.ts';
import { durationOfText, textOfDuration } from '../../model/duration.ts';
import { bytesOfInet, inetOfBytes } from '../../model/inet.ts';
import type { ScalarName } from '../../model/type.ts';
import { filled } from './number.ts';
import { compareBytes, compareDecimals } from './order.ts';
import type { ValuePlan } from './plan.ts';
import { notA, unreadable } from './reject.ts';
import type { Sink } from './sink.ts';
import { uuidPlan } from './uuid.ts';
import { readVarint, writeVarint } from './varint.ts';
import { readVint, writeVint } from './vint.ts';

type TextName = Extract<
  ScalarName,
  'ascii' | 'text' | 'uuid' | 'timeuuid' | 'date' | 'time' | 'decimal' | 'inet' | 'duration'
>;

/** Scalars whose JavaScript value is a string, most of them in canonical form. */
export const textPlans: Readonly<Record<TextName, ValuePlan>> = {
  text: {
    name: 'text',
    vectorSize: null,
    textual: true,
    read: readText,
    write: (value, sink) => {
      if (typeof value !== 'string') throw notA('text', value, 'a string is needed');
      if (putShort(value, sink)) return;
      if (!value.isWellFormed()) throw notA('text', value, 'it holds half of a surrogate pair');
      putText(value, 'utf8', sink);
    },
    compare: compareBytes,
  },
  ascii: {
    name: 'ascii',
    vectorSize: null,
    textual: true,
    read: (bytes, start, end) => bytes.toString('latin1', start, end),
    write: (value, sink) => {
      if (typeof value !== 'string') throw notA('ascii', value, 'a string is needed');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII has them.
      if (!/^[\x00-\x7f]*$/.test(value)) throw notA('ascii', value, 'it holds characters that ASCII has not');
      putText(value, 'latin1', sink);
    },
    compare: compareBytes,
  },
  uuid: uuidPlan('uuid'),
  timeuuid: uuidPlan('timeuuid'),
  date: {
    name: 'date',
    vectorSize: null,
    textual: true,
    read: (bytes, start, end) =>
      filled('date', end - start, 4) ? dateOfDays(bytes.readUInt32BE(start) - 2 ** 31) : null,
    write: (value, sink) => {
      const days = typeof value === 'string' ? daysOfDate(value) : null;
      if (days === null) throw notA('date', value, 'YYYY-MM-DD as a string is needed');
      const at = sink.reserve(4);
      sink.bytes.writeUInt32BE(days + 2 ** 31, at);
    },
    compare: compareBytes,
  },
  time: {
    name: 'time',
    vectorSize: null,
    textual: true,
    read: (bytes, start, end) => {
      if (!filled('time', end - start, 8)) return null;
      const nanoseconds = bytes.readBigInt64BE(start);
      if (nanoseconds < 0n || nanoseconds >= 86_400_000_000_000n)
        throw unreadable('time', `it is ${nanoseconds} ns from midnight`);
      return timeOfNanoseconds(nanoseconds);
    },
    write: (value, sink) => {
      const nanoseconds = typeof value === 'string' ? nanosecondsOfTime(value) : null;
      if (nanoseconds === null) throw notA('time', value, 'HH:MM:SS.nnnnnnnnn as a string is needed');
      const at = sink.reserve(8);
      sink.bytes.writeBigInt64BE(nanoseconds, at);
    },
    compare: compareBytes,
  },
  decimal: {
    name: 'decimal',
    vectorSize: null,
    textual: true,
    read: (bytes, start, end) => (start === end ? null : textOfDecimal(decimalAt(bytes, start, end))),
    write: (value, sink) => {
      const text = value instanceof DecimalText ? value.text : value;
      const parts = typeof text === 'string' ? decimalOfText(text) : null;
      if (parts === null) throw notA('decimal', value, 'digits as a string, e.g. "12.50", are needed');
      const at = sink.reserve(4);
      sink.bytes.writeInt32BE(parts.scale, at);
      writeVarint(parts.unscaled, sink);
    },
    compare: (bytes, one, other) =>
      compareDecimals(decimalAt(bytes, one.start, one.end), decimalAt(bytes, other.start, other.end)),
  },
  inet: {
    name: 'inet',
    vectorSize: null,
    textual: true,
    read: (bytes, start, end) => {
      if (end - start === 16) return inetOfBytes(bytes.subarray(start, end));
      return filled('inet', end - start, 4) ? inetOfBytes(bytes.subarray(start, end)) : null;
    },
    write: (value, sink) => {
      const address = typeof value === 'string' ? bytesOfInet(value) : null;
      if (address === null) throw notA('inet', value, 'an IPv4 or IPv6 address as a string is needed');
      sink.put(address);
    },
    compare: compareBytes,
  },
  duration: {
    name: 'duration',
    vectorSize: null,
    textual: true,
    read: readDuration,
    write: (value, sink) => {
      const parts = typeof value === 'string' ? durationOfText(value) : null;
      if (parts === null) throw notA('duration', value, 'a string such as "1mo2d3h" is needed');
      writeVint(parts.months, sink);
      writeVint(parts.days, sink);
      writeVint(parts.nanoseconds, sink);
    },
    compare: compareBytes,
  },
};

/** Cassandra lets surrogates stand alone in a text; JavaScript's decoder would put U+FFFD in their place without a word. */
function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (text.includes('\ufffd') && Buffer.from(text).compare(bytes, start, end) !== 0) {
    throw unreadable('text', 'they are not valid UTF-8');
  }
  return text;
}

/** A call out of JavaScript costs more than a few characters do. */
const shortText = 48;

/** Short texts of ASCII; false: it is another, and nothing was written. */
function putShort(text: string, sink: Sink): boolean {
  const { length } = text;
  if (length > shortText) return false;
  const from = sink.reserve(length);
  const { bytes } = sink;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) {
      sink.length = from;
      return false;
    }
    bytes[from + at] = code;
  }
  return true;
}

function putText(text: string, encoding: 'utf8' | 'latin1', sink: Sink): void {
  const at = sink.reserve(Buffer.byteLength(text, encoding));
  sink.bytes.write(text, at, encoding);
}

function decimalAt(bytes: Buffer, start: number, end: number): { unscaled: bigint; scale: number } {
  if (end - start < 5) throw unreadable('decimal', `${end - start} bytes are too few`);
  return { scale: bytes.readInt32BE(start), unscaled: readVarint(bytes, start + 4, end) };
}

function readDuration(bytes: Buffer, start: number, end: number): string | null {
  if (start === end) return null;
  const months = readVint(bytes, start, end);
  const days = months && readVint(bytes, months.next, end);
  const nanoseconds = days && readVint(bytes, days.next, end);
  if (nanoseconds?.next !== end || months === undefined || days === undefined) {
    throw unreadable('duration', 'they are not three numbers');
  }
  return textOfDuration({ months: months.value, days: days.value, nanoseconds: nanoseconds.value });
}
