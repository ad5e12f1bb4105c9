import { isUtf8 } from 'node:buffer';
import { reasonOf } from '../../kernel/errors.ts';
import { setOwn } from '../../kernel/own.ts';
import type { ForeignColumn } from '../../model/data.ts';
import { mayChange } from '../../model/json-text.ts';
import { repeatedName } from '../../model/repeated-name.ts';
import type { SourceRow } from '../../ports/source.ts';
import { columnReaders } from '../files/columns.ts';
import { Misfit } from '../files/misfit.ts';
import { type Strangers, strangerCheck } from '../files/strangers.ts';
import { ExactNumber, exactTypes, holdsNumber, jsonReaders, plain, withDigits } from './values.ts';

export interface RawRow {
  readonly bytes: Buffer;
  readonly place: string;
  /** Set when the bytes are not the whole row. */
  readonly problem: string | null;
}

/** Turns the bytes of one JSON object into a row of the declared columns. */
export type JsonRowReader = (raw: RawRow) => SourceRow;

type Fields = Readonly<Record<string, unknown>>;

const rawShown = 1000;

/** Throws `UNKNOWN_SOURCE_TYPE` for a declared type that JSON files do not have. */
export function jsonRowReader(columns: Readonly<Record<string, ForeignColumn>>, strangers?: Strangers): JsonRowReader {
  const readers = columnReaders(columns, jsonReaders, 'JSON');
  const wanted = readers.map(({ field }) => field);
  const strangerIn = strangerCheck(wanted, strangers);
  const exact = readers.some((reader) => exactTypes.has(reader.type));
  return ({ bytes, place, problem }) => {
    const spoilt = (reason: string): SourceRow => ({
      values: { raw: bytes.toString('utf8', 0, Math.min(bytes.length, rawShown)) },
      place,
      problem: reason,
    });
    if (problem !== null) return spoilt(problem);
    if (!isUtf8(bytes)) return spoilt('it is not valid UTF-8');
    const text = bytes.toString('utf8');
    let parsed: unknown;
    try {
      parsed = exact || mayChange(text) ? parseExact(text) : JSON.parse(text);
    } catch (thrown) {
      return spoilt(`it is not valid JSON: ${reasonOf(thrown)}`);
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return spoilt('it is not an object');
    const fields = parsed as Fields;
    const repeated = repeatedName(text, fields, wanted);
    if (repeated !== null) return spoilt(`its field ${repeated} stands there more than once`);

    let exactly: Fields | null = null;
    const found = (field: string, type: string): unknown => {
      const value = Object.hasOwn(fields, field) ? fields[field] : null;
      if (type !== withDigits || !holdsNumber(value)) return value;
      exactly ??= parseExact(text) as Fields;
      return exactly[field];
    };
    const values: Record<string, unknown> = {};
    const stranger = strangerIn(fields);
    const problems: string[] = stranger === null ? [] : [stranger];
    for (const { column, field, type, required, read } of readers) {
      const value = found(field, type);
      if (value === null || value === undefined) {
        if (required) problems.push(`${column}: is missing`);
        setOwn(values, column, null);
        continue;
      }
      const converted = read(value);
      if (converted instanceof Misfit) problems.push(`${column}: ${converted.reason}`);
      setOwn(values, column, converted instanceof Misfit ? plain(value) : converted);
    }
    return { values, place, problem: problems.length === 0 ? null : problems.join('; ') };
  };
}

/** The names of an object's fields; none when the bytes are not an object. */
export function fieldsOf(bytes: Buffer): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? Object.keys(parsed) : [];
  } catch {
    return [];
  }
}

/** As JSON.parse; numbers that a JavaScript number would change are kept as text. */
function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    return String(value) === context.source ? value : new ExactNumber(context.source);
  });
}
