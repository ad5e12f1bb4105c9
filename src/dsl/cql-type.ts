import type { Decimal, Duration, Inet, LocalDate, LocalTime, TimeUuid, Uuid } from './canonical-text.ts';
import type { Sparse } from './inherited.ts';

declare const io: unique symbol;

/** Something whose values are read as `R` and written as `W`; the types of columns, here and in sources. */
export interface Typed<R = unknown, W = R> {
  readonly [io]?: { readonly read: R; readonly write: W } | undefined;
}
/** The JavaScript value that a column of this type is read as. */
export type Read<T> = T extends { readonly [io]?: { readonly read: infer R } | undefined } ? R : never;
/** The JavaScript values that a column of this type accepts. */
export type Write<T> = T extends { readonly [io]?: { readonly write: infer W } | undefined } ? W : never;
/** Shows an intersection as one object. */
export type Flat<T> = { [X in keyof T]: T[X] } & {};

/** Kinds that may stand anywhere: in a column, a collection, a tuple, a field. */
export type InnerKind =
  | 'ascii'
  | 'bigint'
  | 'blob'
  | 'boolean'
  | 'custom'
  | 'date'
  | 'decimal'
  | 'double'
  | 'duration'
  | 'float'
  | 'frozen'
  | 'inet'
  | 'int'
  | 'json'
  | 'list'
  | 'map'
  | 'set'
  | 'smallint'
  | 'text'
  | 'time'
  | 'timestamp'
  | 'timeuuid'
  | 'tinyint'
  | 'tuple'
  | 'udt'
  | 'uuid'
  | 'varint'
  | 'vector';
export type CqlKind = InnerKind | 'counter' | 'static' | 'masked' | 'pii';

/** A CQL type; each has an interface of its own, so that hovers read `{ id: CqlUuid; tags: CqlSet<CqlText> }`. */
export interface CqlType<Kind extends CqlKind = CqlKind, R = unknown, W = R> extends Typed<R, W> {
  readonly kind: Kind;
}
/** A type that may stand inside another. */
export type Inner = CqlType<InnerKind>;
/** A table's columns. */
export interface Columns {
  readonly [name: string]: CqlType;
}
/** A user-defined type's fields. */
export interface Fields {
  readonly [name: string]: Inner;
}

export interface CqlAscii extends CqlType<'ascii', string> {}
export interface CqlText extends CqlType<'text', string> {}
export interface CqlTinyint extends CqlType<'tinyint', number> {}
export interface CqlSmallint extends CqlType<'smallint', number> {}
export interface CqlInt extends CqlType<'int', number> {}
export interface CqlFloat extends CqlType<'float', number> {}
export interface CqlDouble extends CqlType<'double', number> {}
export interface CqlBoolean extends CqlType<'boolean', boolean> {}
export interface CqlBigint extends CqlType<'bigint', bigint, bigint | number> {}
export interface CqlVarint extends CqlType<'varint', bigint, bigint | number> {}
export interface CqlCounter extends CqlType<'counter', bigint, bigint | number> {}
export interface CqlDecimal extends CqlType<'decimal', Decimal> {}
export interface CqlUuid extends CqlType<'uuid', Uuid> {}
export interface CqlTimeuuid extends CqlType<'timeuuid', TimeUuid> {}
export interface CqlDate extends CqlType<'date', LocalDate> {}
export interface CqlTime extends CqlType<'time', LocalTime> {}
export interface CqlTimestamp extends CqlType<'timestamp', Date> {}
export interface CqlDuration extends CqlType<'duration', Duration> {}
export interface CqlInet extends CqlType<'inet', Inet> {}
export interface CqlBlob extends CqlType<'blob', Uint8Array> {}
/** A type without a CQL name, by its Java class. */
export interface CqlCustom extends CqlType<'custom', Uint8Array> {
  readonly className: string;
}
/** Text that holds JSON. */
export interface CqlJson<T> extends CqlType<'json', T> {}

// Collections that are not frozen: Cassandra cannot tell empty from null, so a read is never null.
export interface CqlSet<E extends Inner>
  extends CqlType<'set', ReadonlySet<Read<E>>, ReadonlySet<Write<E>> | readonly Write<E>[]> {
  readonly element: E;
}
export interface CqlList<E extends Inner> extends CqlType<'list', readonly Read<E>[], readonly Write<E>[]> {
  readonly element: E;
}
export interface CqlMap<K extends Inner, V extends Inner>
  extends CqlType<
    'map',
    ReadonlyMap<Read<K>, Read<V>>,
    ReadonlyMap<Write<K>, Write<V>> | (Read<K> extends string ? { readonly [key: string]: Write<V> } : never)
  > {
  readonly key: K;
  readonly value: V;
}
export interface CqlTuple<E extends readonly Inner[]>
  extends CqlType<
    'tuple',
    { readonly [X in keyof E]: Read<E[X]> | null },
    { readonly [X in keyof E]: Write<E[X]> | null }
  > {
  readonly elements: E;
}
/** A vector of `float`, the element type that vector search works on. */
export interface CqlVector<N extends number> extends CqlType<'vector', Float32Array, Float32Array | readonly number[]> {
  readonly dimension: N;
}
/** A vector of another element type. */
export interface CqlVectorOf<N extends number, E extends Inner>
  extends CqlType<'vector', readonly Read<E>[], readonly Write<E>[]> {
  readonly dimension: N;
  readonly element: E;
}
export interface CqlFrozen<T extends Inner> extends CqlType<'frozen', Read<T>, Write<T>> {
  readonly of: T;
}
/** One value for the whole partition. */
export interface CqlStatic<T extends CqlType> extends CqlType<'static', Read<T>, Write<T>> {
  readonly of: T;
}
/** A column whose values are masked from roles that lack UNMASK. */
export interface CqlMasked<T extends Inner> extends CqlType<'masked', Read<T>, Write<T>> {
  readonly of: T;
  readonly mask: string;
}
/** A column of personal data; `pii` says of what kind. */
export interface CqlPii<T extends CqlType> extends CqlType<'pii', Read<T>, Write<T>> {
  readonly of: T;
  readonly pii: string;
}
/** A user-defined type; it stands in columns like any other type. */
export interface Udt<N extends string = string, F extends Fields = Fields>
  extends CqlType<
    'udt',
    Flat<{ readonly [X in keyof F]: Read<F[X]> | null }>,
    Flat<Sparse<{ readonly [X in keyof F]?: Write<F[X]> | null | undefined }>>
  > {
  readonly name: N;
  readonly fields: F;
}
