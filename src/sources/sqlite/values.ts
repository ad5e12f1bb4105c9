import { canonicalTime } from '../../model/canonical.ts';
import type { ForeignColumn, ForeignSource } from '../../model/data.ts';
import { type FieldReader, misfit } from '../files/misfit.ts';
import { dateOf, decimalOf, timestampOf, uuidOf } from '../files/text-values.ts';
import { localTimestamp } from '../sql/zone.ts';

/** What SQLite has: a value's type is its own, whatever its column declares. */
export type SqliteRaw = bigint | number | string | Uint8Array;
type Read = FieldReader<SqliteRaw>;

const textual =
  (what: string, read: FieldReader<string>): Read =>
  (value) =>
    typeof value === 'string' ? read(value) : unfit(value, what);

const int: Read = (value) => {
  if (typeof value !== 'bigint') return unfit(value, 'an integer');
  return BigInt.asIntN(32, value) === value ? Number(value) : misfit(value, 'an integer of 32 bits');
};

/** Whole numbers stand in real columns too; beyond 2^53 they would change. */
const real: Read = (value) => {
  if (typeof value === 'number') return value;
  if (typeof value !== 'bigint') return unfit(value, 'a number');
  return Number.isSafeInteger(Number(value)) ? Number(value) : misfit(value, 'a number that a double can hold');
};

const numeric: Read = (value) => (value instanceof Uint8Array ? unfit(value, 'a number') : decimalOf(String(value)));

const boolean: Read = (value) => (value === 0n ? false : value === 1n ? true : unfit(value, 'a boolean (0 or 1)'));

const uuid: Read = (value) => {
  if (typeof value === 'string') return uuidOf(value);
  if (!(value instanceof Uint8Array) || value.length !== 16) return unfit(value, 'a UUID');
  const hex = Buffer.from(value).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

function timestamp(settings: ForeignSource['settings']): Read {
  const zone = String(settings['zone'] ?? 'UTC');
  const local = localTimestamp({ zone, truncate: settings['fractions'] === 'truncate' });
  return textual('a day and a time', (value) =>
    /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value.slice(10)) ? timestampOf(value) : local(value.replace('T', ' ')),
  );
}

const unixepoch: Read = (value) => {
  if (typeof value !== 'bigint' && typeof value !== 'number') return unfit(value, 'seconds since 1970');
  const date = new Date(typeof value === 'bigint' ? Number(value) * 1000 : Math.round(value * 1000));
  return Number.isNaN(date.getTime()) ? misfit(value, 'seconds since 1970') : date;
};

/** By the type's name in a declaration. */
export const sqliteReaders: Readonly<
  Record<string, (column: ForeignColumn, settings: ForeignSource['settings']) => Read>
> = {
  'sqlite.int': () => int,
  'sqlite.integer': () => (value) => (typeof value === 'bigint' ? value : unfit(value, 'an integer')),
  'sqlite.real': () => real,
  'sqlite.numeric': () => numeric,
  'sqlite.text': () => textual('a text', (value) => value),
  'sqlite.blob': () => (value) => (value instanceof Uint8Array ? value : unfit(value, 'bytes')),
  'sqlite.boolean': () => boolean,
  'sqlite.uuid': () => uuid,
  'sqlite.date': () => textual('a date (YYYY-MM-DD)', dateOf),
  'sqlite.time': () => textual('a time of day', (value) => canonicalTime(value) ?? misfit(value, 'a time of day')),
  'sqlite.timestamp': (_, settings) => timestamp(settings),
  'sqlite.unixepoch': () => unixepoch,
  'sqlite.json': () => textual('JSON', (value) => value),
  'sqlite.any': () => (value) => value,
};

/** Names what stands there instead, because the column's own type says nothing about it. */
function unfit(value: SqliteRaw, what: string): unknown {
  if (value instanceof Uint8Array) return misfit(Buffer.from(value).toString('hex'), `${what}, it is bytes`);
  const kind = typeof value === 'string' ? 'text' : typeof value === 'bigint' ? 'a whole number' : 'a real number';
  return misfit(value, `${what}, it is ${kind}`);
}

export function shownRaw(raw: SqliteRaw): unknown {
  return typeof raw === 'string' ? raw.slice(0, 1000) : raw;
}
