import type {
  CqlAscii,
  CqlBigint,
  CqlBlob,
  CqlBoolean,
  CqlCounter,
  CqlCustom,
  CqlDate,
  CqlDecimal,
  CqlDouble,
  CqlDuration,
  CqlFloat,
  CqlFrozen,
  CqlInet,
  CqlInt,
  CqlJson,
  CqlList,
  CqlMap,
  CqlMasked,
  CqlPii,
  CqlSet,
  CqlSmallint,
  CqlStatic,
  CqlText,
  CqlTime,
  CqlTimestamp,
  CqlTimeuuid,
  CqlTinyint,
  CqlTuple,
  CqlType,
  CqlUuid,
  CqlVarint,
  CqlVector,
  CqlVectorOf,
  Inner,
  InnerKind,
} from './cql-type.ts';
import { mistake, shown } from './mistake.ts';

/** Kinds that can be frozen. */
type Freezable = CqlType<'list' | 'set' | 'map' | 'tuple' | 'udt' | 'vector'>;

/** Every CQL type. */
export interface CqlTypes {
  /** ASCII text; a string. */
  ascii(): CqlAscii;
  /** UTF-8 text; a string. `varchar` is the same type. */
  text(): CqlText;
  /** 8-bit integer; a number. */
  tinyint(): CqlTinyint;
  /** 16-bit integer; a number. */
  smallint(): CqlSmallint;
  /** 32-bit integer; a number. */
  int(): CqlInt;
  /** 64-bit integer; read as a bigint, written as a bigint or a safe number. */
  bigint(): CqlBigint;
  /** Integer of any size; read as a bigint, written as a bigint or a safe number. */
  varint(): CqlVarint;
  /** 32-bit floating point; a number. */
  float(): CqlFloat;
  /** 64-bit floating point; a number. */
  double(): CqlDouble;
  /** Decimal number of any size; a `Decimal`, made by `to.decimal`. */
  decimal(): CqlDecimal;
  boolean(): CqlBoolean;
  /** Any UUID; a `Uuid`, made by `to.uuid` or `to.uuidV5`. */
  uuid(): CqlUuid;
  /** Version-1 UUID; a `TimeUuid`, made by `to.timeuuid`. */
  timeuuid(): CqlTimeuuid;
  /** A day without a time zone; a `LocalDate`, made by `to.date`. */
  date(): CqlDate;
  /** Time of day in nanoseconds; a `LocalTime`, made by `to.time`. */
  time(): CqlTime;
  /** Milliseconds since the epoch; a `Date`. */
  timestamp(): CqlTimestamp;
  /** Months, days and nanoseconds; a `Duration`, made by `to.duration`. Never in a key. */
  duration(): CqlDuration;
  /** IPv4 or IPv6 address; an `Inet`, made by `to.inet`. */
  inet(): CqlInet;
  /** Bytes; a `Uint8Array`. */
  blob(): CqlBlob;
  /** Read as a bigint. A table with a counter holds nothing but counters and its key. */
  counter(): CqlCounter;
  /** Read as a `Set`; written as a `Set` or an array. */
  set<E extends Inner>(element: E): CqlSet<E>;
  /** An array. */
  list<E extends Inner>(element: E): CqlList<E>;
  /** Read as a `Map`; written as a `Map`, or as an object when the keys are strings. */
  map<K extends Inner, V extends Inner>(key: K, value: V): CqlMap<K, V>;
  /** An array of fixed length; each element may be null. */
  tuple<const E extends readonly [Inner, ...Inner[]]>(...elements: E): CqlTuple<E>;
  /** A vector of `dimension` floats, a `Float32Array`; of another element type, an array. */
  vector: {
    <const N extends number>(dimension: N): CqlVector<N>;
    <const N extends number, E extends Inner>(dimension: N, element: E): CqlVectorOf<N, E>;
  };
  /** Stored as one value: written and replaced as a whole, null when it is not there. What stands in a key or in another type is frozen by itself. */
  frozen<T extends Freezable>(type: T): CqlFrozen<T>;
  /** One value for all rows of a partition; needs a clustering key. */
  static<T extends CqlType<InnerKind | 'counter' | 'masked' | 'pii'>>(type: T): CqlStatic<T>;
  /** Masked from roles without UNMASK by a function, e.g. `mask_inner(1, 1)`; `default` hides the whole value. */
  masked<T extends Inner>(type: T, mask: string): CqlMasked<T>;
  /**
   * Personal data of a kind, e.g. `email`: it has to be treated when its rows come from outside into a lower environment,
   * and is not unloaded by itself. The server knows nothing of it.
   */
  pii<T extends CqlType<InnerKind | 'masked'>>(type: T, pii: string): CqlPii<T>;
  /** A type that CQL has no name for, by its Java class, as a server states it; its bytes. */
  custom(className: string): CqlCustom;
  /** Stored as text. Functions read the parsed value and write values that are stringified; a row whose text is not JSON is rejected. */
  json<T = unknown>(): CqlJson<T>;
}

function scalar<const Kind extends string>(kind: Kind): () => { readonly kind: Kind } {
  const type = Object.freeze({ kind });
  return () => type;
}

function vector<N extends number>(dimension: N): CqlVector<N>;
function vector<N extends number, E extends Inner>(dimension: N, element: E): CqlVectorOf<N, E>;
function vector(dimension: number, element?: Inner): CqlVector<number> | CqlVectorOf<number, Inner> {
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw mistake('VECTOR_DIMENSION', {
      message: `a vector has the dimension ${shown(dimension)}`,
      next: 'Give a whole number from 1 on, e.g. `t.vector(384)`.',
    });
  }
  return Object.freeze(element === undefined ? { kind: 'vector', dimension } : { kind: 'vector', dimension, element });
}

/**
 * The types of columns: one function for every CQL type.
 *
 * @example
 * import { t, table } from 'cqlform';
 *
 * const movies = table('movies', {
 *   columns: { id: t.uuid(), title: t.text(), genres: t.set(t.text()), embedding: t.vector(3) },
 *   partitionKey: ['id'],
 * });
 */
export const t: CqlTypes = Object.freeze({
  ascii: scalar('ascii'),
  text: scalar('text'),
  tinyint: scalar('tinyint'),
  smallint: scalar('smallint'),
  int: scalar('int'),
  bigint: scalar('bigint'),
  varint: scalar('varint'),
  float: scalar('float'),
  double: scalar('double'),
  decimal: scalar('decimal'),
  boolean: scalar('boolean'),
  uuid: scalar('uuid'),
  timeuuid: scalar('timeuuid'),
  date: scalar('date'),
  time: scalar('time'),
  timestamp: scalar('timestamp'),
  duration: scalar('duration'),
  inet: scalar('inet'),
  blob: scalar('blob'),
  counter: scalar('counter'),
  json: scalar('json'),
  set: (element) => Object.freeze({ kind: 'set', element }),
  list: (element) => Object.freeze({ kind: 'list', element }),
  map: (key, value) => Object.freeze({ kind: 'map', key, value }),
  tuple: (...elements) => Object.freeze({ kind: 'tuple', elements: Object.freeze(elements) }),
  vector,
  custom: (className) => Object.freeze({ kind: 'custom', className }),
  frozen: (of) => Object.freeze({ kind: 'frozen', of }),
  static: (of) => Object.freeze({ kind: 'static', of }),
  pii: (of, pii) => Object.freeze({ kind: 'pii', of, pii }),
  masked: (of, mask) => Object.freeze({ kind: 'masked', of, mask }),
} satisfies CqlTypes);
