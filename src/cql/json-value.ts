import type { CqlType } from '../model/type.ts';
import { shortestFloat } from './literal.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * A value as JSON can hold it, for people and files of rejected rows: whole numbers that may be beyond 2^53 (by type, so
 * that a column looks the same in every row) and numbers that are none as text, bytes as `0x…`, dates as ISO text, sets
 * and vectors as arrays, maps as objects when their keys are texts, else as arrays of pairs. With `type` null the value
 * alone decides; undefined is null.
 */
export function jsonOf(value: unknown, type: CqlType | null = null): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return numberJson(value, type);
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : objectJson(value, type);
    case 'undefined':
      return null;
    default:
      return String(value);
  }
}

/** As `JSON.stringify`, but −0 keeps its sign: `-0.0`, which every reader of JSON takes for a number. */
export function jsonText(value: Json): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isIterable(value)) return `[${Array.from(value as readonly Json[], jsonText).join(',')}]`;
  const members = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${jsonText(inner)}`);
  return `{${members.join(',')}}`;
}

function numberJson(value: number, type: CqlType | null): Json {
  const name = type?.kind === 'scalar' ? type.name : null;
  if (!Number.isFinite(value) || name === 'bigint' || name === 'varint' || name === 'counter') return String(value);
  return name === 'float' ? shortestFloat(value) : value;
}

function objectJson(value: object, type: CqlType | null): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (value instanceof Map) return mapJson([...(value as Map<unknown, unknown>)], type);
  if (type?.kind === 'map' && Array.isArray(value)) return mapJson(value as [unknown, unknown][], type);
  if (isIterable(value)) return Array.from(value, (item, index) => jsonOf(item, elementType(type, index)));
  if (type?.kind === 'map') return mapJson(Object.entries(value), type);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner)]));
}

function mapJson(entries: readonly (readonly [unknown, unknown])[], type: CqlType | null): Json {
  const [key, item] = type?.kind === 'map' ? [type.key, type.value] : [null, null];
  if (entries.every(([name]) => typeof name === 'string')) {
    return Object.fromEntries(entries.map(([name, inner]) => [String(name), jsonOf(inner, item)]));
  }
  return entries.map(([name, inner]) => [jsonOf(name, key), jsonOf(inner, item)]);
}

function elementType(type: CqlType | null, index: number): CqlType | null {
  switch (type?.kind) {
    case 'list':
    case 'set':
    case 'vector':
      return type.element;
    case 'tuple':
      return type.elements[index] ?? null;
    default:
      return null;
  }
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}
