import { CqlformError } from '../../kernel/errors.ts';
import { match } from '../../kernel/match.ts';
import { own } from '../../kernel/own.ts';
import type { Bytes } from '../../model/row.ts';
import type { ByName, UserType } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';
import { blobPlan } from './blob.ts';
import { listPlan, mapPlan, setPlan } from './collection.ts';
import { numberPlans } from './number.ts';
import type { ValuePlan } from './plan.ts';
import { tuplePlan, udtPlan } from './product.ts';
import { Sink } from './sink.ts';
import { textPlans } from './text.ts';
import { vectorPlan } from './vector.ts';

/**
 * Between JavaScript values and Cassandra's wire form of one type.
 *
 * Values: text and ascii string; tinyint, smallint, int, float, double number; bigint, varint, counter bigint (safe whole
 * numbers are taken too); boolean; timestamp Date; decimal, uuid, timeuuid, date, time, inet, duration a string in
 * canonical form; blob Uint8Array; set a Set (an array is taken too); list an array; map a Map (a plain object is taken
 * too when its keys are strings, and an array of pairs when they are numbers); tuple an array with nulls; a user-defined type an object with its fields, null where
 * it has none; vector a Float32Array for floats, else an array. Set elements and map keys that are objects (blobs,
 * tuples, …) are what JavaScript makes of them: told apart by identity.
 */
export interface Codec {
  /**
   * Reads a value. An empty one of a type that JavaScript has no empty value for (`int`, `uuid`, …) reads as null.
   * Throws RowRejected for bytes that are no such value and for timestamps that no Date can hold.
   */
  decode(bytes: Bytes): unknown;
  /** Writes a value that is not null. Equal values give equal bytes. Throws RowRejected with the type, the value and the reason. */
  encode(value: unknown): Bytes;
}

/** The codec of a type; `types` holds the user-defined types it names, or CqlformError `TYPE_UNKNOWN` is thrown. */
export function codecOf(type: CqlType, types: ByName<UserType>): Codec {
  const plan = planOf(type, types);
  const sink = new Sink();
  return {
    decode: (bytes) => plan.read(bufferOf(bytes), 0, bytes.length),
    encode: (value) => {
      sink.length = 0;
      plan.write(value, sink);
      return sink.copy();
    },
  };
}

/**
 * As `decode` of a type's codec, but sets of floating-point numbers are arrays, and maps with such keys arrays of pairs:
 * a Set and a Map of JavaScript take −0 for 0, which Cassandra tells apart.
 */
export function readerOf(type: CqlType, types: ByName<UserType>): (bytes: Bytes) => unknown {
  const plan = planOf(type, types, { zerosApart: true });
  return (bytes) => plan.read(bufferOf(bytes), 0, bytes.length);
}

/** As `encode` of a type's codec, appended to a sink instead of copied: for many values into one piece of memory. */
export function writerOf(type: CqlType, types: ByName<UserType>): (value: unknown, sink: Sink) => void {
  const plan = planOf(type, types);
  return (value, sink) => plan.write(value, sink);
}

/** Cassandra's own order of two values of a type: how it sorts set elements, map keys and clustering columns (ascending). */
export function orderOf(type: CqlType, types: ByName<UserType>): (one: Bytes, other: Bytes) => number {
  const plan = planOf(type, types);
  return (one, other) => {
    // Empty values of types that have none in JavaScript come first, as everywhere in Cassandra.
    if (one.length === 0 || other.length === 0) return one.length - other.length;
    const both = Buffer.concat([one, other]);
    return plan.compare(both, { start: 0, end: one.length }, { start: one.length, end: both.length });
  };
}

interface Reading {
  readonly zerosApart: boolean;
}

function planOf(type: CqlType, types: ByName<UserType>, reading: Reading = { zerosApart: false }): ValuePlan {
  const inner = (of: CqlType): ValuePlan => planOf(of, types, reading);
  const apart = (of: CqlType): boolean => reading.zerosApart && isFloating(of);
  return match(type, {
    scalar: ({ name }) => scalarPlans[name],
    list: ({ element }) => listPlan(inner(element)),
    set: ({ element }) => setPlan(inner(element), apart(element)),
    map: ({ key, value }) => mapPlan(inner(key), inner(value), apart(key)),
    tuple: ({ elements }) => tuplePlan(elements.map(inner)),
    udt: ({ name }) => {
      const fields = userType(name, types).fields;
      return udtPlan(
        name,
        fields.map((field) => [field.name, inner(field.type)] as const),
      );
    },
    vector: ({ element, dimension }) => vectorPlan(inner(element), dimension),
    custom: ({ className }) => blobPlan(className),
  });
}

/** Whether it has a zero with a sign. */
export function isFloating(type: CqlType): boolean {
  return type.kind === 'scalar' && (type.name === 'double' || type.name === 'float');
}

const scalarPlans = { ...numberPlans, ...textPlans, blob: blobPlan('blob') };

function userType(name: string, types: ByName<UserType>): UserType {
  const type = own(types, name);
  if (type !== undefined) return type;
  throw new CqlformError('TYPE_UNKNOWN', `there is no user-defined type ${name}`, {
    next: `Declare ${name} with udt(), or correct the name.`,
    fields: { type: name },
  });
}

function bufferOf(bytes: Bytes): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
