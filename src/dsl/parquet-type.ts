import type { Decimal, LocalDate, LocalTime, Uuid } from './canonical-text.ts';
import type { Read } from './cql-type.ts';
import type { FileDefinition } from './file-type.ts';
import type { Source, SourceColumns, SourceType } from './source.ts';
import type { Labelled } from './sql-type.ts';

export interface ParquetInt8 extends SourceType<'parquet.int8', number> {}
export interface ParquetInt16 extends SourceType<'parquet.int16', number> {}
export interface ParquetInt32 extends SourceType<'parquet.int32', number> {}
export interface ParquetInt64 extends SourceType<'parquet.int64', bigint> {}
export interface ParquetUint8 extends SourceType<'parquet.uint8', number> {}
export interface ParquetUint16 extends SourceType<'parquet.uint16', number> {}
export interface ParquetUint32 extends SourceType<'parquet.uint32', number> {}
export interface ParquetUint64 extends SourceType<'parquet.uint64', bigint> {}
export interface ParquetFloat extends SourceType<'parquet.float', number> {}
export interface ParquetDouble extends SourceType<'parquet.double', number> {}
export interface ParquetDecimal extends SourceType<'parquet.decimal', Decimal> {}
export interface ParquetBoolean extends SourceType<'parquet.boolean', boolean> {}
export interface ParquetString extends SourceType<'parquet.string', string> {}
export interface ParquetEnum<L extends string> extends Labelled<'parquet.enum', L> {}
export interface ParquetJson<T> extends SourceType<'parquet.json', T> {}
export interface ParquetBinary extends SourceType<'parquet.binary', Uint8Array> {}
export interface ParquetFixed extends SourceType<'parquet.fixed', Uint8Array> {}
export interface ParquetUuid extends SourceType<'parquet.uuid', Uuid> {}
export interface ParquetDate extends SourceType<'parquet.date', LocalDate> {}
export interface ParquetTime extends SourceType<'parquet.time', LocalTime> {}
export interface ParquetTimestamp extends SourceType<'parquet.timestamp', Date> {}
export interface ParquetLocalTimestamp extends SourceType<'parquet.localTimestamp', Date> {}

type ParquetType = SourceType<`parquet.${string}`>;
interface ParquetColumns extends SourceColumns {
  readonly [name: string]: ParquetType;
}
/** A list whose elements are never null. */
export interface ParquetList<E extends ParquetType> extends SourceType<'parquet.list', readonly Read<E>[]> {
  readonly element: E;
}
/** A map whose values are never null. */
export interface ParquetMap<K extends ParquetType, V extends ParquetType>
  extends SourceType<'parquet.map', ReadonlyMap<Read<K>, Read<V>>> {
  readonly key: K;
  readonly element: V;
}
export interface ParquetStruct<F extends ParquetColumns>
  extends SourceType<'parquet.struct', { readonly [X in keyof F]: Read<F[X]> | null }> {
  readonly fields: F;
}

export interface ParquetSettings {
  /** The zone of times that have none, `UTC`, an offset (`+02:00`) or a name (`Europe/Oslo`); UTC unless said otherwise. */
  readonly zone?: string;
  /** What becomes of digits below the millisecond, which no timestamp of CQL has; unless said otherwise the row is rejected. */
  readonly fractions?: 'reject' | 'truncate';
}

/** Parquet files: their logical types, and the form of a source. */
export interface ParquetFiles {
  int8(): ParquetInt8;
  int16(): ParquetInt16;
  int32(): ParquetInt32;
  int64(): ParquetInt64;
  uint8(): ParquetUint8;
  uint16(): ParquetUint16;
  uint32(): ParquetUint32;
  uint64(): ParquetUint64;
  float(): ParquetFloat;
  double(): ParquetDouble;
  /** Up to 38 digits. */
  decimal(): ParquetDecimal;
  boolean(): ParquetBoolean;
  string(): ParquetString;
  /** A text that is one of the labels. */
  enum<const L extends string>(...labels: readonly [L, ...L[]]): ParquetEnum<L>;
  json<T = unknown>(): ParquetJson<T>;
  binary(): ParquetBinary;
  /** Bytes of a fixed length. */
  fixed(): ParquetFixed;
  /** Also sixteen bytes, and text, each value checked. */
  uuid(): ParquetUuid;
  date(): ParquetDate;
  time(): ParquetTime;
  /** A moment: adjusted to UTC, in milli-, micro- or nanoseconds. */
  timestamp(): ParquetTimestamp;
  /** A day and a time, taken to be in the source's `zone`. */
  localTimestamp(): ParquetLocalTimestamp;
  list<E extends ParquetType>(element: E): ParquetList<E>;
  map<K extends ParquetType, V extends ParquetType>(key: K, value: V): ParquetMap<K, V>;
  struct<F extends ParquetColumns>(fields: F): ParquetStruct<F>;
  /** The rows of a Parquet file. The path, or glob, is relative to the project's folder. */
  file<C extends ParquetColumns, const Q extends keyof C & string = never, const R extends keyof C & string = never>(
    path: string,
    definition: FileDefinition<C, Q, R> & ParquetSettings,
  ): Source<C, Q | R>;
}
