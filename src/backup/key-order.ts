import { splitElements, splitFields } from '../cql/elements.ts';
import { routingKey, tokenOf } from '../cql/token.ts';
import { own } from '../kernel/own.ts';
import type { Bytes, StoredRow } from '../model/row.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import type { CqlType, ScalarName } from '../model/type.ts';

/** Below zero, zero or above, as Cassandra orders two values in wire form. */
export type Compare = (a: Bytes, b: Bytes) => number;

const byBytes: Compare = (a, b) => Buffer.compare(a, b);

function view(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Empty values of types with a fixed form come first. */
function emptyFirst(compare: Compare): Compare {
  return (a, b) => (a.length === 0 || b.length === 0 ? Math.sign(a.length - b.length) : compare(a, b));
}

function by<T extends number | bigint>(read: (bytes: Bytes) => T): Compare {
  return emptyFirst((a, b) => {
    const [left, right] = [read(a), read(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

const int64 = by((bytes) => view(bytes).getBigInt64(0));

/** As Java orders them: -0 before 0, NaN last. */
function byFloat(read: (bytes: Bytes) => number): Compare {
  return emptyFirst((a, b) => {
    const [left, right] = [read(a), read(b)];
    if (left < right) return -1;
    if (left > right) return 1;
    if (Object.is(left, right)) return 0;
    const rank = (value: number): number => (Number.isNaN(value) ? 1 : Object.is(value, -0) ? -1 : 0);
    return rank(left) - rank(right);
  });
}

function varintOf(bytes: Bytes): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** Numerically, whatever the scales: 1.0 equals 1.00. */
const byDecimal: Compare = emptyFirst((a, b) => {
  const read = (bytes: Bytes) => ({ scale: view(bytes).getInt32(0), unscaled: varintOf(bytes.subarray(4)) });
  const [left, right] = [read(a), read(b)];
  const signs = signOf(left.unscaled) - signOf(right.unscaled);
  if (signs !== 0 || left.unscaled === 0n) return Math.sign(signs);
  const digits = (value: bigint): number => value.toString().length - (value < 0n ? 1 : 0);
  // the place of the first digit decides unless it is the same; then the scales are at most the digits apart
  const places = digits(left.unscaled) - left.scale - (digits(right.unscaled) - right.scale);
  if (places !== 0) return Math.sign(places) * signOf(left.unscaled);
  const widest = Math.max(left.scale, right.scale);
  const aligned = ({ scale, unscaled }: typeof left): bigint => unscaled * 10n ** BigInt(widest - scale);
  return signOf(aligned(left) - aligned(right));
});

function signOf(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

/** The time of a version-1 UUID, most significant part first. */
function uuidTime(bytes: Bytes): bigint {
  const high = view(bytes).getBigUint64(0);
  return ((high & 0xffffn) << 48n) | (((high >> 16n) & 0xffffn) << 32n) | (high >> 32n);
}

const byTimeuuid: Compare = emptyFirst((a, b) => {
  const [left, right] = [uuidTime(a), uuidTime(b)];
  if (left !== right) return left < right ? -1 : 1;
  // the second half is compared as signed bytes
  for (let index = 8; index < 16; index += 1) {
    const difference = view(a).getInt8(index) - view(b).getInt8(index);
    if (difference !== 0) return difference;
  }
  return 0;
});

const byUuid: Compare = emptyFirst((a, b) => {
  const version = (bytes: Bytes): number => (bytes[6] ?? 0) >> 4;
  if (version(a) !== version(b)) return version(a) - version(b);
  if (version(a) !== 1) return byBytes(a, b);
  const [left, right] = [uuidTime(a), uuidTime(b)];
  return left === right ? byBytes(a.subarray(8), b.subarray(8)) : left < right ? -1 : 1;
});

const scalars: Readonly<Record<ScalarName, Compare>> = {
  ascii: byBytes,
  bigint: int64,
  blob: byBytes,
  boolean: byBytes,
  counter: int64,
  date: byBytes,
  decimal: byDecimal,
  double: byFloat((bytes) => view(bytes).getFloat64(0)),
  duration: byBytes,
  float: byFloat((bytes) => view(bytes).getFloat32(0)),
  inet: byBytes,
  int: by((bytes) => view(bytes).getInt32(0)),
  smallint: by((bytes) => view(bytes).getInt16(0)),
  text: byBytes,
  time: byBytes,
  timestamp: int64,
  timeuuid: byTimeuuid,
  tinyint: by((bytes) => view(bytes).getInt8(0)),
  uuid: byUuid,
  varint: emptyFirst((a, b) => signOf(varintOf(a) - varintOf(b))),
};

type Parts = readonly (Bytes | null)[];

/** Part by part, each by its own type; a missing part comes before any other, a shorter list before a longer one. */
function byParts(split: (bytes: Bytes) => Parts, compareAt: (index: number) => Compare): Compare {
  return emptyFirst((a, b) => {
    const [left, right] = [split(a), split(b)];
    for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
      const [one, other] = [left[index] ?? null, right[index] ?? null];
      const order =
        one === null || other === null
          ? (one === null ? 0 : 1) - (other === null ? 0 : 1)
          : compareAt(index)(one, other);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  });
}

/** Trailing fields that are null are as good as absent. */
function fieldsWithoutTail(bytes: Bytes): Parts {
  const parts = [...splitFields(bytes)];
  while (parts.length > 0 && parts.at(-1) === null) parts.pop();
  return parts;
}

/** The entries' keys and values taking turns. */
function entriesOf(bytes: Bytes): Parts {
  return splitFields(bytes.subarray(4));
}

const fixedSizes: Partial<Record<ScalarName, number>> = {
  bigint: 8,
  boolean: 1,
  double: 8,
  float: 4,
  int: 4,
  timestamp: 8,
  timeuuid: 16,
  uuid: 16,
};

function byVector(element: CqlType, types: ByName<UserType>): Compare {
  const size = element.kind === 'scalar' ? fixedSizes[element.name] : undefined;
  if (size === undefined) return byBytes;
  const split = (bytes: Bytes): Parts =>
    Array.from({ length: bytes.length / size }, (_none, index) => bytes.subarray(index * size, (index + 1) * size));
  const compare = compareOf(element, types);
  return byParts(split, () => compare);
}

/** How Cassandra orders values of a type. Types whose order is not known are compared by their bytes. */
export function compareOf(type: CqlType, types: ByName<UserType>): Compare {
  switch (type.kind) {
    case 'scalar':
      return scalars[type.name];
    case 'list':
    case 'set': {
      const compare = compareOf(type.element, types);
      return byParts(splitElements, () => compare);
    }
    case 'map': {
      const compare = [compareOf(type.key, types), compareOf(type.value, types)];
      return byParts(entriesOf, (index) => compare[index % 2] ?? byBytes);
    }
    case 'tuple': {
      const compare = type.elements.map((element) => compareOf(element, types));
      return byParts(fieldsWithoutTail, (index) => compare[index] ?? byBytes);
    }
    case 'udt': {
      const compare = own(types, type.name)?.fields.map((field) => compareOf(field.type, types)) ?? [];
      return byParts(fieldsWithoutTail, (index) => compare[index] ?? byBytes);
    }
    case 'vector':
      return byVector(type.element, types);
    case 'custom':
      return byBytes;
  }
}

/** Where a row stands in its table. */
export interface Position {
  readonly token: bigint;
  readonly row: StoredRow;
}

/** Compares positions as a scan meets them: token, partition, the static row, then clustering order. */
export function comparePositions(table: Table, types: ByName<UserType>): (a: Position, b: Position) => number {
  const clustering = table.clusteringKey.map(({ column, order }) => {
    const type = table.columns.find(({ name }) => name === column)?.type;
    const compare = type === undefined ? byBytes : compareOf(type, types);
    return order === 'asc' ? compare : (a: Bytes, b: Bytes): number => compare(b, a);
  });
  return (a, b) => {
    if (a.token !== b.token) return a.token < b.token ? -1 : 1;
    const partitions = byBytes(routingKey(a.row.partitionKey), routingKey(b.row.partitionKey));
    if (partitions !== 0) return partitions;
    if (a.row.kind === 'static' || b.row.kind === 'static') {
      return (a.row.kind === 'static' ? 0 : 1) - (b.row.kind === 'static' ? 0 : 1);
    }
    for (const [index, compare] of clustering.entries()) {
      const [left, right] = [a.row.clusteringKey[index], b.row.clusteringKey[index]];
      if (left === undefined || right === undefined)
        return (left === undefined ? 0 : 1) - (right === undefined ? 0 : 1);
      const order = compare(left, right);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** Gives rows of one scan or chunk list their positions. */
export class Positions {
  #key: StoredRow['partitionKey'] | null = null;
  #token = 0n;

  of(row: StoredRow): Position {
    const last = this.#key;
    if (last?.every((part, index) => Buffer.compare(part, row.partitionKey[index] ?? part) === 0) !== true) {
      this.#key = row.partitionKey;
      this.#token = tokenOf(row.partitionKey);
    }
    return { token: this.#token, row };
  }
}
