import { uuidV5 } from '../kernel/hash.ts';
import {
  canonicalDate,
  canonicalDecimal,
  canonicalDuration,
  canonicalInet,
  canonicalTime,
  canonicalTimeUuid,
  canonicalUuid,
  canonicalVarint,
} from '../model/canonical.ts';
import { RowRejected } from '../model/data.ts';
import { DecimalText } from '../model/decimal-text.ts';
import type { Canonical, Decimal, Duration, Inet, LocalDate, LocalTime, TimeUuid, Uuid } from './canonical-text.ts';
import { shown } from './mistake.ts';
import { type Accepts, type SourceConversions, sourceConversions } from './to-source.ts';

export type { Accepts };

/** Conversions that succeed or reject the row with a reason. Text is trimmed, except by `text`. */
export interface Conversions extends SourceConversions {
  text<T>(value: Accepts<T, string | number | bigint | boolean | Date>): string;
  /** `true`, `false`, 1, 0 and their texts. */
  boolean<T>(value: Accepts<T, string | number | boolean>): boolean;
  tinyint<T>(value: Accepts<T, string | number | bigint>): number;
  smallint<T>(value: Accepts<T, string | number | bigint>): number;
  int<T>(value: Accepts<T, string | number | bigint>): number;
  /** In the range of 64 bits. */
  bigint<T>(value: Accepts<T, string | number | bigint>): bigint;
  varint<T>(value: Accepts<T, string | number | bigint>): bigint;
  /** Rounded to 32 bits. */
  float<T>(value: Accepts<T, string | number | bigint>): number;
  double<T>(value: Accepts<T, string | number | bigint>): number;
  decimal<T>(value: Accepts<T, string | number | bigint>): Decimal;
  uuid<T>(value: Accepts<T, string>): Uuid;
  /** Always the same id for the same name in the same namespace, itself a UUID. */
  uuidV5(namespace: string, name: string): Uuid;
  timeuuid<T>(value: Accepts<T, string>): TimeUuid;
  /** `YYYY-MM-DD`, or the day of a Date in UTC. */
  date<T>(value: Accepts<T, string | Date>): LocalDate;
  /** `HH:MM:SS`, with up to nine digits after the seconds. */
  time<T>(value: Accepts<T, string>): LocalTime;
  /** Milliseconds since the epoch, a Date, or ISO 8601 text with its offset (a day alone is midnight in UTC). */
  timestamp<T>(value: Accepts<T, string | number | Date>): Date;
  inet<T>(value: Accepts<T, string>): Inet;
  /** As CQL writes it (`1mo2d3h`), or ISO 8601. */
  duration<T>(value: Accepts<T, string>): Duration;
}

function rejected(value: unknown, what: string): RowRejected {
  return new RowRejected(`${typeof value === 'string' ? JSON.stringify(value) : shown(value)} is not ${what}`);
}

/** Numbers of JSON that JavaScript has not are taken by their digits. */
const digitsOf = (value: unknown): unknown => (value instanceof DecimalText ? value.text : value);

/** A text that a parser of the model found, in its canonical form. */
function canonical<Name extends string>(parse: (text: string) => string | null, what: string) {
  return (value: unknown): Canonical<Name> => {
    const text = typeof value === 'string' ? parse(value.trim()) : null;
    if (text === null) throw rejected(value, what);
    return text as Canonical<Name>;
  };
}

function varint(value: unknown, what = 'a whole number'): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  const digits = typeof value === 'string' ? canonicalVarint(value.trim()) : null;
  if (digits === null) throw rejected(value, what);
  return BigInt(digits);
}

function ranged(value: unknown, bits: number, what: string): bigint {
  const whole = varint(value, what);
  if (BigInt.asIntN(bits, whole) !== whole) throw rejected(value, what);
  return whole;
}

const smallWhole =
  (bits: 8 | 16 | 32) =>
  (value: unknown): number =>
    Number(ranged(value, bits, `a whole number of ${bits} bits`));

function double(found: unknown): number {
  const value = digitsOf(found);
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  if (typeof value === 'bigint') return Number(value);
  const text = typeof value === 'string' ? value.trim() : '';
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  throw rejected(value, 'a number');
}

