import { dateOfDays, daysOfDate, nanosecondsOfTime, timeOfNanoseconds } from './calendar.ts';
import { durationOfText, textOfDuration } from './duration.ts';
import { bytesOfInet, inetOfBytes } from './inet.ts';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/;

/** Lower case, with its hyphens; null when the text is no UUID. */
export function canonicalUuid(text: string): string | null {
  return uuidPattern.test(text) ? text.toLowerCase() : null;
}

/** As `canonicalUuid`, for version 1 only. */
export function canonicalTimeUuid(text: string): string | null {
  const uuid = canonicalUuid(text);
  return uuid?.[14] === '1' ? uuid : null;
}

/** `YYYY-MM-DD`, with a sign before years below 0 and above 9999; null outside Cassandra's range (-5877641-06-23 to +5881580-07-11). */
export function canonicalDate(text: string): string | null {
  const days = daysOfDate(text);
  return days === null ? null : dateOfDays(days);
}

/** `HH:MM:SS.nnnnnnnnn`. */
export function canonicalTime(text: string): string | null {
  const nanoseconds = nanosecondsOfTime(text);
  return nanoseconds === null ? null : timeOfNanoseconds(nanoseconds);
}

/** Digits that keep their scale: `1.50` stays; `0.0000001` is `1E-7` and `1e3` is `1E+3`, as cqlsh prints them. */
export function canonicalDecimal(text: string): string | null {
  const parts = decimalOfText(text);
  return parts === null ? null : textOfDecimal(parts);
}

/** Digits with a minus where needed, no plus, no leading zeros. */
export function canonicalVarint(text: string): string | null {
  return /^[+-]?\d+$/.test(text) ? String(BigInt(text.startsWith('+') ? text.slice(1) : text)) : null;
}

/** Dotted IPv4, or compressed lower-case IPv6. */
export function canonicalInet(text: string): string | null {
  const bytes = bytesOfInet(text);
  return bytes === null ? null : inetOfBytes(bytes);
}

/** `1y2mo3d4h5m6s7ms8us9ns`, the units that count nothing left out; also reads ISO 8601. */
export function canonicalDuration(text: string): string | null {
  const parts = durationOfText(text);
  return parts === null ? null : textOfDuration(parts);
}

/** `unscaled` × 10 to the power of −`scale`; the scale is a signed 32-bit number. */
export interface DecimalParts {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** Null when the text is no decimal number, or its scale does not fit. */
export function decimalOfText(text: string): DecimalParts | null {
  const [matched, sign, whole = '', fraction = '', exponent = '0'] = decimalPattern.exec(text) ?? [];
  if (matched === undefined || whole.length + fraction.length === 0) return null;
  const scale = fraction.length - Number(exponent);
  if (scale < -(2 ** 31) || scale >= 2 ** 31) return null;
  const magnitude = BigInt(whole + fraction);
  return { unscaled: sign === '-' ? -magnitude : magnitude, scale };
}

/** Scientific when the scale is negative or there would be more than six zeros after the point. */
export function textOfDecimal({ unscaled, scale }: DecimalParts): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const adjusted = digits.length - 1 - scale;
  if (scale >= 0 && adjusted >= -6) {
    if (scale === 0) return sign + digits;
    const padded = digits.padStart(scale + 1, '0');
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${sign}${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`;
}
