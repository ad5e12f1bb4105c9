import type { ValueKind } from '../model/assessment.ts';
import { canonicalDate, canonicalTime, canonicalUuid } from '../model/canonical.ts';
import { DecimalText } from '../model/decimal-text.ts';

const words = new Set(['true', 'false', 'yes', 'no', 't', 'f', 'y', 'n']);
const nulls = new Set(['na', 'n/a', '#n/a', 'nan', 'null', 'none', 'nil', '\\n', '-', '?']);
const whole = /^[+-]?\d+$/;
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const moment = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/i;
const uuidLength = 36;
const longestNumber = 400;

/**
 * What a source's values are that says no types. `numbers`: nothing but texts, in which numbers stand; `real`: numbers of
 * JavaScript are real ones, also those without a fraction, and whole ones are bigints.
 */
export type Texts = 'numbers' | 'no numbers' | 'real';

/** What a value is that a source without types of its own gave; a text is looked at for what stands in it. */
export function kindOfValue(value: unknown, texts: Texts): ValueKind {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) && texts !== 'real' ? kindOfWhole(value) : 'double';
    case 'bigint':
      return kindOfBigint(value);
    case 'boolean':
      return 'boolean';
    case 'string':
      return kindOfText(value, texts === 'numbers');
    default:
      if (value instanceof Date) return 'timestamp';
      if (value instanceof DecimalText) return 'decimal';
      if (value instanceof Uint8Array) return 'bytes';
      return Array.isArray(value) || value instanceof Set ? 'array' : 'object';
  }
}

/** Whether a text is one of those that people write where there is no value. */
export function isNullWord(text: string): boolean {
  return text.length <= 4 && nulls.has(text.toLowerCase());
}

function kindOfWhole(value: number): ValueKind {
  if (value >= -0x8000_0000 && value <= 0x7fff_ffff) return 'int';
  return Number.isSafeInteger(value) ? 'bigint' : 'double';
}

function kindOfBigint(value: bigint): ValueKind {
  if (BigInt.asIntN(32, value) === value) return 'int';
  return BigInt.asIntN(64, value) === value ? 'bigint' : 'varint';
}

function kindOfText(text: string, numbers: boolean): ValueKind {
  const code = text.charCodeAt(0);
  const digit = code >= 0x30 && code <= 0x39;
  if (text.length === uuidLength && canonicalUuid(text) !== null) return 'uuid';
  if (numbers && (digit || code === 0x2b || code === 0x2d || code === 0x2e)) {
    const found = text.length <= longestNumber ? kindOfDigits(text) : null;
    if (found !== null) return found;
  }
  if (digit) return kindOfTime(text);
  return numbers && text.length <= 5 && words.has(text.toLowerCase()) ? 'boolean' : 'text';
}

function kindOfDigits(text: string): ValueKind | null {
  if (/^[+-]?0\d/.test(text) && number.test(text)) return 'padded';
  if (whole.test(text)) {
    if (text.length < 10) return 'int';
    return kindOfBigint(BigInt(text.startsWith('+') ? text.slice(1) : text));
  }
  if (!number.test(text)) return null;
  return /e/i.test(text) ? 'double' : 'decimal';
}

function kindOfTime(text: string): ValueKind {
  if (text.length > 35) return 'text';
  if (canonicalDate(text) !== null) return 'date';
  const [, day, time, zone] = moment.exec(text) ?? [];
  if (day !== undefined && time !== undefined) {
    const full = time.length === 5 ? `${time}:00` : time;
    const there = canonicalDate(day) !== null && canonicalTime(full) !== null && wholeMilliseconds(time);
    return there ? (zone === undefined ? 'local-timestamp' : 'timestamp') : 'text';
  }
  return text.includes(':') && canonicalTime(text) !== null ? 'time' : 'text';
}

function wholeMilliseconds(time: string): boolean {
  return !/[1-9]/.test(time.slice(12));
}
