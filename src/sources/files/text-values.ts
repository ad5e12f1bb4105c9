import { own } from '../../kernel/own.ts';
import { canonicalDate, canonicalDecimal, canonicalUuid } from '../../model/canonical.ts';
import { misfit } from './misfit.ts';

const integerPattern = /^[+-]?\d+$/;
const decimalPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Years of four digits, or of a sign and six, as ISO 8601 has those before 0 and after 9999. */
const timestampPattern =
  /^((?:\d{4}|[+-]\d{6})-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** A 32-bit integer as a number, or a misfit. */
export function intOf(text: string): unknown {
  const value = integerPattern.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) return misfit(text, 'an integer');
  return value >= -0x8000_0000 && value <= 0x7fff_ffff ? value : misfit(text, 'an integer of 32 bits');
}

/** An integer of any length as a bigint; the target's type sets the limits. */
export function bigintOf(text: string): unknown {
  return integerPattern.test(text) ? BigInt(text.startsWith('+') ? text.slice(1) : text) : misfit(text, 'an integer');
}

export function doubleOf(text: string): unknown {
  if (decimalPattern.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : misfit(text, 'a number that a double can hold');
  }
  const special = own({ nan: Number.NaN, infinity: Infinity, '-infinity': -Infinity }, text.toLowerCase());
  return special ?? misfit(text, 'a number');
}

/** Decimal text with its own scale: `1.10` stays `1.10`. */
export function decimalOf(text: string): unknown {
  return canonicalDecimal(text) ?? misfit(text, 'a decimal number');
}

export function uuidOf(text: string): unknown {
  return canonicalUuid(text) ?? misfit(text, 'a UUID');
}

/** `YYYY-MM-DD` of the proleptic Gregorian calendar; a day that does not exist is a misfit. */
export function dateOf(text: string): unknown {
  return canonicalDate(text) ?? misfit(text, 'a date (YYYY-MM-DD)');
}

/** ISO 8601 with a time zone. Without one the moment is unknown, so it is a misfit and not a guess. */
export function timestampOf(text: string): unknown {
  const match = timestampPattern.exec(text);
  if (match === null) {
    return misfit(text, 'a timestamp (ISO 8601 with a time zone; read it as text and convert it where it has none)');
  }
  const [, date = '', hours = '', minutes = '', seconds = '00', fraction = '', zone = 'Z'] = match;
  if (!isDay(date)) return misfit(text, 'a timestamp: there is no such day');
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const millis = fraction.padEnd(3, '0').slice(0, 3);
  if (/[1-9]/.test(fraction.slice(3))) return misfit(text, 'a timestamp of whole milliseconds');
  const value = new Date(`${date}T${hours}:${minutes}:${seconds}.${millis}${offset}`);
  return Number.isNaN(value.getTime()) ? misfit(text, 'a timestamp: there is no such time') : value;
}

function isDay(text: string): boolean {
  if (!/^[+-]/.test(text)) return canonicalDate(text) !== null;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().replace(/T.*$/, '').endsWith(text.slice(-5));
}
