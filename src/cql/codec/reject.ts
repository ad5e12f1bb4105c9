import { RowRejected } from '../../model/data.ts';
import { DecimalText } from '../../model/decimal-text.ts';

/** `"abc" is no int: a whole number is needed`. */
export function notA(type: string, value: unknown, needed: string): RowRejected {
  return new RowRejected(`${shown(value)} is no ${type}: ${needed}`);
}

/** `300 does not fit a tinyint`. */
export function doesNotFit(type: string, value: unknown): RowRejected {
  return new RowRejected(`${shown(value)} does not fit ${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`);
}

/** For bytes that no value of the type has. */
export function unreadable(type: string, why: string): RowRejected {
  return new RowRejected(`the stored bytes are no ${type}: ${why}`);
}

const longest = 60;

/** A value as people recognise it, cut short. */
export function shown(value: unknown): string {
  const text = described(value);
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;
}

function described(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longest + 1));
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof DecimalText) return value.text;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value.subarray(0, longest)).toString('hex')}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Set || value instanceof Map) return `a ${value.constructor.name} of ${value.size}`;
  if (typeof value === 'object' && value !== null)
    return `an object with ${Object.keys(value).join(', ') || 'no fields'}`;
  return typeof value === 'function' ? 'a function' : String(value);
}
