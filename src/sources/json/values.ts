import { decimalOfText } from '../../model/canonical.ts';
import { exactNumber } from '../../model/json-text.ts';
import { type FieldReader, misfit } from '../files/misfit.ts';
import { bigintOf, dateOf, decimalOf, timestampOf, uuidOf } from '../files/text-values.ts';

/** A number whose text says more than a JavaScript number can hold; met only where a reader asked for exact numbers. */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Reads as `json.any` does, and numbers that JavaScript's own would change as their texts. */
export const withDigits = 'json.digits';
/** Reads as `json.any` does what is looked at before its type is known. */
export const asFound = 'json.found';

const textual =
  (what: string, read: (text: string) => unknown): FieldReader<unknown> =>
  (value) =>
    typeof value === 'string' ? read(value) : misfit(plain(value), what);

function numeric(what: string, read: (text: string) => unknown): FieldReader<unknown> {
  return (value) => {
    if (value instanceof ExactNumber) return read(value.text);
    if (typeof value === 'number') return read(String(value));
    return typeof value === 'string' ? read(value) : misfit(plain(value), what);
  };
}

/** Readers by the type's name in a declaration. Strings are taken for numbers only where JSON numbers lose digits (bigint, decimal). */
export const jsonReaders: ReadonlyMap<string, FieldReader<unknown>> = new Map<string, FieldReader<unknown>>([
  ['json.text', textual('a text', wellFormed)],
  ['json.int', (value) => integerOf(plain(value))],
  ['json.bigint', numeric('an integer', (text) => bigintOf(integerFrom(text)))],
  ['json.double', (value) => numberOf(value)],
  ['json.decimal', numeric('a decimal number', decimalOf)],
  ['json.boolean', (value) => (typeof value === 'boolean' ? value : misfit(plain(value), 'a boolean'))],
  ['json.uuid', textual('a UUID', uuidOf)],
  ['json.date', textual('a date (YYYY-MM-DD)', dateOf)],
  [
    'json.timestamp',
    (value) => {
      const found = value instanceof ExactNumber ? plain(value) : value;
      return typeof found === 'number' ? epoch(found) : textual('a timestamp', timestampOf)(found);
    },
  ],
  ['json.array', (value) => (Array.isArray(value) ? plain(value) : misfit(plain(value), 'an array'))],
  ['json.object', (value) => (isObject(value) ? plain(value) : misfit(plain(value), 'an object'))],
  ['json.any', plain],
  ['json.nearest', nearest],
  [withDigits, digits],
  [asFound, plain],
]);

/** Types whose values may need the number's own text. */
export const exactTypes: ReadonlySet<string> = new Set(['json.bigint', 'json.decimal']);

/** JSON as JavaScript knows it: integers beyond 2^53 as bigint, other numbers that a double does not hold as their texts. */
export function plain(value: unknown): unknown {
  if (value instanceof ExactNumber) return exactNumber(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** As `plain` has it, each number the nearest that a double holds. */
function nearest(value: unknown): unknown {
  const found = value instanceof ExactNumber ? Number(value.text) : plain(value);
  const infinite = found === Infinity || found === -Infinity;
  return infinite ? misfit(plain(value), 'a number that a double can hold') : found;
}

/** Numbers that JavaScript's own would change as their texts. */
function digits(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return value.map(digits);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, digits(inner)]));
}

export function holdsNumber(value: unknown): boolean {
  if (typeof value === 'number') return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsNumber);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

function wellFormed(text: string): unknown {
  return text.isWellFormed() ? text : misfit(text, 'a text: it holds half a surrogate pair');
}

function numberOf(value: unknown): unknown {
  const number = value instanceof ExactNumber ? Number(value.text) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : misfit(plain(value), 'a number');
}

function epoch(value: number): unknown {
  const date = new Date(value);
  return Number.isInteger(value) && !Number.isNaN(date.getTime())
    ? date
    : misfit(value, 'a timestamp in whole milliseconds since 1970');
}

function integerOf(value: unknown): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value)) return misfit(value, 'an integer');
  // `+ 0` takes the sign from -0, which no integer has.
  return value >= -0x8000_0000 && value <= 0x7fff_ffff ? value + 0 : misfit(value, 'an integer of 32 bits');
}

/** `12.0` and `1e3` are integers in JSON as well. */
function integerFrom(text: string): string {
  const parts = /[.eE]/.test(text) ? decimalOfText(text) : null;
  if (parts === null || Math.abs(parts.scale) > longestShift) return text;
  const { unscaled, scale } = parts;
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const unit = 10n ** BigInt(scale);
  return unscaled % unit === 0n ? String(unscaled / unit) : text;
}

/** Digits that an exponent may add. */
const longestShift = 1000;
