import type { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import { own } from '../../kernel/own.ts';

/** The names of BSON's types as the server's `$type` has them, by those of the driver's classes. */
const typeNames: Readonly<Record<string, string>> = {
  Int32: 'int',
  Long: 'long',
  Double: 'double',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  BSONSymbol: 'symbol',
  Code: 'javascript',
  DBRef: 'dbPointer',
  MaxKey: 'maxKey',
  MinKey: 'minKey',
  Timestamp: 'timestamp',
};

/** The type of a value that was read without the driver's own conversions. */
export function bsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  if (typeof value === 'bigint') return 'long';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const name = '_bsontype' in value ? String(value._bsontype) : 'object';
  return own(typeNames, name) ?? name;
}

/** The canonical text of binary data of the UUID subtype; null for anything else, also for subtype 3, whose order of bytes nobody knows. */
export function uuidText(value: unknown): string | null {
  if (bsonType(value) !== 'binData') return null;
  const binary = value as Binary;
  if (binary.sub_type !== 4 || binary.position !== 16) return null;
  const hex = Buffer.from(binary.value()).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * As JavaScript knows it: longs beyond 2^53 as bigint, Decimal128 and ObjectIds as text, UUIDs as text, other binary
 * data as bytes. Types that only MongoDB has keep the driver's text.
 */
export function plainValue(value: unknown): unknown {
  switch (bsonType(value)) {
    case 'int':
    case 'double':
      return Number(value);
    case 'long': {
      const whole = typeof value === 'bigint' ? value : (value as Long).toBigInt();
      const number = Number(whole);
      return Number.isSafeInteger(number) ? number : whole;
    }
    case 'decimal':
      return (value as Decimal128).toString();
    case 'objectId':
      return (value as ObjectId).toHexString();
    case 'binData':
      return uuidText(value) ?? Uint8Array.from((value as Binary).value());
    case 'array':
      return (value as readonly unknown[]).map(plainValue);
    case 'object':
      return Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, plainValue(inner)]));
    case 'null':
      return null;
    case 'bool':
    case 'string':
    case 'date':
      return value;
    default:
      return extended(value);
  }
}

/** JSON text with all digits: numbers as they are, dates, ObjectIds and UUIDs as text, bytes in base64; the rest as Extended JSON. */
export function jsonText(value: unknown): string {
  switch (bsonType(value)) {
    case 'null':
      return 'null';
    case 'int':
    case 'long':
      return (value as Int32 | Long | number | bigint).toString();
    case 'double': {
      const number = Number(value as Double);
      return Number.isFinite(number) ? JSON.stringify(number) : JSON.stringify(String(number));
    }
    case 'decimal': {
      const text = (value as Decimal128).toString();
      return /^-?\d/.test(text) ? text.replace('E+', 'e+').replace('E-', 'e-') : JSON.stringify(text);
    }
    case 'date':
      return JSON.stringify(dateText(value as Date));
    case 'binData':
      return JSON.stringify(uuidText(value) ?? Buffer.from((value as Binary).value()).toString('base64'));
    case 'objectId':
      return JSON.stringify((value as ObjectId).toHexString());
    case 'array':
      return `[${(value as readonly unknown[]).map(jsonText).join(',')}]`;
    case 'object':
      return `{${Object.entries(value as object)
        .map(([name, inner]) => `${JSON.stringify(name)}:${jsonText(inner)}`)
        .join(',')}}`;
    case 'bool':
    case 'string':
      return JSON.stringify(value);
    default:
      return JSON.stringify(extended(value));
  }
}

const dateText = (date: Date): string => (Number.isNaN(date.getTime()) ? 'no date' : date.toISOString());

function extended(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && 'toExtendedJSON' in value) {
    const { toExtendedJSON } = value;
    if (typeof toExtendedJSON === 'function') return toExtendedJSON.call(value, { relaxed: false });
  }
  return String(value);
}
