import type { ChangeColumn, SqlTimes } from '../sql/changes.ts';
import { momentOf, timeText, wallMicros } from '../sql/wall.ts';
import type { SqliteRaw } from './values.ts';

/**
 * Times stand as text in several forms, with and without a zone: SQLite brings them into one form, in UTC where they say
 * their zone. Those that say none are in the zone of the declaration, so bounds are taken for either reading.
 */
const isText = ({ type }: ChangeColumn): boolean => type === 'sqlite.timestamp';
const wholeMillis = (micros: bigint, side: 'from' | 'upTo'): string =>
  timeText(side === 'from' ? micros : micros + 999n).slice(0, 23);

export const sqliteTimes: SqlTimes<SqliteRaw> = {
  clock: "SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000",
  compared: (column) => {
    const name = `"${column.field.replaceAll('"', '""')}"`;
    return isText(column) ? `strftime('%Y-%m-%d %H:%M:%f', ${name})` : name;
  },
  parameter: (column) => (isText(column) ? '?' : 'CAST(? AS NUMERIC)'),
  bound: (column, side, value) => {
    if (!column.isTime) return String(value);
    if (!isText(column)) return String(Number(value) / 1e6);
    const wall = wallMicros(column.zone, value, side);
    const [least, greatest] = wall < value ? [wall, value] : [value, wall];
    return wholeMillis(side === 'from' ? least : greatest, side);
  },
  selected: (_, expression) => expression,
  valueOf: (column, raw) => {
    if (typeof raw === 'bigint') return column.isTime ? raw * 1_000_000n : raw;
    if (typeof raw === 'number') return BigInt(Math.round(column.isTime ? raw * 1e6 : raw));
    const text = typeof raw === 'string' ? raw : '';
    return momentOf(column.zone, BigInt(Date.parse(`${text.replace(' ', 'T')}Z`)) * 1000n);
  },
};
