import { reasonOf } from '../kernel/errors.ts';
import { RowRejected } from './data.ts';
import { DecimalText } from './decimal-text.ts';
import { jsonNumber } from './raw-json.ts';
import { repeatedName } from './repeated-name.ts';

/** Digits that a double has at most, whoever wrote it down. */
const mostDigits = 17;
/** Numbers that JavaScript may change: of many digits, or of an exponent of three. */
const changing = /\d{16}|[\d.]{17}|(?:^|[:,[])\s*-?[\d.]+[eE][+-]?\d{3}/;

/** Whether JSON.parse may change a number of the text. */
export function mayChange(text: string): boolean {
  return changing.test(text);
}

/** Whether a number that is not a whole one comes out of JavaScript as another than its text says. */
export function isChanged(text: string): boolean {
  if (/^-?\d+$/.test(text)) return false;
  const mantissa = text.replace(/[eE].*$/, '').replace(/[-.]/g, '');
  const near = Number(text);
  if (!Number.isFinite(near) || (near === 0 && /[1-9]/.test(mantissa))) return true;
  return mantissa.replace(/^0+|0+$/g, '').length > mostDigits;
}

/** A number as JavaScript knows it: a whole one beyond 2^53 as bigint, any other that a double does not hold as its text. */
export function exactNumber(text: string): number | bigint | DecimalText {
  const value = Number(text);
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : BigInt(text);
  return isChanged(text) ? new DecimalText(text) : value;
}

/** As JSON.parse, but no number loses a digit and no object names a field twice. Throws RowRejected. */
export function valueOfJsonText(text: string): unknown {
  return parsedOnce(text, mayChange(text) ? revived : undefined, 'the text is not JSON');
}

type Revive = (name: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** As JSON.parse, but no object names a field twice. Throws RowRejected; `otherwise`: what it says of a text that is no JSON. */
export function parsedOnce(text: string, revive: Revive | undefined, otherwise: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text, revive);
  } catch (thrown) {
    throw new RowRejected(`${otherwise}: ${reasonOf(thrown)}`);
  }
  const repeated = repeatedName(text, value);
  if (repeated !== null) throw new RowRejected(`its field ${repeated} stands there more than once`);
  return value;
}

function revived(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? exactNumber(context.source) : value;
}

/** As JSON.stringify, with bigints as the numbers that they are. Throws RowRejected for what is no JSON. */
export function jsonTextOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, whole);
  } catch (thrown) {
    throw new RowRejected(`cannot be written as JSON: ${reasonOf(thrown)}`);
  }
  if (text === undefined) throw new RowRejected(`a ${typeof value} cannot be written as JSON`);
  return text;
}

function whole(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? jsonNumber(String(value)) : value;
}
