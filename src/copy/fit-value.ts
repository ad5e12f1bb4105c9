import { valueOfJson, valueOfText } from '../cql/from-json.ts';
import { converterOf, domainOf, isScalarKind, verdictOf } from '../model/conversion.ts';
import { type ForeignType, RowRejected } from '../model/data.ts';
import { DecimalText } from '../model/decimal-text.ts';
import { jsonTextOf } from '../model/json-text.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';
import { typeText } from '../model/type-text.ts';
import { jsonSafe } from './json-safe.ts';

/** Makes a value that is not null fit a column; throws `RowRejected` for one that does not. */
export type Fit = (value: unknown) => unknown;

/**
 * How values of a source's type get into a column where nobody has written a function: exactly or without loss by the
 * conversion table, and from texts, numbers and structures as `load` reads them from JSON, each value checked. A text:
 * why there is no such way.
 */
export function fitOf(from: ForeignType, into: CqlType, types: ByName<UserType>): Fit | string {
  if (into.kind !== 'scalar') return (value) => structured(value, into, types);
  const domain = domainOf(from.type);
  if (domain === null)
    return into.name === 'text' || into.name === 'ascii' ? textOf : `${from.type} is no ${into.name}`;
  if (!isScalarKind(into.name)) return `nothing is loaded into a ${into.name}`;
  switch (verdictOf(domain, into.name)) {
    case 'exact':
    case 'lossless':
      return converterOf(domain, into.name) ?? ((value) => value);
    case 'function':
      return (value) => checked(value, into, types);
    case 'lossy':
      return `${from.type} loses digits, zones or days as ${typeText(into)}`;
    case 'impossible':
      return `${from.type} is no ${typeText(into)}`;
  }
}

function checked(value: unknown, into: Extract<CqlType, { kind: 'scalar' }>, types: ByName<UserType>): unknown {
  switch (into.name) {
    case 'text':
    case 'ascii':
      return textOf(value);
    case 'boolean':
      return value === 0 || value === 0n ? false : value === 1 || value === 1n ? true : valueOfJson(value, into, types);
    case 'double':
    case 'float':
      if (typeof value === 'bigint' && BigInt(Number(value)) !== value) {
        throw new RowRejected(`${value} has more digits than a ${into.name} holds`);
      }
      return valueOfJson(value, into, types);
    case 'timestamp':
      return typeof value === 'bigint' ? valueOfJson(Number(value), into, types) : valueOfJson(value, into, types);
    default:
      return valueOfJson(value, into, types);
  }
}

/** What is neither a text nor a scalar as JSON. */
function textOf(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof DecimalText) return value.text;
  if (value instanceof Date) return jsonSafe(value);
  return value instanceof Uint8Array ? value : jsonTextOf(jsonSafe(value, 'numbers'));
}

function structured(value: unknown, into: CqlType, types: ByName<UserType>): unknown {
  return typeof value === 'string' ? valueOfText(value, into, types) : valueOfJson(asJson(value, into), into, types);
}

/** Sets as arrays, maps as pairs; a structure whose fields have numbers for names as the tuple that it stands for. */
function asJson(value: unknown, into: CqlType): unknown {
  if (value instanceof Date || value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) {
    const [key, of] = into.kind === 'map' ? [into.key, into.value] : [into, into];
    return Array.from(value, ([name, one]) => [asJson(name, key), asJson(one, of)]);
  }
  const element = 'element' in into ? into.element : into;
  if (value instanceof Set || Array.isArray(value)) return Array.from(value, (one) => asJson(one, element));
  if (into.kind === 'tuple') return Object.values(value).map((one, at) => asJson(one, into.elements[at] ?? into));
  const inner = into.kind === 'map' ? into.value : into;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asJson(one, inner)]));
}
