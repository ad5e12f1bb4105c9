import type * as Api from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import { match } from '../../kernel/match.ts';
import { own } from '../../kernel/own.ts';
import { daysOfDate, nanosecondsOfTime } from '../../model/calendar.ts';
import { RowRejected } from '../../model/data.ts';
import type { ByName, UserType } from '../../model/schema.ts';
import type { CqlType, ScalarName } from '../../model/type.ts';
import { quoted } from './duckdb.ts';

/** How a column of CQL stands in a Parquet file. */
export interface ParquetColumn {
  /** Its type in DuckDB's SQL. */
  readonly sql: string;
  /** Of a value that is not null, as its codec reads it. Throws `RowRejected`. */
  readonly value: (value: unknown) => DuckDBValue;
}

type Values = Pick<
  typeof Api,
  | 'blobValue'
  | 'listValue'
  | 'mapValue'
  | 'structValue'
  | 'DuckDBUUIDValue'
  | 'DuckDBTimestampTZValue'
  | 'DuckDBDateValue'
  | 'DuckDBTimeNSValue'
>;

/** Numbers without a limit, durations and addresses have no type there and go as text; tuples are structures. */
export function parquetColumn(type: CqlType, types: ByName<UserType>, api: Values): ParquetColumn {
  const inner = (of: CqlType): ParquetColumn => parquetColumn(of, types, api);
  const list = (of: CqlType): ParquetColumn => {
    const { sql, value } = inner(of);
    return {
      sql: `${sql}[]`,
      value: (all) => api.listValue(Array.from(all as Iterable<unknown>, (one) => orNull(one, value))),
    };
  };
  const struct = (
    fields: readonly (readonly [name: string, column: ParquetColumn])[],
    at: (row: unknown, index: number) => unknown,
  ): ParquetColumn => ({
    sql: `STRUCT(${fields.map(([name, { sql }]) => `${quoted(name)} ${sql}`).join(', ')})`,
    value: (row) =>
      api.structValue(
        Object.fromEntries(fields.map(([name, { value }], index) => [name, orNull(at(row, index), value)])),
      ),
  });
  return match(type, {
    scalar: ({ name }) => scalarColumn(name, api),
    list: ({ element }) => list(element),
    set: ({ element }) => list(element),
    vector: ({ element }) => list(element),
    map: ({ key, value }) => {
      const [keys, values] = [inner(key), inner(value)];
      return {
        sql: `MAP(${keys.sql}, ${values.sql})`,
        value: (all) =>
          api.mapValue(
            Array.from(all as ReadonlyMap<unknown, unknown>, ([one, of]) => ({
              key: keys.value(one),
              value: orNull(of, values.value),
            })),
          ),
      };
    },
    tuple: ({ elements }) =>
      struct(
        elements.map((element, at) => [`_${at + 1}`, inner(element)] as const),
        (row, index) => (row as readonly unknown[])[index],
      ),
    udt: ({ name }) => {
      const fields = own(types, name)?.fields ?? [];
      return struct(
        fields.map((field) => [field.name, inner(field.type)] as const),
        (row, index) => own(row as Readonly<Record<string, unknown>>, fields[index]?.name ?? ''),
      );
    },
    custom: () => ({ sql: 'BLOB', value: (bytes) => api.blobValue(bytes as Uint8Array) }),
  });
}

function orNull(value: unknown, of: (value: unknown) => DuckDBValue): DuckDBValue {
  return value === null || value === undefined ? null : of(value);
}

const same = (value: unknown): DuckDBValue => value as DuckDBValue;
const text = (value: unknown): DuckDBValue => String(value);
const whole = (value: unknown): DuckDBValue => BigInt(value as bigint | number);

function scalarColumn(name: ScalarName, api: Values): ParquetColumn {
  switch (name) {
    case 'tinyint':
      return { sql: 'TINYINT', value: same };
    case 'smallint':
      return { sql: 'SMALLINT', value: same };
    case 'int':
      return { sql: 'INTEGER', value: same };
    case 'bigint':
    case 'counter':
      return { sql: 'BIGINT', value: whole };
    case 'float':
      return { sql: 'FLOAT', value: same };
    case 'double':
      return { sql: 'DOUBLE', value: same };
    case 'boolean':
      return { sql: 'BOOLEAN', value: same };
    case 'blob':
      return { sql: 'BLOB', value: (bytes) => api.blobValue(bytes as Uint8Array) };
    case 'uuid':
    case 'timeuuid':
      return {
        sql: 'UUID',
        value: (id) => api.DuckDBUUIDValue.fromUint128(BigInt(`0x${String(id).replaceAll('-', '')}`)),
      };
    case 'timestamp':
      return {
        sql: 'TIMESTAMP WITH TIME ZONE',
        value: (at) => new api.DuckDBTimestampTZValue(BigInt((at as Date).getTime()) * 1000n),
      };
    case 'date':
      return { sql: 'DATE', value: (day) => new api.DuckDBDateValue(dayOf(String(day))) };
    case 'time':
      return { sql: 'TIME_NS', value: (at) => new api.DuckDBTimeNSValue(nanosecondsOfTime(String(at)) ?? 0n) };
    default:
      return { sql: 'VARCHAR', value: text };
  }
}

/** The outermost days stand for infinity there. */
const lastDay = 0x7fff_fffd;

function dayOf(text: string): number {
  const days = daysOfDate(text);
  if (days !== null && Math.abs(days) <= lastDay) return days;
  throw new RowRejected(`${text} is no day that Parquet holds`);
}
