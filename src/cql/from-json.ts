import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import { RowRejected } from '../model/data.ts';
import { DecimalText } from '../model/decimal-text.ts';
import { parsedOnce } from '../model/json-text.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { CqlType, ScalarName } from '../model/type.ts';
import { isFloating } from './codec/codec.ts';
import { shown } from './codec/reject.ts';

/**
 * A value as JSON has it (see `jsonOf`) in the form that the type's codec takes: numbers or their text for numbers, ISO
 * text for dates and times, epoch milliseconds for timestamps too, `0x…` for blobs, arrays for lists, sets, tuples and
 * vectors, objects or arrays of pairs for maps, objects for user-defined types. Null inside a tuple or a user-defined
 * type is a field without a value. Throws RowRejected for what the type cannot be made of.
 */
export function valueOfJson(value: unknown, type: CqlType, types: ByName<UserType>): unknown {
  if (value instanceof DecimalText) return valueOfJson(value.text, type, types);
  const inner = (item: unknown, of: CqlType): unknown => (item === null ? null : valueOfJson(item, of, types));
  return match(type, {
    scalar: ({ name }) => scalarOf(value, name),
    list: ({ element }) => arrayOf(value, 'a list').map((item) => inner(item, element)),
    set: ({ element }) => arrayOf(value, 'a set').map((item) => inner(item, element)),
    vector: ({ element }) => arrayOf(value, 'a vector').map((item) => inner(item, element)),
    tuple: ({ elements }) =>
      arrayOf(value, 'a tuple').map((item, index) => {
        const element = elements[index];
        return element === undefined ? item : inner(item, element);
      }),
    map: ({ key, value: of }) => {
      const pairs = entriesOf(value).map(([name, item]) => [inner(name, key), inner(item, of)] as const);
      // a Map would take −0 for 0
      if (isFloating(key)) return pairs;
      const map = new Map(pairs);
      if (map.size < pairs.length) throw new RowRejected(`${shown(value)} is no map: two of its keys are the same`);
      return map;
    },
    udt: ({ name }) => {
      if (!isObject(value)) throw new RowRejected(`${shown(value)} is no ${name}: an object is needed`);
      const fields = new Map((own(types, name)?.fields ?? []).map((field) => [field.name, field.type]));
      return Object.fromEntries(
        Object.entries(value).map(([field, item]) => {
          const of = fields.get(field);
          return [field, of === undefined ? item : inner(item, of)];
        }),
      );
    },
    custom: () => bytesOf(value),
  });
}

/** A value from its text: a scalar as people write it, anything else as JSON. Throws RowRejected. */
export function valueOfText(text: string, type: CqlType, types: ByName<UserType>): unknown {
  return valueOfJson(type.kind === 'scalar' ? text : parsedJson(text), type, types);
}

/** A number that JavaScript would change stays its text; a name that stands twice in an object rejects. Throws RowRejected. */
export function parsedJson(text: string): unknown {
  const asText = (_key: string, one: unknown, context?: { readonly source?: string }): unknown =>
    typeof one === 'number' && context?.source !== undefined && String(one) !== context.source ? context.source : one;
  return parsedOnce(text, asText, 'it is not valid JSON');
}

function scalarOf(value: unknown, name: ScalarName): unknown {
  switch (name) {
    case 'text':
    case 'ascii':
      return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
        ? String(value)
        : value;
    case 'tinyint':
    case 'smallint':
    case 'int':
      if (typeof value === 'bigint') return Number(value);
      return typeof value === 'string' && numberPattern.test(value) ? Number(value) : value;
    case 'bigint':
    case 'counter':
    case 'varint':
      return wholeOf(value);
    case 'float':
    case 'double':
      return numberOf(value);
    case 'decimal':
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'timestamp':
      return momentOf(value);
    case 'blob':
      return bytesOf(value);
    default:
      return value;
  }
}

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function wholeOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^[+-]?\d+$/.test(value)) return BigInt(value.replace(/^\+/, ''));
  return numberPattern.test(value) ? Number(value) : value;
}

function numberOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  return numberPattern.test(value) ? Number(value) : value;
}

/** A time without a zone is no moment. */
const momentPattern = /^[+-]?\d{4,6}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})$/i;

function momentOf(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return new Date(value);
  // a number whose text is not JavaScript's
  if (typeof value === 'string' && /[.e]/i.test(value) && numberPattern.test(value)) {
    return Number.isInteger(Number(value)) ? new Date(Number(value)) : value;
  }
  if (typeof value !== 'string' || !momentPattern.test(value)) return value;
  return new Date(
    value
      .replace(' ', 'T')
      .replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
      .toUpperCase(),
  );
}

function bytesOf(value: unknown): unknown {
  if (typeof value !== 'string' || !/^0x([0-9a-f]{2})*$/i.test(value)) return value;
  return Buffer.from(value.slice(2), 'hex');
}

function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new RowRejected(`${shown(value)} is no ${what.slice(2)}: an array is needed`);
}

function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (isObject(value)) return Object.entries(value);
  if (Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    return value as readonly (readonly [unknown, unknown])[];
  }
  throw new RowRejected(`${shown(value)} is no map: an object, or an array of pairs, is needed`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
