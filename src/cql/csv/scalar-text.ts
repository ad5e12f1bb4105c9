import type { Sink } from '../codec/sink.ts';

/*
 * Scalars as text, digit by digit into a sink, as JavaScript has them: no string for each value.
 */

const digit0 = 0x30;
const minus = 0x2d;
const point = 0x2e;

function putByte(byte: number, sink: Sink): void {
  const at = sink.reserve(1);
  sink.bytes[at] = byte;
}

/** A safe integer. */
export function putWhole(value: number, sink: Sink): void {
  let left = value;
  if (value < 0) {
    putByte(minus, sink);
    left = -value;
  }
  putDigits(left, digitsOf(left), sink);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits += 1;
  return digits;
}

/** The last so many digits of a whole number that is not negative. */
function putDigits(value: number, digits: number, sink: Sink): void {
  const from = sink.reserve(digits);
  const target = sink.bytes;
  let left = value;
  for (let at = from + digits - 1; at >= from; at -= 1) {
    const rest = Math.floor(left / 10);
    target[at] = digit0 + (left - rest * 10);
    left = rest;
  }
}

const decimals = 6;
const scale = 10 ** decimals;
/** Up to 15 digits are told apart by every double, so a decimal of as many that gives the double is its shortest text. */
const mostScaled = 10 ** 15;

const minusZero = Buffer.from('-0.0');

/** As `String` has it; −0 keeps its sign. */
export function putDouble(value: number, sink: Sink): void {
  if (value === 0 && Object.is(value, -0)) {
    sink.put(minusZero);
    return;
  }
  const scaled = Math.round(Math.abs(value) * scale);
  // also true for NaN
  if (!(scaled < mostScaled && scaled / scale === Math.abs(value))) {
    const text = String(value);
    const at = sink.reserve(text.length);
    sink.bytes.write(text, at, 'latin1');
    return;
  }
  const whole = Math.floor(scaled / scale);
  if (value < 0) putByte(minus, sink);
  putDigits(whole, digitsOf(whole), sink);
  let fraction = scaled - whole * scale;
  if (fraction === 0) return;
  let digits = decimals;
  for (; fraction % 10 === 0; fraction /= 10) digits -= 1;
  putByte(point, sink);
  putDigits(fraction, digits, sink);
}

const dayMs = 86_400_000;
/** From the year 1000 to the year 9999. */
const firstMoment = Date.UTC(1000, 0, 1);
const pastMoments = Date.UTC(10_000, 0, 1);
/** Of the era of 400 years that the day is counted in. */
const eraDays = 146_097;
const daysBefore1970 = 719_468;

/** Milliseconds since 1970 as `2026-11-22T10:20:30.123Z`; false, and nothing, for years of other than four digits. */
export function putMoment(milliseconds: number, sink: Sink): boolean {
  if (!(milliseconds >= firstMoment && milliseconds < pastMoments)) return false;
  const days = Math.floor(milliseconds / dayMs);
  const inDay = milliseconds - days * dayMs;
  // years begin with March here, so that the leap day is the last of its year
  const shifted = days + daysBefore1970;
  const era = Math.floor(shifted / eraDays);
  const dayOfEra = shifted - era * eraDays;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const months = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * months + 2) / 5) + 1;
  const month = months < 10 ? months + 3 : months - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  const second = Math.floor(inDay / 1000);
  const minute = Math.floor(second / 60);
  const hour = Math.floor(minute / 60);
  putDigits(year, 4, sink);
  putPart(0x2d, month, sink);
  putPart(0x2d, day, sink);
  putPart(0x54, hour, sink);
  putPart(0x3a, minute - hour * 60, sink);
  putPart(0x3a, second - minute * 60, sink);
  putByte(point, sink);
  putDigits(inDay - second * 1000, 3, sink);
  putByte(0x5a, sink);
  return true;
}

/** Two digits behind a sign. */
function putPart(sign: number, value: number, sink: Sink): void {
  const at = sink.reserve(3);
  const tens = Math.floor(value / 10);
  sink.bytes[at] = sign;
  sink.bytes[at + 1] = digit0 + tens;
  sink.bytes[at + 2] = digit0 + value - tens * 10;
}

/** By byte: its two hexadecimal digits. */
const pairs: Uint16Array = Uint16Array.from({ length: 256 }, (_none, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16BE(),
);

export function putUuid(bytes: Buffer, start: number, sink: Sink): void {
  let at = sink.reserve(36);
  const { view } = sink;
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) {
      view.setUint8(at, minus);
      at += 1;
    }
    view.setUint16(at, pairs[bytes[start + index] ?? 0] ?? 0);
    at += 2;
  }
}
