/** Reads a day and a time of day as the moment that they are; a text instead says why there is none. */
export type MomentReader = (text: string) => Date | string;

export interface LocalTimeSettings {
  /** `UTC`, an offset (`+02:00`) or a name (`Europe/Oslo`). */
  readonly zone: string;
  /** Whether digits below the millisecond are taken away; else there is no such moment. */
  readonly truncate: boolean;
}

const pattern = /^(\d{4,6})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?( BC)?$/;

/**
 * Reads `YYYY-MM-DD HH:MM:SS.ffffff`, with ` BC` behind it before year 1, in a zone. A time that the zone skipped or had
 * twice, when its clocks were moved, names no one moment. Throws RangeError for a zone that nobody knows.
 */
export function localTimeReader({ zone, truncate }: LocalTimeSettings): MomentReader {
  const offsetsAt = offsetOf(zone);
  return (text) => {
    const plain = offsetsAt === null ? plainUtc(text) : Number.NaN;
    if (!Number.isNaN(plain)) return new Date(plain);
    const parts = pattern.exec(text);
    if (parts === null) return 'a day and a time';
    const [, digits, month, day, hour, minute, second, fraction = '', before] = parts;
    const year = before === undefined ? digits : 1 - Number(digits);
    if (!truncate && /[1-9]/.test(fraction.slice(3))) {
      return "a time of whole milliseconds (`fractions: 'truncate'` takes the rest away)";
    }
    const millis = Number(fraction.padEnd(3, '0').slice(0, 3));
    const utc = utcOf([year, month, day, hour, minute, second].map(Number), millis);
    if (utc === null) return 'a time: there is no such day or time';
    if (offsetsAt === null) return new Date(utc);
    const moments = [...new Set([offsetsAt(utc - dayMs), offsetsAt(utc + dayMs)])]
      .map((offset) => utc - offset)
      .filter((moment) => offsetsAt(moment) === utc - moment);
    if (moments.length === 1) return new Date(moments[0] ?? Number.NaN);
    return `one moment in ${zone}: its clocks were moved then`;
  };
}

const dayMs = 86_400_000;

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `2026-11-22 10:20:30`, with up to three digits behind the second, as a moment in UTC; NaN: it is written otherwise. */
function plainUtc(text: string): number {
  const { length } = text;
  if (length < 19 || length > 23 || length === 20) return Number.NaN;
  const separator = text.charCodeAt(10);
  const marked =
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    (separator === 0x20 || separator === 0x54) &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a &&
    (length === 19 || text.charCodeAt(19) === 0x2e);
  if (!marked) return Number.NaN;
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 2);
  const day = digitsAt(text, 8, 2);
  const [hour, minute, second] = [digitsAt(text, 11, 2), digitsAt(text, 14, 2), digitsAt(text, 17, 2)];
  const fraction = length === 19 ? 0 : digitsAt(text, 20, length - 20) * 10 ** (23 - length);
  // also false for NaN
  const inRange = year >= 1000 && hour <= 23 && minute <= 59 && second <= 59 && fraction <= 999;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (!inRange || !(day >= 1 && day <= (daysOfMonth[month - 1] ?? 0) + leap)) return Number.NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second, fraction);
}

/** NaN where they are no digits. */
function digitsAt(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function utcOf(parts: readonly number[], millis: number): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.setUTCHours(hour, minute, second, millis);
}

/** A zone's offset in milliseconds at a moment; null for UTC. Throws RangeError for a zone that nobody knows. */
export function offsetOf(zone: string): ((moment: number) => number) | null {
  if (zone === 'UTC') return null;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const known = new Map<number, number>();
  const compute = (moment: number): number => {
    const part = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
    const year = Number(part['year']);
    const local = new Date(0);
    local.setUTCFullYear(part['era'] === 'BC' ? 1 - year : year, Number(part['month']) - 1, Number(part['day']));
    local.setUTCHours(Number(part['hour']), Number(part['minute']), Number(part['second']));
    return local.getTime() - Math.floor(moment / 1000) * 1000;
  };
  // Asking Intl for each row would be slow; since 1972 zones change at whole quarters of an hour.
  return (moment) => {
    if (moment < 63_072_000_000) return compute(moment);
    const quarter = Math.floor(moment / 900_000);
    const found = known.get(quarter);
    if (found !== undefined) return found;
    if (known.size > 100_000) known.clear();
    const offset = compute(quarter * 900_000);
    known.set(quarter, offset);
    return offset;
  };
}
