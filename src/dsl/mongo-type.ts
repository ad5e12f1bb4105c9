import type { Decimal, Uuid } from './canonical-text.ts';
import type { Read } from './cql-type.ts';
import type { Sparse } from './inherited.ts';
import type { Source, SourceColumns, SourceType } from './source.ts';

export interface MongoString extends SourceType<'mongo.string', string> {}
export interface MongoInt extends SourceType<'mongo.int', number> {}
export interface MongoLong extends SourceType<'mongo.long', bigint> {}
export interface MongoDouble extends SourceType<'mongo.double', number> {}
export interface MongoDecimal extends SourceType<'mongo.decimal', Decimal> {}
export interface MongoBoolean extends SourceType<'mongo.boolean', boolean> {}
export interface MongoObjectId extends SourceType<'mongo.objectId', string> {}
export interface MongoObjectIdBytes extends SourceType<'mongo.objectIdBytes', Uint8Array> {}
export interface MongoUuid extends SourceType<'mongo.uuid', Uuid> {}
export interface MongoBinary extends SourceType<'mongo.binary', Uint8Array> {}
export interface MongoDate extends SourceType<'mongo.date', Date> {}
export interface MongoJson<T> extends SourceType<'mongo.json', T> {}
export interface MongoAny extends SourceType<'mongo.any', unknown> {}

type MongoType = SourceType<`mongo.${string}`>;
interface MongoColumns extends SourceColumns {
  readonly [name: string]: MongoType;
}
/** A list whose elements are never null. */
export interface MongoArray<E extends MongoType> extends SourceType<'mongo.array', readonly Read<E>[]> {
  readonly element: E;
}
/** A document of any fields, all of one type and never null. */
export interface MongoMap<V extends MongoType> extends SourceType<'mongo.map', ReadonlyMap<string, Read<V>>> {
  readonly element: V;
}
/** A document of declared fields. */
export interface MongoObject<F extends MongoColumns>
  extends SourceType<'mongo.object', { readonly [X in keyof F]: Read<F[X]> | null }> {
  readonly fields: F;
}

export interface MongoDefinition<C, Q, R> {
  /** A name under `sources` in the configuration, which says where it is. */
  readonly connection: string;
  readonly columns: C;
  /** The columns that name a row beside its `_id`. */
  readonly key?: readonly Q[];
  /** Further columns that are never null: a document where one is missing or null is rejected. */
  readonly required?: readonly R[];
  /** The field behind a column where their names differ; dots lead into documents and arrays: `{ city: 'address.city', first: 'tags.0' }`. */
  readonly fields?: Sparse<{ readonly [X in keyof NoInfer<C>]?: string }>;
  /** `snapshot`: all of it as it was at one moment, where the server offers that; `moving`: as it changes, for reads that last longer than the server keeps such a view. `snapshot` unless said otherwise. */
  readonly view?: 'snapshot' | 'moving';
}

/** The types of MongoDB, and the form of a source there. Whole numbers are read from every numeric type that holds them exactly. */
export interface Mongo {
  string(): MongoString;
  /** A whole number of 32 bits. */
  int(): MongoInt;
  /** A whole number of 64 bits. */
  long(): MongoLong;
  double(): MongoDouble;
  /** Decimal128, and whole numbers. */
  decimal(): MongoDecimal;
  boolean(): MongoBoolean;
  /** An ObjectId as its 24 hexadecimal digits. */
  objectId(): MongoObjectId;
  /** An ObjectId as its 12 bytes. */
  objectIdBytes(): MongoObjectIdBytes;
  /** Binary data of the UUID subtype, and text, each value checked. */
  uuid(): MongoUuid;
  /** Binary data of any subtype. */
  binary(): MongoBinary;
  date(): MongoDate;
  /** Whatever stands there, as JSON text with all digits. */
  json<T = unknown>(): MongoJson<T>;
  /** Whatever stands there, unchecked: for fields of mixed types. */
  any(): MongoAny;
  array<E extends MongoType>(element: E): MongoArray<E>;
  map<V extends MongoType>(value: V): MongoMap<V>;
  object<F extends MongoColumns>(fields: F): MongoObject<F>;
  /** The documents of a collection or a view. A field that is missing and one that is null are both read as null. */
  collection<
    C extends MongoColumns,
    const Q extends keyof C & string = never,
    const R extends keyof C & string = never,
  >(name: string, definition: MongoDefinition<C, Q, R>): Source<C, Q | R>;
}
