import { own } from '../kernel/own.ts';
import { canonicalDate, decimalOfText, textOfDecimal } from '../model/canonical.ts';
import { RowRejected } from '../model/data.ts';
import { DecimalText } from '../model/decimal-text.ts';
import { jsonTextOf, valueOfJsonText } from '../model/json-text.ts';
import { localTimeReader, type MomentReader } from '../model/local-time.ts';
import type { Decimal, LocalDate } from './canonical-text.ts';
import { mistake, shown } from './mistake.ts';

/** What a conversion accepts: values of type A, and what is `unknown`. */
export type Accepts<T, A> = unknown extends T ? T : A;
/** What becomes of digits behind the scale; `exact`: the row is rejected. */
export type Rounding = 'exact' | 'half-up' | 'half-even' | 'down';
type Converter = (value: never) => unknown;

/** Conversions of what other systems keep in ways of their own. */
export interface SourceConversions {
  /** A count since 1970 in the unit; a row with digits below the millisecond is rejected. */
  epoch<T>(value: Accepts<T, string | number | bigint>, unit: 's' | 'ms' | 'us' | 'ns'): Date;
  /** `YYYY-MM-DD HH:MM:SS` in a zone: `UTC`, an offset (`+02:00`) or a name (`Europe/Oslo`). */
  localTimestamp<T>(value: Accepts<T, string>, zone: string): Date;
  /** A day, or null for days that do not exist and stand for none: `0000-00-00`, `2026-00-00`. */
  dateOrNull<T>(value: Accepts<T, string>): LocalDate | null;
  /** With so many digits behind the point. */
  scaled<T>(value: Accepts<T, string | number | bigint>, scale: number, rounding?: Rounding): Decimal;
  /** What stands beside a label; a row with another one is rejected. */
  oneOf<const M extends { readonly [label: string]: unknown }>(value: string | number, labels: M): M[keyof M];
  /** The JSON text of a value, numbers with all of their digits, whole ones beyond 2^53 as well. */
  json(value: unknown): string;
  /** The text of an object in JSON, or the object, as a map; values that are no text are written as JSON. */
  textMap(value: unknown): ReadonlyMap<string, string>;
  /**
   * The text of an object in JSON, or the object, with a conversion for each field: for user-defined types. A field that
   * is missing is null; a row with a field that is not named is rejected.
   */
  record<const F extends { readonly [field: string]: Converter }>(
    value: unknown,
    fields: F,
  ): { readonly [X in keyof F]: ReturnType<F[X]> | null };
}

function rejected(value: unknown, what: string): RowRejected {
  return new RowRejected(`${typeof value === 'string' ? JSON.stringify(value) : shown(value)} is not ${what}`);
}

/** Powers of ten from the unit to the millisecond. */
const units = { s: -3, ms: 0, us: 3, ns: 6 } as const;

function epoch(value: unknown, unit: keyof typeof units): Date {
  const parts =
    typeof value === 'string' || typeof value === 'bigint' || value instanceof DecimalText || Number.isFinite(value)
      ? decimalOfText(String(value).trim())
      : null;
  if (parts === null || Math.abs(parts.scale) > 1000) throw rejected(value, 'a count since 1970');
  // value = unscaled / 10^scale units = unscaled / 10^(scale + power) milliseconds
  const scale = parts.scale + units[unit];
  const factor = 10n ** BigInt(Math.abs(scale));
  if (scale > 0 && parts.unscaled % factor !== 0n) throw rejected(value, 'a count of whole milliseconds since 1970');
  const date = new Date(Number(scale > 0 ? parts.unscaled / factor : parts.unscaled * factor));
  if (Number.isNaN(date.getTime())) throw rejected(value, 'a count since 1970 that a timestamp can hold');
  return date;
}

const zones = new Map<string, MomentReader>();

function localTimestamp(value: unknown, zone: string): Date {
  const read = zones.get(zone) ?? zoneReader(zone);
  const found = typeof value === 'string' ? read(value.trim()) : 'a day and a time';
  if (typeof found === 'string') throw rejected(value, found);
  return found;
}

