import type { Decimal, Duration, Inet, LocalDate, LocalTime, Uuid } from './canonical-text.ts';
import type { Read } from './cql-type.ts';
import type { SourceType } from './source.ts';
import type { Labelled, SqlArray, SqlForms } from './sql-type.ts';

export interface PostgresSmallint extends SourceType<'postgres.smallint', number> {}
export interface PostgresInt extends SourceType<'postgres.int', number> {}
export interface PostgresBigint extends SourceType<'postgres.bigint', bigint> {}
export interface PostgresNumeric extends SourceType<'postgres.numeric', Decimal> {}
export interface PostgresReal extends SourceType<'postgres.real', number> {}
export interface PostgresDouble extends SourceType<'postgres.double', number> {}
export interface PostgresBoolean extends SourceType<'postgres.boolean', boolean> {}
export interface PostgresChar extends SourceType<'postgres.char', string> {}
export interface PostgresVarchar extends SourceType<'postgres.varchar', string> {}
export interface PostgresText extends SourceType<'postgres.text', string> {}
export interface PostgresEnum<L extends string> extends Labelled<'postgres.enum', L> {}
export interface PostgresBytea extends SourceType<'postgres.bytea', Uint8Array> {}
export interface PostgresUuid extends SourceType<'postgres.uuid', Uuid> {}
export interface PostgresDate extends SourceType<'postgres.date', LocalDate> {}
export interface PostgresTime extends SourceType<'postgres.time', LocalTime> {}
export interface PostgresTimestamp extends SourceType<'postgres.timestamp', Date> {}
export interface PostgresTimestamptz extends SourceType<'postgres.timestamptz', Date> {}
export interface PostgresInterval extends SourceType<'postgres.interval', Duration> {}
export interface PostgresJson<T> extends SourceType<'postgres.json', T> {}
export interface PostgresJsonb<T> extends SourceType<'postgres.jsonb', T> {}
export interface PostgresInet extends SourceType<'postgres.inet', Inet> {}
export interface PostgresCidr extends SourceType<'postgres.cidr', string> {}
export interface PostgresMacaddr extends SourceType<'postgres.macaddr', string> {}
export interface PostgresArray<E extends SourceType> extends SqlArray<'postgres.array', E> {}
export interface PostgresRange<E extends SourceType> extends SourceType<'postgres.range', Range<Read<E>>> {
  readonly element: E;
}
/** A range; a bound that is null is open. An empty range has no bounds. */
export interface Range<T> {
  readonly empty: boolean;
  readonly lower: T | null;
  readonly upper: T | null;
  readonly lowerIncluded: boolean;
  readonly upperIncluded: boolean;
}

/** The types of PostgreSQL, and the forms of a source there. */
export interface Postgres extends SqlForms<'postgres', unknown> {
  smallint(): PostgresSmallint;
  int(): PostgresInt;
  bigint(): PostgresBigint;
  /** A row with `NaN` or an infinite number is rejected. */
  numeric(): PostgresNumeric;
  real(): PostgresReal;
  double(): PostgresDouble;
  boolean(): PostgresBoolean;
  char(): PostgresChar;
  varchar(): PostgresVarchar;
  /** Text; also the text of any other type, as the server writes it. */
  text(): PostgresText;
  enum<const L extends string>(...labels: readonly [L, ...L[]]): PostgresEnum<L>;
  bytea(): PostgresBytea;
  uuid(): PostgresUuid;
  /** A row with an infinite date is rejected. */
  date(): PostgresDate;
  time(): PostgresTime;
  /** Without a zone: taken to be in the source's `zone`. */
  timestamp(): PostgresTimestamp;
  timestamptz(): PostgresTimestamptz;
  /** Months, days and time; a row where their signs differ is rejected. */
  interval(): PostgresInterval;
  json<T = unknown>(): PostgresJson<T>;
  jsonb<T = unknown>(): PostgresJsonb<T>;
  /** An address; a row where it has a netmask is rejected. */
  inet(): PostgresInet;
  cidr(): PostgresCidr;
  macaddr(): PostgresMacaddr;
  /** A row with a null among its elements is rejected. */
  array<E extends SourceType<`postgres.${string}`>>(element: E): PostgresArray<E>;
  range<E extends SourceType<`postgres.${string}`>>(element: E): PostgresRange<E>;
}
