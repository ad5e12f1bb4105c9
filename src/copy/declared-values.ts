import { own, setOwn } from '../kernel/own.ts';
import {
  canonicalDate,
  canonicalDecimal,
  canonicalDuration,
  canonicalInet,
  canonicalTime,
  canonicalTimeUuid,
  canonicalUuid,
  canonicalVarint,
} from '../model/canonical.ts';
import { type Domain, domainOf } from '../model/conversion.ts';
import type { ForeignColumn, JsRow } from '../model/data.ts';

/** A row whose columns were read by hand, and why it cannot be used; null when it can. */
export interface DeclaredRow {
  readonly values: JsRow;
  readonly problem: string | null;
}

/**
 * A row of a rejects file as its source declares it. Values that were read well stay as they are; those that were not,
 * or that somebody has edited, are read from their JSON form.
 */
export function declaredRow(row: JsRow, columns: Readonly<Record<string, ForeignColumn>>): DeclaredRow {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  const stranger = Object.keys(row).find((name) => !Object.hasOwn(columns, name));
  if (stranger !== undefined) {
    return { values: row, problem: `the source declares no column ${stranger}; write the row by its columns` };
  }
  for (const [name, { type, required }] of Object.entries(columns)) {
    const value = own(row, name) ?? null;
    setOwn(values, name, value);
    if (value === null) {
      if (required) problems.push(`${name}: is missing`);
      continue;
    }
    const domain = domainOf(type);
    const read = domain === null ? value : inDomain(value, domain);
    if (read === undefined) problems.push(`${name}: ${shown(value)} is not ${type}`);
    else setOwn(values, name, read);
  }
  return { values, problem: problems.length === 0 ? null : problems.join('; ') };
}

const texts: Partial<Record<Domain, (text: string) => string | null>> = {
  decimal: canonicalDecimal,
  uuid: canonicalUuid,
  timeuuid: canonicalTimeUuid,
  date: canonicalDate,
  time: canonicalTime,
  duration: canonicalDuration,
  inet: canonicalInet,
};
const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i;
const long: ReadonlySet<Domain> = new Set<Domain>(['int64', 'uint64', 'integer']);

/** Undefined: it is no value of the domain. */
function inDomain(value: unknown, domain: Domain): unknown {
  const parse = texts[domain];
  if (parse !== undefined) return (typeof value === 'string' ? parse(value) : null) ?? undefined;
  switch (domain) {
    case 'any':
      return value;
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return booleanOf(value);
    case 'bytes':
      return bytesOf(value);
    case 'timestamp':
    case 'localTimestamp':
      return dateOf(value);
    case 'float32':
    case 'float64':
      return numberOf(value);
    default:
      return wholeOf(value, long.has(domain));
  }
}

function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : undefined;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const hex = typeof value === 'string' && /^0x(?:[0-9a-f]{2})*$/i.test(value);
  return hex ? new Uint8Array(Buffer.from(value.slice(2), 'hex')) : undefined;
}

function dateOf(value: unknown): Date | undefined {
  const date = value instanceof Date ? value : typeof value === 'string' && zoned.test(value) ? new Date(value) : null;
  return date === null || Number.isNaN(date.getTime()) ? undefined : date;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? undefined : number;
}

function wholeOf(value: unknown, isLong: boolean): number | bigint | undefined {
  const text =
    typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : typeof value === 'string' ? value : '';
  const digits = canonicalVarint(text.trim());
  if (digits === null) return undefined;
  if (isLong) return BigInt(digits);
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined;
}

function shown(value: unknown): string {
  const text = JSON.stringify(typeof value === 'bigint' ? String(value) : value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
