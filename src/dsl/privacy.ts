import { hmacSha256 } from '../kernel/hash.ts';
import { dateOfDays, daysOfDate } from '../model/calendar.ts';
import { RowRejected } from '../model/data.ts';
import { bytesOfInet, inetOfBytes } from '../model/inet.ts';
import type { Treatment } from '../model/privacy.ts';
import { tokenOfInteger, tokenOfText } from '../model/tokens.ts';
import type { Inet, LocalDate } from './canonical-text.ts';
import { keyNamed, noteKey } from './key-ring.ts';
import { mistake, shown } from './mistake.ts';

/** A function that makes a value less personal. Null stays null. */
export interface Treat<A, R> {
  readonly treats: string;
  (value: A): R;
  (value: A | null): R | null;
}
/** One that gives what it was given: the same type, and the same kind of text. */
export interface TreatAlike<A> {
  readonly treats: string;
  <T extends A | null>(value: T): T;
}
/** Personal data that comes as it is, and why that is right. */
export interface Waived {
  readonly kind: 'waived';
  readonly reason: string;
}

/** Functions that make personal data less so; the same value gives the same on every run. */
export interface Privacy {
  /** 64 hexadecimal digits, or the first `length` of them (at least 16): HMAC-SHA-256 with a key of the configuration. */
  hash(options: { readonly key: string; readonly length?: number }): Treat<string | number | bigint, string>;
  /**
   * A token of the same form: digits for digits, letters for letters, a UUID for a UUID. Equal values have equal tokens
   * and different values different ones, so that keys and joins survive. A row with other letters is rejected.
   */
  tokenise(options: { readonly key: string }): TreatAlike<string | number | bigint>;
  /** `email`: `a…@example.com`; `phone`: the last two digits; else all signs but the first and last so many. */
  mask(
    how: 'email' | 'phone' | { readonly first?: number; readonly last?: number; readonly with?: string },
  ): Treat<string, string>;
  /** A text cut after so many characters; a day or moment cut to day, month or year; an address to its network. */
  truncate: {
    (to: { readonly characters: number }): Treat<string, string>;
    (to: 'day' | 'month' | 'year'): TreatAlike<Date | LocalDate>;
    (to: { readonly network: number; readonly network6?: number }): Treat<Inet, Inet>;
  };
  /** Leaves a column as it is, for a reason that stands in the plan. */
  waive(reason: string): Waived;
}

const treatmentKey = Symbol.for('cqlform.treatment');
type Treating = (value: never) => unknown;

/** What a function of `privacy`, or a waiver, does; null for anything else. */
export function treatmentOf(value: unknown): Treatment | null {
  const given = typeof value === 'function' || (typeof value === 'object' && value !== null) ? value : null;
  if (given === null || !Object.hasOwn(given, treatmentKey)) return null;
  return (given as { readonly [treatmentKey]?: Treatment })[treatmentKey] ?? null;
}

function treating(words: string, key: string | null, treat: Treating): never {
  const apply = (value: unknown): unknown =>
    value === null || value === undefined ? value : (treat as (value: unknown) => unknown)(value);
  const treatment: Treatment = { kind: 'treated', words, key, apply };
  const given = (value: unknown): unknown => apply(value);
  Object.defineProperty(given, 'treats', { value: words });
  Object.defineProperty(given, treatmentKey, { value: treatment });
  // what it takes and gives is what its maker in `Privacy` says
  return Object.freeze(given) as never;
}

function keyOf(verb: string, options: unknown): string {
  const key = typeof options === 'object' && options !== null && 'key' in options ? options.key : undefined;
  if (typeof key === 'string' && /^\w[\w-]*$/.test(key)) {
    noteKey(key);
    return key;
  }
  throw mistake('PRIVACY_KEY', {
    message: `privacy.${verb} has ${shown(key)} for its key`,
    next: `Name a key of the configuration: \`privacy.${verb}({ key: 'people' })\`. The key itself never stands in a migration.`,
  });
}

const wrong = (what: string, value: unknown): Error =>
  mistake('PRIVACY_OPTION', {
    message: `${what} is given ${shown(value)}`,
    next: 'See docs/guides/privacy.md for what it takes.',
  });

function textFor(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  throw new RowRejected(`${what} takes texts and numbers, and got ${typeof value}`);
}

function hash(options: { readonly key: string; readonly length?: number }): never {
  const key = keyOf('hash', options);
  const { length = 64 } = options;
  if (!Number.isInteger(length) || length < 16 || length > 64) throw wrong('the length of privacy.hash', length);
  return treating(`hash with key ${key}`, key, (value: unknown) =>
    Buffer.from(hmacSha256(keyNamed(key), `hash ${textFor(value, 'privacy.hash')}`))
      .toString('hex')
      .slice(0, length),
  );
}

function tokenise(options: { readonly key: string }): never {
  const key = keyOf('tokenise', options);
  const keyed = (text: string): Uint8Array => hmacSha256(keyNamed(key), `token ${text}`);
  return treating(`tokenise with key ${key}`, key, (value: unknown) => {
    if (typeof value === 'bigint') return tokenOfInteger(value, keyed);
    if (typeof value === 'number') {
      if (!Number.isInteger(value)) throw new RowRejected(`privacy.tokenise takes whole numbers, and got ${value}`);
      return Number(tokenOfInteger(BigInt(value), keyed));
    }
    return tokenOfText(textFor(value, 'privacy.tokenise'), keyed);
  });
}