const decimalText = canonical<'decimal'>(canonicalDecimal, 'a decimal number');
const dateText = canonical<'date'>(canonicalDate, 'a day (YYYY-MM-DD)');

function dayOf(value: Date): LocalDate {
  if (Number.isNaN(value.getTime())) throw new RowRejected('an invalid Date is not a day');
  const year = value.getUTCFullYear();
  const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
  const two = (part: number): string => String(part).padStart(2, '0');
  const text = `${sign}${String(Math.abs(year)).padStart(4, '0')}-${two(value.getUTCMonth() + 1)}-${two(value.getUTCDate())}`;
  return dateText(text);
}

const isoPattern =
  /^([+-]?\d{4,6}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,](\d{1,9}))?)?(?:Z|[+-]\d{2}:?\d{2}))?$/i;

function timestamp(value: unknown): Date {
  if (typeof value === 'string') {
    const text = value.trim();
    const match = isoPattern.exec(text);
    const found = match === null ? null : new Date(text.replace(' ', 'T').replace(',', '.'));
    if (found === null || Number.isNaN(found.getTime())) throw rejected(value, 'a time in ISO 8601 with its offset');
    // `Date` takes 30 February for 2 March, and cuts what a timestamp does not hold.
    if (canonicalDate(match?.[1] ?? '') === null) throw rejected(value, 'a time: there is no such day');
    if (/[1-9]/.test(match?.[2]?.slice(3) ?? '')) throw rejected(value, 'a time of whole milliseconds');
    return found;
  }
  const found = value instanceof Date || typeof value === 'number' ? new Date(value) : null;
  if (found === null || Number.isNaN(found.getTime())) throw rejected(value, 'a time');
  return found;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof DecimalText) return value.text;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw rejected(value, 'a text');
}

function boolean(value: unknown): boolean {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === true || word === 'true' || word === 1 || word === '1') return true;
  if (word === false || word === 'false' || word === 0 || word === '0') return false;
  throw rejected(value, 'true or false');
}

function decimal(value: unknown): Decimal {
  return decimalText(
    typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
      ? String(value)
      : digitsOf(value),
  );
}

function nameId(namespace: string, name: string): Uuid {
  const space = canonicalUuid(namespace);
  if (space === null) throw rejected(namespace, 'a UUID, which a namespace has to be');
  if (typeof name !== 'string') throw rejected(name, 'a text, which a name has to be');
  return uuidV5(space, name) as Uuid;
}

/**
 * Conversions for row functions: each gives the value, or rejects the row with a reason.
 *
 * @example
 * import { existing, t, table, to, transform } from 'cqlform';
 *
 * const raw = existing('raw', { columns: { id: t.text(), day: t.text() }, partitionKey: ['id'] });
 * const visits = table('visits', { columns: { id: t.uuid(), day: t.date() }, partitionKey: ['id'] });
 *
 * transform({
 *   from: raw,
 *   into: visits,
 *   rows: ({ id, day }, out) => {
 *     out.emit({ id: to.uuid(id), day: day === null ? null : to.date(day) });
 *   },
 * });
 */
export const to: Conversions = Object.freeze({
  text,
  boolean,
  tinyint: smallWhole(8),
  smallint: smallWhole(16),
  int: smallWhole(32),
  bigint: (value) => ranged(value, 64, 'a whole number of 64 bits'),
  varint: (value) => varint(value),
  float: (value) => {
    const rounded = Math.fround(double(value));
    if (Number.isFinite(rounded) || !Number.isFinite(double(value))) return rounded;
    throw rejected(value, 'a number of 32 bits');
  },
  double,
  decimal,
  uuid: canonical<'uuid'>(canonicalUuid, 'a UUID'),
  uuidV5: nameId,
  timeuuid: canonical<'uuid' | 'timeuuid'>(canonicalTimeUuid, 'a UUID of version 1'),
  date: (value) => (value instanceof Date ? dayOf(value) : dateText(value)),
  time: canonical<'time'>(canonicalTime, 'a time of day (HH:MM:SS)'),
  timestamp,
  inet: canonical<'inet'>(canonicalInet, 'an IP address'),
  duration: canonical<'duration'>(canonicalDuration, 'a duration'),
  ...sourceConversions,
} satisfies Conversions);
