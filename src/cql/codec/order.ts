import type { DecimalParts } from '../../model/canonical.ts';
import type { Span } from './plan.ts';

/** Unsigned bytes, the shorter first when one begins the other. */
export function compareBytes(bytes: Buffer, one: Span, other: Span): number {
  return bytes.compare(bytes, other.start, other.end, one.start, one.end);
}

/** As Java compares doubles: −0 before 0, NaN after all. */
export function compareDoubles(one: number, other: number): number {
  if (one < other) return -1;
  if (one > other) return 1;
  if (Object.is(one, other)) return 0;
  if (Number.isNaN(one)) return 1;
  if (Number.isNaN(other)) return -1;
  return Object.is(one, -0) ? -1 : 1;
}

export function compareBigints(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** By worth, whatever the scale: 1.0 and 1.00 are equal. Never expands a number by its exponent more than by its digits. */
export function compareDecimals(one: DecimalParts, other: DecimalParts): number {
  const oneSign = compareBigints(one.unscaled, 0n);
  const otherSign = compareBigints(other.unscaled, 0n);
  if (oneSign !== otherSign || oneSign === 0) return oneSign - otherSign;
  const oneMagnitude = digitsOf(one).length - one.scale;
  const otherMagnitude = digitsOf(other).length - other.scale;
  if (oneMagnitude !== otherMagnitude) return oneMagnitude < otherMagnitude ? -oneSign : oneSign;
  const scale = Math.max(one.scale, other.scale);
  const scaled = ({ unscaled, scale: own }: DecimalParts): bigint => unscaled * 10n ** BigInt(scale - own);
  return compareBigints(scaled(one), scaled(other));
}

function digitsOf({ unscaled }: DecimalParts): string {
  return String(unscaled < 0n ? -unscaled : unscaled);
}

/** Version first; version 1 by its time, others by their bytes. */
export function compareUuids(bytes: Buffer, one: Span, other: Span): number {
  const oneVersion = versionAt(bytes, one.start);
  const version = oneVersion - versionAt(bytes, other.start);
  if (version !== 0) return version;
  const time = oneVersion === 1 ? compareBigints(timeAt(bytes, one.start), timeAt(bytes, other.start)) : 0;
  return time !== 0 ? time : compareBytes(bytes, one, other);
}

/** By time, then by the other half's bytes taken as signed. */
export function compareTimeUuids(bytes: Buffer, one: Span, other: Span): number {
  const time = compareBigints(timeAt(bytes, one.start), timeAt(bytes, other.start));
  if (time !== 0) return time;
  for (let index = 8; index < 16; index += 1) {
    const difference = bytes.readInt8(one.start + index) - bytes.readInt8(other.start + index);
    if (difference !== 0) return difference;
  }
  return 0;
}

function versionAt(bytes: Buffer, start: number): number {
  return (bytes[start + 6] ?? 0) >> 4;
}

/** The 60-bit time of a version 1 UUID, with the version in front. */
function timeAt(bytes: Buffer, start: number): bigint {
  const low = BigInt(bytes.readUInt32BE(start));
  const middle = BigInt(bytes.readUInt16BE(start + 4));
  const high = BigInt(bytes.readUInt16BE(start + 6));
  return (high << 48n) | (middle << 32n) | low;
}