/** Digits at the end. */
const shownOfPhone = 2;

function mask(
  how: 'email' | 'phone' | { readonly first?: number; readonly last?: number; readonly with?: string },
): never {
  if (how === 'email') {
    return treating('mask email', null, (value: string) => {
      const at = value.lastIndexOf('@');
      return at < 1 ? '*'.repeat(value.length) : `${Array.from(value)[0]}***${value.slice(at)}`;
    });
  }
  if (how === 'phone') {
    return treating('mask phone', null, (value: string) => {
      const digits = value.match(/\p{N}/gu)?.length ?? 0;
      // a number that would show whole shows nothing
      let left = digits <= shownOfPhone ? Number.POSITIVE_INFINITY : digits;
      return value.replaceAll(/[\p{N}\p{L}]/gu, (sign) => (/\p{L}/u.test(sign) || left-- > shownOfPhone ? '*' : sign));
    });
  }
  const { first = 0, last = 0, with: sign = '*' } = how;
  const counts = [first, last].every((count) => Number.isInteger(count) && count >= 0);
  if (!counts || typeof sign !== 'string' || Array.from(sign).length !== 1) throw wrong('privacy.mask', how);
  return treating(`mask all but the first ${first} and last ${last}`, null, (value: string) => {
    const characters = Array.from(value);
    // a value that would show whole shows nothing
    if (characters.length <= first + last) return sign.repeat(characters.length);
    return characters.map((one, at) => (at < first || at >= characters.length - last ? one : sign)).join('');
  });
}

type Unit = 'day' | 'month' | 'year';

function truncate(
  to: Unit | { readonly characters: number } | { readonly network: number; readonly network6?: number },
): never {
  if (to === 'day' || to === 'month' || to === 'year') {
    return treating(`truncate to ${to}`, null, (value: Date | LocalDate) =>
      value instanceof Date ? cutMoment(value, to) : cutDay(value, to),
    );
  }
  if (typeof to !== 'object') throw wrong('privacy.truncate', to);
  if ('network' in to) {
    const { network, network6 = 48 } = to;
    if (![network, network6].every(Number.isInteger) || network < 0 || network > 32 || network6 < 0 || network6 > 128)
      throw wrong('privacy.truncate', to);
    return treating(`truncate to /${network}`, null, (value: string) => cutAddress(value, network, network6));
  }
  const { characters } = to;
  if (!Number.isInteger(characters) || characters < 0) throw wrong('privacy.truncate', to);
  return treating(`truncate to ${characters} characters`, null, (value: string) =>
    Array.from(value).slice(0, characters).join(''),
  );
}

function cutMoment(value: Date, to: Unit): Date {
  const cut = new Date(value);
  cut.setUTCHours(0, 0, 0, 0);
  if (to !== 'day') cut.setUTCDate(1);
  if (to === 'year') cut.setUTCMonth(0);
  return cut;
}

function cutDay(value: string, to: Unit): string {
  const days = daysOfDate(value);
  if (days === null) throw new RowRejected(`${JSON.stringify(value)} is not a day (YYYY-MM-DD)`);
  const day = dateOfDays(days);
  if (to === 'day') return day;
  return to === 'month' ? day.replace(/\d\d$/, '01') : day.replace(/\d\d-\d\d$/, '01-01');
}

function cutAddress(value: string, network: number, network6: number): string {
  const bytes = bytesOfInet(value);
  if (bytes === null) throw new RowRejected(`${JSON.stringify(value)} is not an IP address`);
  const kept = bytes.length === 4 ? network : network6;
  return inetOfBytes(bytes.map((byte, at) => byte & ~(0xff >> Math.min(8, Math.max(0, kept - at * 8)))));
}

function waive(reason: string): Waived {
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw mistake('WAIVER_REASON', {
      message: `privacy.waive is given ${shown(reason)}`,
      next: "Say why the data may come as it is, e.g. `privacy.waive('made-up people only')`.",
    });
  }
  const waived = { kind: 'waived', reason } as const;
  Object.defineProperty(waived, treatmentKey, { value: waived });
  return Object.freeze(waived);
}

/**
 * Functions for personal data, in row functions and in `lower` of a data step.
 *
 * @example
 * import { existing, migration, privacy, t, table, transform } from 'cqlform';
 *
 * const people = existing('people', { columns: { id: t.uuid(), email: t.text() }, partitionKey: ['id'] });
 * const logins = table('logins', { columns: { email_hash: t.text(), id: t.uuid() }, partitionKey: ['email_hash'] });
 * const hashed = privacy.hash({ key: 'people' });
 *
 * export default migration({
 *   description: 'Logins by hashed address',
 *   schema: [logins],
 *   data: [
 *     transform({
 *       from: people,
 *       into: logins,
 *       rows: ({ id, email }, out) => {
 *         if (email !== null) out.emit({ email_hash: hashed(email), id });
 *       },
 *     }),
 *   ],
 * });
 */
export const privacy: Privacy = Object.freeze({ hash, tokenise, mask, truncate, waive });
