import type { ChangeColumn, SqlTimes } from '../sql/changes.ts';
import { momentOf, timeText, wallMicros } from '../sql/wall.ts';
import { quoted } from './catalogue.ts';

const zoneOf = ({ type, zone }: ChangeColumn): string => (type === 'postgres.timestamp' ? zone : 'UTC');

/** What the server calls the types of columns that tell of changes. */
const casts: Readonly<Record<string, string>> = {
  'postgres.timestamptz': 'timestamptz',
  'postgres.timestamp': 'timestamp',
};

export const postgresTimes: SqlTimes<string> = {
  clock: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint',
  compared: ({ field }) => quoted(field),
  parameter: ({ type }, number) => `$${number}::${casts[type] ?? 'bigint'}`,
  bound: (column, side, value) => (column.isTime ? timeText(wallMicros(zoneOf(column), value, side)) : String(value)),
  selected: ({ isTime }, expression) => (isTime ? `(extract(epoch FROM ${expression}) * 1000000)::bigint` : expression),
  valueOf: (column, raw) => (column.isTime ? momentOf(zoneOf(column), BigInt(raw)) : BigInt(raw)),
};
