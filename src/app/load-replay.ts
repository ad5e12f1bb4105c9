import { stat } from 'node:fs/promises';
import type { LoadSource } from '../copy/load.ts';
import { timestampColumn, ttlColumn } from '../copy/load-pages.ts';
import type { RejectedRow } from '../copy/rejected-row.ts';
import { rejectedRows } from '../copy/rejects-piece.ts';
import { type CsvDialect, fieldsOfRecord } from '../cql/csv/fields.ts';
import { parsedJson, valueOfJson, valueOfText } from '../cql/from-json.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { JsRow } from '../model/data.ts';
import type { ByName, Column, Table, UserType } from '../model/schema.ts';
import type { Source, SourceRow } from '../ports/source.ts';
import { isNull } from '../sources/csv/row.ts';
import type { LoadMapping } from './load-columns.ts';
import { rowTimestamp, rowTtl } from './load-times.ts';

export interface ReplayedLoad {
  readonly file: string;
  readonly into: Table;
  readonly types: ByName<UserType>;
  /** Table column → field. */
  readonly columns: Readonly<Record<string, string>>;
  /** Fields of records that were no rows, which the file has as they were read. */
  readonly besides: Pick<LoadMapping, 'ttlField' | 'timestampField'>;
  /** Of CSV: its dialect, and its fields in their order; null: rows are JSON. */
  readonly csv: { readonly dialect: CsvDialect; readonly fields: readonly string[] } | null;
}

/** Rows that a load rejected, to be loaded as it would have loaded them, each at the write time that it would have had. */
export function replayedLoad(load: ReplayedLoad): Extract<LoadSource, { kind: 'values' }> {
  const { into, types, csv } = load;
  const convert = (value: unknown, { type }: Column): unknown =>
    csv !== null && typeof value === 'string' ? valueOfText(value, type, types) : valueOfJson(value, type, types);
  return {
    kind: 'values',
    source: sourceOf(load),
    timeOf: (row) =>
      rowTimestamp(row.values) ?? ('writeTime' in row && typeof row.writeTime === 'bigint' ? row.writeTime : null),
    ttlOf: (row) => rowTtl(row.values),
    valuesOf: (row) =>
      Object.fromEntries(
        into.columns.flatMap((column) => {
          const value = own(row, column.name);
          return value === null || value === undefined ? [] : [[column.name, convert(value, column)] as const];
        }),
      ),
  };
}

interface ReplayedRow extends SourceRow {
  readonly writeTime: bigint | null;
}

function sourceOf(load: ReplayedLoad): Source {
  const { file } = load;
  return {
    facts: async () => {
      const there = await stat(file).catch(() => null);
      return { rows: null, bytes: there?.size ?? null, missing: [], identity: file };
    },
    splits: async () => [{ id: 'rejects', detail: {}, bytes: null }],
    read: async function* () {
      for await (const page of rejectedRows(file)) yield page.map((rejected) => rowOf(rejected, load));
    },
    close: async () => undefined,
  };
}

function rowOf(rejected: RejectedRow, load: ReplayedLoad): ReplayedRow {
  const { place, row, writeTime, ttl, cut } = rejected;
  const found = cut === true ? 'only its beginning is in the rejects file: mend it in its source' : valuesIn(row, load);
  const about = { place, writeTime: writeTime === undefined ? null : BigInt(writeTime) };
  const lives = ttl === undefined ? {} : { [ttlColumn]: ttl };
  if (typeof found === 'string') {
    return { ...about, values: { ...(isObject(row) ? row : { raw: row }), ...lives }, problem: found };
  }
  return { ...about, values: { ...found, ...lives }, problem: null };
}

/** By column; or why there are none. */
function valuesIn(row: unknown, load: ReplayedLoad): JsRow | string {
  const text = typeof row === 'string' ? row : isObject(row) && typeof row['raw'] === 'string' ? row['raw'] : null;
  if (text !== null) return load.csv === null ? ofJson(text, load) : ofRecord(text, load, load.csv);
  if (!isObject(row)) return 'its values are not in the rejects file: mend it in its source';
  const known = new Set(load.into.columns.map(({ name }) => name));
  const stranger = Object.keys(row).find((name) => !known.has(name));
  return stranger === undefined ? row : `${load.into.name} has no column ${stranger}; write the row by its columns`;
}

function ofRecord(
  text: string,
  { into, columns, besides }: ReplayedLoad,
  { dialect, fields }: NonNullable<ReplayedLoad['csv']>,
): JsRow | string {
  const parts = fieldsOfRecord(text, dialect);
  if (typeof parts === 'string') return parts;
  if (parts.length !== fields.length) return `it has ${parts.length} fields instead of ${fields.length}`;
  const values: Record<string, unknown> = {};
  for (const { name, type } of into.columns) {
    const field = own(columns, name);
    const part = field === undefined ? undefined : parts[fields.indexOf(field)];
    if (part === undefined) continue;
    const textual = type.kind === 'scalar' && (type.name === 'text' || type.name === 'ascii');
    setOwn(values, name, isNull(part, textual ? 'csv.text' : '', dialect) ? null : part.text);
  }
  const textOf = (field: string): unknown => {
    const part = parts[fields.indexOf(field)];
    return part === undefined || isNull(part, '', dialect) ? null : part.text;
  };
  return { ...values, ...timesIn(besides, textOf) };
}

/** What fields say of when a row was written and how long it lives. */
function timesIn({ ttlField, timestampField }: ReplayedLoad['besides'], read: (field: string) => unknown): JsRow {
  return {
    ...(ttlField === null ? {} : { [ttlColumn]: read(ttlField) }),
    ...(timestampField === null ? {} : { [timestampColumn]: read(timestampField) }),
  };
}

function ofJson(text: string, { into, columns, besides }: ReplayedLoad): JsRow | string {
  let parsed: unknown;
  try {
    parsed = parsedJson(text);
  } catch {
    return 'it is not valid JSON';
  }
  if (!isObject(parsed)) return 'it is not an object';
  const fields = parsed;
  return {
    ...Object.fromEntries(into.columns.map(({ name }) => [name, own(fields, own(columns, name) ?? name) ?? null])),
    ...timesIn(besides, (field) => own(fields, field) ?? null),
  };
}

/** The file that is replayed would be gone before it is read. */
export function assertOtherFile(replayed: string, rejectsFile: string): void {
  if (replayed !== rejectsFile) return;
  throw new CqlformError('USAGE', `${rejectsFile} cannot take the rejects of its own replay`, {
    next: 'Name another file with --rejects, or leave it out.',
    exitCode: exitCodes.usage,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