function zoneReader(zone: string): MomentReader {
  try {
    const reader = localTimeReader({ zone, truncate: false });
    zones.set(zone, reader);
    return reader;
  } catch {
    throw mistake('ZONE', {
      message: `${shown(zone)} is no time zone`,
      next: "Give 'UTC', an offset such as '+02:00', or a name such as 'Europe/Oslo'.",
    });
  }
}

function dateOrNull(value: unknown): LocalDate | null {
  const text = typeof value === 'string' ? value.trim() : '';
  if (/^(?:0000-\d{2}-\d{2}|\d{4}-00-\d{2}|\d{4}-\d{2}-00)$/.test(text)) return null;
  const date = canonicalDate(text);
  if (date === null) throw rejected(value, 'a day (YYYY-MM-DD)');
  return date as LocalDate;
}

function scaled(value: unknown, scale: number, rounding: Rounding = 'exact'): Decimal {
  const parts = decimalOfText(String(value).trim());
  if (parts === null || Math.abs(parts.scale) > 10_000) throw rejected(value, 'a decimal number');
  if (parts.scale <= scale) {
    return textOfDecimal({ unscaled: parts.unscaled * 10n ** BigInt(scale - parts.scale), scale }) as Decimal;
  }
  const unit = 10n ** BigInt(parts.scale - scale);
  const [whole, rest] = [parts.unscaled / unit, parts.unscaled % unit];
  if (rest !== 0n && rounding === 'exact') throw rejected(value, `a number with ${scale} digits behind the point`);
  return textOfDecimal({ unscaled: whole + step({ whole, rest, unit }, rounding), scale }) as Decimal;
}

function step(
  { whole, rest, unit }: { readonly whole: bigint; readonly rest: bigint; readonly unit: bigint },
  rounding: Rounding,
): bigint {
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const up =
    rounding === 'half-up'
      ? twice >= unit
      : rounding === 'half-even' && (twice > unit || (twice === unit && whole % 2n !== 0n));
  return up ? (rest < 0n ? -1n : 1n) : 0n;
}

function oneOf<const M extends { readonly [label: string]: unknown }>(value: string | number, labels: M): M[keyof M] {
  if (Object.hasOwn(labels, value)) return labels[value] as M[keyof M];
  throw rejected(value, `one of ${Object.keys(labels).join(', ')}`);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const found = typeof value === 'string' ? valueOfJsonText(value) : value;
  const isObject =
    typeof found === 'object' && found !== null && !Array.isArray(found) && !(found instanceof DecimalText);
  if (isObject) return found as Record<string, unknown>;
  throw rejected(value, 'an object');
}

function textMap(value: unknown): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(objectOf(value)).map(([key, one]) => [key, typeof one === 'string' ? one : jsonTextOf(one)]),
  );
}

function record<const F extends { readonly [field: string]: Converter }>(
  value: unknown,
  fields: F,
): { readonly [X in keyof F]: ReturnType<F[X]> | null } {
  const object = objectOf(value);
  const stranger = Object.keys(object).find((name) => !Object.hasOwn(fields, name));
  if (stranger !== undefined) throw new RowRejected(`the object has a field ${stranger}, which nothing is done with`);
  const entries = Object.entries(fields).map(([name, convert]) => {
    const one = own(object, name);
    if (one === undefined || one === null) return [name, null];
    try {
      return [name, (convert as (value: unknown) => unknown)(one)];
    } catch (thrown) {
      if (thrown instanceof RowRejected) throw new RowRejected(`${name}: ${thrown.reason}`);
      throw thrown;
    }
  });
  return Object.fromEntries(entries);
}

export const sourceConversions: SourceConversions = {
  epoch,
  localTimestamp,
  dateOrNull,
  scaled,
  oneOf,
  json: jsonTextOf,
  textMap,
  record,
};
