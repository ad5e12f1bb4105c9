import type { Binary, Decimal128, Document, Long, ObjectId } from 'mongodb';
import { own } from '../../kernel/own.ts';
import { canonicalDecimal, canonicalUuid, decimalOfText } from '../../model/canonical.ts';
import type { ForeignType } from '../../model/data.ts';
import { type FieldReader, Misfit, shown } from '../files/misfit.ts';
import { bsonType, jsonText, plainValue, uuidText } from './bson.ts';

export type ValueReader = FieldReader<unknown>;

/** `"12" (string) is not a whole number of 32 bits`. */
function misfit(value: unknown, what: string): Misfit {
  const text = bsonType(value) === 'string' ? shown(value) : shorter(jsonText(value));
  return new Misfit(`${text} (${bsonType(value)}) is not ${what}`);
}
const shorter = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

/** A whole number of any numeric type; null: it is none, or has digits behind the point. */
function wholeOf(value: unknown): bigint | null {
  switch (bsonType(value)) {
    case 'int':
    case 'double': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? BigInt(number) : null;
    }
    case 'long':
      return (value as Long).toBigInt();
    case 'decimal':
      return wholeDecimal((value as Decimal128).toString());
    default:
      return null;
  }
}

/** More digits than any whole number that is read has. */
const longestWhole = 40;

function wholeDecimal(text: string): bigint | null {
  const parts = decimalOfText(text);
  if (parts === null || Math.abs(parts.scale) > longestWhole) return null;
  const { unscaled, scale } = parts;
  if (scale <= 0) return unscaled * 10n ** BigInt(-scale);
  const unit = 10n ** BigInt(scale);
  return unscaled % unit === 0n ? unscaled / unit : null;
}

function whole(bits: bigint, as: (value: bigint) => unknown): ValueReader {
  const [least, greatest] = [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  return (value) => {
    const found = wholeOf(value);
    if (found === null || found < least || found > greatest) return misfit(value, `a whole number of ${bits} bits`);
    return as(found);
  };
}

const double: ValueReader = (value) => {
  const type = bsonType(value);
  if (type === 'double' || type === 'int') return Number(value);
  if (type !== 'long') return misfit(value, 'a double');
  const number = (value as Long).toNumber();
  return BigInt(number) === (value as Long).toBigInt() ? number : misfit(value, 'a number that a double holds exactly');
};

const decimal: ValueReader = (value) => {
  if (bsonType(value) === 'decimal') {
    return canonicalDecimal((value as Decimal128).toString()) ?? misfit(value, 'a decimal number');
  }
  const found = wholeOf(value);
  return found === null ? misfit(value, 'a decimal number') : String(found);
};

const objectId =
  (as: (id: ObjectId) => unknown): ValueReader =>
  (value) =>
    bsonType(value) === 'objectId' ? as(value as ObjectId) : misfit(value, 'an ObjectId');

const uuid: ValueReader = (value) => {
  const text = bsonType(value) === 'string' ? (value as string) : uuidText(value);
  return (text === null ? null : canonicalUuid(text)) ?? misfit(value, 'a UUID');
};

const of =
  (type: string, what: string, read: ValueReader): ValueReader =>
  (value) =>
    bsonType(value) === type ? read(value) : misfit(value, what);

const same: ValueReader = (value) => value;

/** Reads what stands inside another value; the first that does not fit says where. */
function inner(where: string, value: unknown, read: ValueReader): unknown {
  if (value === null || value === undefined) return new Misfit(`${where} is null, which no collection of CQL holds`);
  return placed(where, read(value));
}
function placed(where: string, value: unknown): unknown {
  return value instanceof Misfit ? new Misfit(`at ${where}: ${value.reason}`) : value;
}
const firstMisfit = (values: readonly unknown[]): Misfit | null =>
  values.find((value) => value instanceof Misfit) ?? null;

function array(element: ForeignType): ValueReader {
  const read = valueReader(element);
  return of('array', 'an array', (value) => {
    const items = (value as readonly unknown[]).map((item, at) => inner(String(at), item, read));
    return firstMisfit(items) ?? items;
  });
}
function map(element: ForeignType): ValueReader {
  const read = valueReader(element);
  return of('object', 'a document', (value) => {
    const entries = Object.entries(value as Document).map(([name, one]) => [name, inner(name, one, read)] as const);
    return firstMisfit(entries.map(([, one]) => one)) ?? new Map(entries);
  });
}
function object(fields: Readonly<Record<string, ForeignType>>): ValueReader {
  const readers = Object.entries(fields).map(([name, type]) => [name, valueReader(type)] as const);
  return of('object', 'a document', (value) => {
    const document = value as Document;
    const entries = readers.map(([name, read]) => {
      const one: unknown = Object.hasOwn(document, name) ? document[name] : null;
      return [name, one === null || one === undefined ? null : placed(name, read(one))] as const;
    });
    return firstMisfit(entries.map(([, one]) => one)) ?? Object.fromEntries(entries);
  });
}

const scalars: Readonly<Record<string, ValueReader>> = {
  string: of('string', 'a text', (value) => String(value)),
  int: whole(32n, Number),
  long: whole(64n, (value) => value),
  double,
  decimal,
  boolean: of('bool', 'a boolean', same),
  objectId: objectId((id) => id.toHexString()),
  objectIdBytes: objectId((id) => Uint8Array.from(id.id)),
  uuid,
  binary: of('binData', 'binary data', (value) => Uint8Array.from((value as Binary).value())),
  date: of('date', 'a date', (value) =>
    Number.isNaN((value as Date).getTime()) ? misfit(value, 'a date that JavaScript can hold') : value,
  ),
  json: jsonText,
  any: plainValue,
};

export function isMongoType({ type, element, fields }: ForeignType): boolean {
  const name = type.replace('mongo.', '');
  if (name === 'array' || name === 'map') return element !== undefined && isMongoType(element);
  return name === 'object' ? Object.values(fields ?? {}).every(isMongoType) : Object.hasOwn(scalars, name);
}

/** Reads values of a declared type; whatever else stands there is a misfit that names its type. */
export function valueReader({ type, element, fields }: ForeignType): ValueReader {
  const name = type.replace('mongo.', '');
  if (name === 'object') return object(fields ?? {});
  if (element !== undefined) return name === 'array' ? array(element) : map(element);
  return own(scalars, name) ?? plainValue;
}
