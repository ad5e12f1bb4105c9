import type { Decimal, LocalDate, LocalTime, Uuid } from './canonical-text.ts';
import type { SourceType } from './source.ts';
import type { SqlForms } from './sql-type.ts';

export interface SqliteInt extends SourceType<'sqlite.int', number> {}
export interface SqliteInteger extends SourceType<'sqlite.integer', bigint> {}
export interface SqliteReal extends SourceType<'sqlite.real', number> {}
export interface SqliteNumeric extends SourceType<'sqlite.numeric', Decimal> {}
export interface SqliteText extends SourceType<'sqlite.text', string> {}
export interface SqliteBlob extends SourceType<'sqlite.blob', Uint8Array> {}
export interface SqliteBoolean extends SourceType<'sqlite.boolean', boolean> {}
export interface SqliteUuid extends SourceType<'sqlite.uuid', Uuid> {}
export interface SqliteDate extends SourceType<'sqlite.date', LocalDate> {}
export interface SqliteTime extends SourceType<'sqlite.time', LocalTime> {}
export interface SqliteTimestamp extends SourceType<'sqlite.timestamp', Date> {}
export interface SqliteUnixepoch extends SourceType<'sqlite.unixepoch', Date> {}
export interface SqliteJson<T> extends SourceType<'sqlite.json', T> {}
export interface SqliteAny extends SourceType<'sqlite.any', unknown> {}

/**
 * What columns of SQLite hold, and the forms of a source there. A column's values may be of any type there, whatever it
 * declares: each is looked at, and a row where one is of another type is rejected.
 */
export interface Sqlite extends SqlForms<'sqlite', unknown> {
  /** A whole number of 32 bits. */
  int(): SqliteInt;
  /** A whole number of 64 bits. */
  integer(): SqliteInteger;
  real(): SqliteReal;
  /** A whole number, a real one, or the text of a decimal number. */
  numeric(): SqliteNumeric;
  text(): SqliteText;
  blob(): SqliteBlob;
  /** 0 or 1. */
  boolean(): SqliteBoolean;
  /** Text, or 16 bytes. */
  uuid(): SqliteUuid;
  /** `YYYY-MM-DD`. */
  date(): SqliteDate;
  /** `HH:MM:SS`, with or without a fraction. */
  time(): SqliteTime;
  /** `YYYY-MM-DD HH:MM:SS`: with an offset behind it, or in the source's `zone`. */
  timestamp(): SqliteTimestamp;
  /** Seconds since 1970, with or without a fraction. */
  unixepoch(): SqliteUnixepoch;
  json<T = unknown>(): SqliteJson<T>;
  /** Whatever stands there, unchecked: whole numbers as bigint, bytes as Uint8Array. */
  any(): SqliteAny;
}
