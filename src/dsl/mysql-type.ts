import type { Decimal, Duration, Inet, LocalDate, LocalTime, Uuid } from './canonical-text.ts';
import type { SourceType } from './source.ts';
import type { Labelled, LabelledSet, SqlForms } from './sql-type.ts';

export interface MysqlTinyint extends SourceType<'mysql.tinyint', number> {}
export interface MysqlTinyintUnsigned extends SourceType<'mysql.tinyint unsigned', number> {}
export interface MysqlSmallint extends SourceType<'mysql.smallint', number> {}
export interface MysqlSmallintUnsigned extends SourceType<'mysql.smallint unsigned', number> {}
export interface MysqlMediumint extends SourceType<'mysql.mediumint', number> {}
export interface MysqlMediumintUnsigned extends SourceType<'mysql.mediumint unsigned', number> {}
export interface MysqlInt extends SourceType<'mysql.int', number> {}
export interface MysqlIntUnsigned extends SourceType<'mysql.int unsigned', number> {}
export interface MysqlBigint extends SourceType<'mysql.bigint', bigint> {}
export interface MysqlBigintUnsigned extends SourceType<'mysql.bigint unsigned', bigint> {}
export interface MysqlBit extends SourceType<'mysql.bit', bigint> {}
export interface MysqlBoolean extends SourceType<'mysql.boolean', boolean> {}
export interface MysqlDecimal extends SourceType<'mysql.decimal', Decimal> {}
export interface MysqlFloat extends SourceType<'mysql.float', number> {}
export interface MysqlDouble extends SourceType<'mysql.double', number> {}
export interface MysqlChar extends SourceType<'mysql.char', string> {}
export interface MysqlVarchar extends SourceType<'mysql.varchar', string> {}
export interface MysqlText extends SourceType<'mysql.text', string> {}
export interface MysqlEnum<L extends string> extends Labelled<'mysql.enum', L> {}
export interface MysqlSet<L extends string> extends LabelledSet<'mysql.set', L> {}
export interface MysqlJson<T> extends SourceType<'mysql.json', T> {}
export interface MysqlDate extends SourceType<'mysql.date', LocalDate> {}
export interface MysqlTime extends SourceType<'mysql.time', LocalTime> {}
export interface MysqlDuration extends SourceType<'mysql.duration', Duration> {}
export interface MysqlDatetime extends SourceType<'mysql.datetime', Date> {}
export interface MysqlTimestamp extends SourceType<'mysql.timestamp', Date> {}
export interface MysqlYear extends SourceType<'mysql.year', number> {}
export interface MysqlBinary extends SourceType<'mysql.binary', Uint8Array> {}
export interface MysqlVarbinary extends SourceType<'mysql.varbinary', Uint8Array> {}
export interface MysqlBlob extends SourceType<'mysql.blob', Uint8Array> {}
export interface MysqlUuid extends SourceType<'mysql.uuid', Uuid> {}
export interface MysqlInet extends SourceType<'mysql.inet', Inet> {}

export interface MysqlSettings {
  /** What becomes of `0000-00-00` and of days such as `2026-02-00`, which do not exist; unless said otherwise the row is rejected. */
  readonly zeroDates?: 'reject' | 'null';
}

/** The types of MySQL and MariaDB, and the forms of a source there. */
export interface Mysql extends SqlForms<'mysql', MysqlSettings> {
  tinyint(): MysqlTinyint;
  tinyintUnsigned(): MysqlTinyintUnsigned;
  smallint(): MysqlSmallint;
  smallintUnsigned(): MysqlSmallintUnsigned;
  mediumint(): MysqlMediumint;
  mediumintUnsigned(): MysqlMediumintUnsigned;
  int(): MysqlInt;
  intUnsigned(): MysqlIntUnsigned;
  bigint(): MysqlBigint;
  bigintUnsigned(): MysqlBigintUnsigned;
  /** Up to 64 bits, as a number. */
  bit(): MysqlBit;
  /** `tinyint(1)` or `bit(1)` that holds 0 and 1 only. */
  boolean(): MysqlBoolean;
  decimal(): MysqlDecimal;
  float(): MysqlFloat;
  double(): MysqlDouble;
  char(): MysqlChar;
  varchar(): MysqlVarchar;
  /** Text of any length. */
  text(): MysqlText;
  enum<const L extends string>(...labels: readonly [L, ...L[]]): MysqlEnum<L>;
  set<const L extends string>(...labels: readonly [L, ...L[]]): MysqlSet<L>;
  json<T = unknown>(): MysqlJson<T>;
  date(): MysqlDate;
  /** A time of day; a row where it is negative or past 24 hours is rejected. */
  time(): MysqlTime;
  /** A `time` column that holds spans of time, -838:59:59 to 838:59:59. */
  duration(): MysqlDuration;
  /** A day and a time, taken to be in the source's `zone`. */
  datetime(): MysqlDatetime;
  timestamp(): MysqlTimestamp;
  year(): MysqlYear;
  binary(): MysqlBinary;
  varbinary(): MysqlVarbinary;
  /** Bytes of any length. */
  blob(): MysqlBlob;
  /** MariaDB's `uuid`; also `char(36)` and `binary(16)`, each value checked. */
  uuid(): MysqlUuid;
  /** MariaDB's `inet4` and `inet6`; also text, each value checked. */
  inet(): MysqlInet;
}
