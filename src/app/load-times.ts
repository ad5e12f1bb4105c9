import { timestampColumn, ttlColumn } from '../copy/load-pages.ts';
import { own } from '../kernel/own.ts';
import { type ForeignColumn, type JsRow, RowRejected } from '../model/data.ts';
import type { LoadMapping } from './load-columns.ts';

/** The declaration of the fields that say how long rows live and when they were written. */
export function timeColumns(
  { timestampField, ttlField }: LoadMapping,
  typeOf: (field: string) => Pick<ForeignColumn, 'type'>,
): Readonly<Record<string, ForeignColumn>> {
  const of = (name: string, field: string | null): readonly (readonly [string, ForeignColumn])[] =>
    field === null ? [] : [[name, { ...typeOf(field), required: false, field }]];
  return Object.fromEntries([...of(timestampColumn, timestampField), ...of(ttlColumn, ttlField)]);
}

/** Seconds; null: the row says nothing. Throws `RowRejected`. */
export function rowTtl(row: JsRow): number | null {
  const value = own(row, ttlColumn);
  if (value === null || value === undefined) return null;
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const number = typeof seconds === 'bigint' ? Number(seconds) : seconds;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= longestTtl) return number;
  throw new RowRejected(`the TTL ${String(value)} is no number of seconds up to 20 years`);
}
const longestTtl = 20 * 365 * 86_400;

const moment = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,6}))?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/** Microseconds since 1970; null: the row says nothing. Throws `RowRejected`. */
export function rowTimestamp(row: JsRow): bigint | null {
  const value = own(row, timestampColumn);
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (value instanceof Date) return BigInt(value.getTime()) * 1000n;
  if (typeof value === 'string') {
    if (/^-?\d+$/.test(value)) return BigInt(value);
    const [whole, fraction = ''] = moment.exec(value) ?? [];
    if (whole !== undefined) {
      const text = whole
        .replace(' ', 'T')
        .replace(/\.\d+/, '')
        .replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
      return BigInt(Date.parse(text)) * 1000n + BigInt(fraction.padEnd(6, '0'));
    }
  }
  throw new RowRejected(`the write time ${String(value)} is neither microseconds since 1970 nor ISO 8601 with a zone`);
}
