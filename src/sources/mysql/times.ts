import type { ChangeColumn, SqlTimes } from '../sql/changes.ts';
import { momentOf, timeText, wallMicros } from '../sql/wall.ts';
import { quoted } from './names.ts';

/** A `timestamp` is a moment, and sessions read it in UTC; a `datetime` is what a clock showed. */
const zoneOf = ({ type, zone }: ChangeColumn): string => (type === 'mysql.datetime' ? zone : 'UTC');

export const mysqlTimes: SqlTimes<Buffer> = {
  clock: "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
  compared: ({ field }) => quoted(field),
  parameter: ({ isTime }) => (isTime ? '?' : 'CAST(? AS DECIMAL(20))'),
  bound: (column, side, value) => (column.isTime ? timeText(wallMicros(zoneOf(column), value, side)) : String(value)),
  selected: ({ isTime }, expression) =>
    isTime ? `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${expression})` : expression,
  valueOf: (column, raw) => {
    const value = BigInt(raw.toString('latin1'));
    return column.isTime ? momentOf(zoneOf(column), value) : value;
  },
};
