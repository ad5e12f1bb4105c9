import { DecimalText } from '../model/decimal-text.ts';

/**
 * A value of a row as JSON can hold it: bytes as hex, sets as arrays, maps as entries; numbers that JavaScript's are not as
 * their digits, or left as they are for `jsonTextOf`.
 */
export function jsonSafe(value: unknown, large: 'digits' | 'numbers' = 'digits'): unknown {
  const inside = (inner: unknown): unknown => jsonSafe(inner, large);
  if (typeof value === 'bigint' || value instanceof DecimalText) return large === 'digits' ? String(value) : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === undefined || value === null || typeof value !== 'object') return value ?? null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (value instanceof Map) return Array.from(value, ([key, inner]) => [inside(key), inside(inner)]);
  if (value instanceof Set || value instanceof Float32Array) return Array.from(value, inside);
  if (Array.isArray(value)) return value.map(inside);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inside(inner)]));
}
