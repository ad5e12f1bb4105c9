import { sha256 } from '../kernel/hash.ts';
import { own, setOwn } from '../kernel/own.ts';
import { decimalOfText } from '../model/canonical.ts';
import { type JsRow, RowRejected } from '../model/data.ts';
import { DecimalText } from '../model/decimal-text.ts';
import { jsonSafe } from './json-safe.ts';

/** What a value is that JSON has no form of its own for. */
type ValueKind = 'bigint' | 'digits' | 'number' | '-0' | 'date' | 'bytes' | 'set' | 'map' | 'floats';
const kinds: ReadonlySet<string> = new Set<ValueKind>([
  ...(['bigint', 'digits', 'number', '-0', 'date', 'bytes', 'set', 'map', 'floats'] as const),
]);

/** One line of a rejects file. */
export interface RejectedRow {
  readonly place: string;
  readonly reason: string;
  /** As JSON can hold it; null when it could not be decoded. */
  readonly row: unknown;
  /** By JSON pointer (RFC 6901) into `row`, what the values are that JSON has no form for. Left out: none. */
  readonly types?: Readonly<Record<string, string>>;
  /** Of a row of a table: of `row` as it was written, so that an edit is seen. */
  readonly digest?: string;
  /** Microseconds, digits: of a load, when the row would have been written. */
  readonly writeTime?: string;
  /** Of a load: what the row's own field said of the seconds that it lives. */
  readonly ttl?: number | string;
  /** Of a load: `row` is only the beginning of what was read. */
  readonly cut?: boolean;
}

/** A line of a rejects file; `values` null: the row could not be decoded. */
export function rejectedLine(rejected: {
  readonly place: string;
  readonly reason: string;
  readonly values: JsRow | null;
  /** Whether it is a row of a table, which a replay reads again there. */
  readonly stored: boolean;
}): string {
  const { place, reason, values, stored } = rejected;
  const row = jsonSafe(values);
  const types: Record<string, ValueKind> = {};
  noteTypes(values, '', types);
  const line: RejectedRow = {
    place,
    reason,
    row,
    ...(Object.keys(types).length === 0 ? {} : { types }),
    ...(stored ? { digest: digestOf(row) } : {}),
  };
  return JSON.stringify(line);
}

/** Whether the row is as it was written into the file. */
export function isEdited({ row, digest }: RejectedRow): boolean {
  return digest !== undefined && digestOf(row) !== digest;
}

/** Null when the line is none of a rejects file. */
export function parseRejected(text: string): RejectedRow | null {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(line)) return null;
  const { place, reason, row = null, types, digest, writeTime, ttl, cut } = line;
  if (typeof place !== 'string' || typeof reason !== 'string') return null;
  if (types !== undefined && !isTypes(types)) return null;
  if (digest !== undefined && typeof digest !== 'string') return null;
  if (writeTime !== undefined && !(typeof writeTime === 'string' && /^\d{1,18}$/.test(writeTime))) return null;
  if (ttl !== undefined && typeof ttl !== 'string' && typeof ttl !== 'number') return null;
  return {
    place,
    reason,
    row,
    ...(types === undefined ? {} : { types }),
    ...(digest === undefined ? {} : { digest }),
    ...(writeTime === undefined ? {} : { writeTime }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(cut === true ? { cut } : {}),
  };
}

/** The row in JavaScript values; null when there is none. Throws `RowRejected` for a value that is not what `types` says. */
export function valuesOf({ row, types = {} }: RejectedRow): JsRow | null {
  if (!isObject(row)) return null;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, revived(value, `/${escaped(name)}`, types)]),
  );
}

function noteTypes(value: unknown, at: string, found: Record<string, ValueKind>): void {
  const kind = kindOf(value);
  if (kind !== null) setOwn(found, at, kind);
  if (value instanceof Map) {
    Array.from(value).forEach(([key, inner], index) => {
      noteTypes(key, `${at}/${index}/0`, found);
      noteTypes(inner, `${at}/${index}/1`, found);
    });
  } else if (Array.isArray(value) || value instanceof Set || value instanceof Float32Array) {
    Array.from(value).forEach((inner, index) => {
      noteTypes(inner, `${at}/${index}`, found);
    });
  } else if (kind === null && typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) noteTypes(inner, `${at}/${escaped(name)}`, found);
  }
}

function kindOf(value: unknown): ValueKind | null {
  if (typeof value === 'bigint') return 'bigint';
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'number';
  if (value instanceof DecimalText) return 'digits';
  if (value instanceof Date) return 'date';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Float32Array) return 'floats';
  if (value instanceof Map) return 'map';
  return value instanceof Set ? 'set' : null;
}

function revived(value: unknown, at: string, types: NonNullable<RejectedRow['types']>): unknown {
  const inner = Array.isArray(value)
    ? value.map((one: unknown, index) => revived(one, `${at}/${index}`, types))
    : isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, one]) => [name, revived(one, `${at}/${escaped(name)}`, types)]),
        )
      : value;
  const kind = own(types, at);
  return kind === undefined || inner === null ? inner : ofKind(inner, kind, at);
}

function ofKind(value: unknown, kind: string, at: string): unknown {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
  if (kind === 'bigint' && text !== null && /^-?\d+$/.test(text)) return BigInt(text);
  if (kind === 'digits' && text !== null && decimalOfText(text) !== null) return new DecimalText(text);
  if (kind === 'number' && text !== null) return Number(text);
  // JSON writes it as 0; whoever mended it wrote another number
  if (kind === '-0' && typeof value === 'number') return value === 0 ? -0 : value;
  if (kind === 'bytes' && text !== null && /^0x(?:[0-9a-f]{2})*$/i.test(text))
    return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
  if (kind === 'date' && text !== null) return new Date(text);
  if (kind === 'set' && Array.isArray(value)) return new Set(value);
  if (kind === 'floats' && Array.isArray(value)) return Float32Array.from(value, Number);
  if (kind === 'map' && Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    return new Map(value as [unknown, unknown][]);
  }
  throw new RowRejected(`${at} in the rejects file is ${JSON.stringify(value)}, which is no ${kind}`);
}

function digestOf(row: unknown): string {
  return sha256(JSON.stringify(row)).slice(0, 16);
}

/** As JSON pointers have it. */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isTypes(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((kind) => typeof kind === 'string' && kinds.has(kind));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
