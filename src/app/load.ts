import { resolve } from 'node:path';
import type { LoadAccounts, LoadProgress, LoadSource } from '../copy/load.ts';
import { loadRows } from '../copy/load.ts';
import type { Rate } from '../copy/rate.ts';
import { assertNoCounters } from '../copy/target-row.ts';
import { valueOfJson, valueOfText } from '../cql/from-json.ts';
import { isMultiCell } from '../cql/select.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { DataSpec, ForeignColumn, ForeignSource, JsRow } from '../model/data.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../model/schema.ts';
import type { BlockColumn } from '../ports/source.ts';
import { dialectOf } from '../sources/csv/dialect.ts';
import { createOpenBlocks, createOpenSource } from '../sources/open.ts';
import { assertOtherFile, replayedLoad } from './load-replay.ts';
import { assertWaived, piiTags, type Waivers } from './privacy.ts';
import type { Project } from './project.ts';
import type { Session } from './session.ts';

export type FileFormat = 'csv' | 'json' | 'ndjson';

export interface LoadInput {
  /** A file or a glob, relative to the working folder. */
  readonly place: string;
  readonly table: string;
  /** Null: by the file's extension. */
  readonly format: FileFormat | null;
  /** Table column → field of the file; columns left out come from the field of their name. */
  readonly map: Readonly<Record<string, string>>;
  /** Fields that are left where they are. */
  readonly ignore: readonly string[];
  /** The fields' names, in order, of a file without a header; null: it has one. */
  readonly fields: readonly string[] | null;
  readonly settings: ForeignSource['settings'];
  /** Seconds; null: the table's default. */
  readonly ttl: number | null;
  readonly rate: Rate | null;
  readonly maxRejects: DataSpec['maxRejects'];
  /** Null: in the project's `.cqlform/rejects`. */
  readonly rejectsFile: string | null;
  /** A rejects file of an earlier load of the same file, whose rows are loaded instead of the file's; null: the file's. */
  readonly replay: string | null;
  /** Personal column → why it may come as it is into a lower environment. */
  readonly waivers: Waivers;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
}

export interface LoadReport extends LoadAccounts {
  readonly keyspace: string;
  readonly table: string;
  readonly place: string;
  /** Table column → field it came from. */
  readonly columns: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly milliseconds: number;
}

/** Loads files into a table that is there; the types are the table's own. */
export async function loadFile(session: Session, input: LoadInput): Promise<LoadReport> {
  const { project, cluster, rows, clock } = session;
  const live = await cluster.describe(project.keyspace);
  const into = tableOf(live.schema.tables, input.table, project.keyspace);
  assertNoCounters(into);
  const { types } = live.schema;
  const format = input.format ?? formatOf(input.place);
  const rejectsFile = rejectsFileOf(input, `${project.stateFolder}/rejects/load-${into.name}.ndjson`);
  const { from, columns } = await sourceOf(input, { format, into, types });
  await assertMayCome(project, { table: into.name, columns: Object.keys(columns) }, input.waivers);
  const begun = clock.monotonic();
  const defaultTtl = into.options['default_time_to_live'];
  try {
    const accounts = await loadRows(
      {
        keyspace: project.keyspace,
        into,
        types,
        from,
        timestamp: clock.micros(),
        ttl: input.ttl ?? (typeof defaultTtl === 'number' ? defaultTtl : 0),
        rate: input.rate,
        maxRejects: input.maxRejects,
        rejectsFile,
        dryRun: input.dryRun,
        signal: input.signal,
        onProgress: input.onProgress,
      },
      { rows, clock },
    );
    const { keyspace } = project;
    const milliseconds = Math.round(clock.monotonic() - begun);
    return { ...accounts, keyspace, table: into.name, place: input.place, columns, dryRun: input.dryRun, milliseconds };
  } finally {
    if (from.kind === 'values') await from.source.close();
  }
}

async function assertMayCome(
  project: Project,
  about: { readonly table: string; readonly columns: readonly string[] },
  waivers: Waivers,
): Promise<void> {
  if (!project.lower) return;
  const what = `${project.environment ?? project.keyspace} is a lower environment, to which a load brings it as it is`;
  assertWaived({ ...about, what }, await piiTags(project), waivers);
}

function rejectsFileOf({ replay, rejectsFile }: LoadInput, otherwise: string): string {
  if (replay === null) return resolve(rejectsFile ?? otherwise);
  const left = resolve(rejectsFile ?? `${replay.replace(/\.ndjson$/, '')}.left.ndjson`);
  assertOtherFile(resolve(replay), left);
  return left;
}

/** The live table; throws `TABLE_MISSING` with the nearest name. */
export function tableOf(tables: ByName<Table>, name: string, keyspace: string): Table {
  const table = own(tables, name);
  if (table !== undefined) return table;
  const [near] = nearNames(name, Object.keys(tables));
  throw new CqlformError('TABLE_MISSING', `${keyspace}.${name} is not there`, {
    next: near === undefined ? 'Create it first, or name another keyspace with --keyspace.' : `Did you mean ${near}?`,
    exitCode: exitCodes.usage,
  });
}

const formats: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
};

/** By the extension, `.gz` and `.zst` left aside. Throws `FORMAT_UNKNOWN`. */
export function formatOf(place: string): FileFormat {
  const extension = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(place)?.[1]?.toLowerCase() ?? '';
  const format = own(formats, extension);
  if (format !== undefined) return format;
  throw new CqlformError('FORMAT_UNKNOWN', `what ${place} holds cannot be told by its name`, {
    next: 'Say --format csv, json or ndjson.',
    fields: { place },
    exitCode: exitCodes.usage,
  });
}

interface Target {
  readonly format: FileFormat;
  readonly into: Table;
  readonly types: ByName<UserType>;
}

async function sourceOf(
  input: LoadInput,
  target: Target,
): Promise<{ readonly from: LoadSource; readonly columns: Readonly<Record<string, string>> }> {
  const { format, into, types } = target;
  const projectFolder = process.cwd();
  const tab = /\.tsv(\.gz|\.zst)?$/i.test(input.place) ? { delimiter: '\t' } : {};
  const declared = (columns: Readonly<Record<string, ForeignColumn>>): ForeignSource => ({
    kind: 'foreign',
    system: format,
    connection: null,
    place: input.place,
    columns,
    key: [],
    settings: format === 'csv' ? { ...tab, ...input.settings, header: input.fields === null } : {},
  });
  if (format !== 'csv') {
    const fields = Object.fromEntries(into.columns.map(({ name }) => [name, own(input.map, name) ?? name]));
    assertColumns(into, Object.keys(input.map));
    if (input.replay !== null) {
      return {
        from: replayedLoad({ file: resolve(input.replay), into, types, columns: fields, csv: null }),
        columns: fields,
      };
    }
    const source = await createOpenSource({ projectFolder })(declared(foreignColumns(into, fields, jsonTypeOf)));
    return { from: valuesFrom(source, { into, types, format }), columns: fields };
  }
  const named = Object.fromEntries(
    (input.fields ?? []).map((field) => [field, { type: 'csv.text', required: false, field }]),
  );
  const blocks = await createOpenBlocks({ projectFolder })(declared(named));
  const columns = mappingOf(into, await blocks.fields(), input);
  if (input.replay !== null) {
    const csv = { dialect: dialectOf(declared(named)), fields: await blocks.fields() };
    return { from: replayedLoad({ file: resolve(input.replay), into, types, columns, csv }), columns };
  }
  const lists = into.columns.some(
    ({ name, type }) => Object.hasOwn(columns, name) && type.kind === 'list' && isMultiCell(type),
  );
  if (!lists) return { from: { kind: 'blocks', source: blocks, columns: blockColumns(into, columns) }, columns };
  const all = foreignColumns(into, columns, csvTypeOf);
  const inOrder = input.fields === null ? all : inOrderOf(input.fields, all);
  const source = await createOpenSource({ projectFolder })(declared(inOrder));
  return { from: valuesFrom(source, { into, types, format }), columns };
}

/** Without a header the fields of a file are those of the declaration, in its order: all of them, also what is not loaded. */
function inOrderOf(
  fields: readonly string[],
  wanted: Readonly<Record<string, ForeignColumn>>,
): Readonly<Record<string, ForeignColumn>> {
  const byField = new Map(Object.entries(wanted).map(([name, column]) => [column.field, [name, column] as const]));
  return Object.fromEntries(
    fields.map((field) => byField.get(field) ?? [`\0${field}`, { type: 'csv.text', required: false, field }]),
  );
}

/** Which field each column comes from. Every field has its column, or is ignored by name; every key column has its field. */
function mappingOf(
  into: Table,
  fields: readonly string[],
  { map, ignore }: LoadInput,
): Readonly<Record<string, string>> {
  assertColumns(into, Object.keys(map));
  const mapped = new Set(Object.values(map));
  for (const field of [...mapped, ...ignore]) if (!fields.includes(field)) throw unknownField(field, fields);
  const columns: Record<string, string> = { ...map };
  for (const field of fields) {
    if (mapped.has(field) || ignore.includes(field)) continue;
    const column = into.columns.find(({ name }) => name === field);
    if (column === undefined || Object.hasOwn(map, column.name)) throw unmappedField(field, into);
    setOwn(columns, field, field);
  }
  const missing = keyColumns(into).filter((name) => !Object.hasOwn(columns, name));
  if (missing.length === 0) return columns;
  throw new CqlformError('LOAD_KEY_MISSING', `no field of the file gives the key column ${missing.join(', ')}`, {
    next: `Name it: --map ${missing[0]}=FIELD. The file has ${fields.join(', ')}.`,
    fields: { table: into.name, missing },
    exitCode: exitCodes.usage,
  });
}

function assertColumns(into: Table, names: readonly string[]): void {
  const known = into.columns.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new CqlformError('UNKNOWN_COLUMN', `table ${into.name} has no column ${unknown}`, {
    next: `Its columns: ${known.join(', ')}.`,
    fields: { table: into.name, column: unknown },
    exitCode: exitCodes.usage,
  });
}

function unknownField(field: string, fields: readonly string[]): CqlformError {
  return new CqlformError('LOAD_FIELD_UNKNOWN', `the file has no field ${field}`, {
    next: `It has ${fields.join(', ')}.`,
    fields: { field },
    exitCode: exitCodes.usage,
  });
}

function unmappedField(field: string, into: Table): CqlformError {
  return new CqlformError('LOAD_FIELD_UNMAPPED', `the field ${field} has no column in ${into.name}`, {
    next: `Say --map COLUMN=${field}, or --ignore ${field} to leave it out. Columns: ${into.columns.map(({ name }) => name).join(', ')}.`,
    fields: { field, table: into.name },
    exitCode: exitCodes.usage,
  });
}

function blockColumns(into: Table, columns: Readonly<Record<string, string>>): readonly BlockColumn[] {
  return into.columns.flatMap(({ name, type }) => {
    const field = own(columns, name);
    return field === undefined ? [] : [{ name, type, field }];
  });
}

function foreignColumns(
  into: Table,
  columns: Readonly<Record<string, string>>,
  typeOf: (column: Column) => string,
): Readonly<Record<string, ForeignColumn>> {
  return Object.fromEntries(
    into.columns.flatMap((column) => {
      const field = own(columns, column.name);
      return field === undefined ? [] : [[column.name, { type: typeOf(column), required: false, field }] as const];
    }),
  );
}

/** How a column's field is read from JSON: where JavaScript's numbers lose digits, exactly; everything else as it stands. */
function jsonTypeOf({ type }: Column): string {
  const name = type.kind === 'scalar' ? type.name : null;
  if (name === 'decimal') return 'json.decimal';
  return name === 'bigint' || name === 'varint' ? 'json.bigint' : 'json.any';
}

const csvTypes: Readonly<Record<string, string>> = {
  tinyint: 'csv.int',
  smallint: 'csv.int',
  int: 'csv.int',
  bigint: 'csv.bigint',
  varint: 'csv.bigint',
  float: 'csv.double',
  double: 'csv.double',
  decimal: 'csv.decimal',
  boolean: 'csv.boolean',
  uuid: 'csv.uuid',
  timeuuid: 'csv.uuid',
  date: 'csv.date',
  timestamp: 'csv.timestamp',
};

function csvTypeOf({ type }: Column): string {
  return (type.kind === 'scalar' ? csvTypes[type.name] : undefined) ?? 'csv.text';
}

function valuesFrom(
  source: Extract<LoadSource, { kind: 'values' }>['source'],
  { into, types, format }: Target,
): LoadSource {
  const columns = into.columns.map((column) => {
    const read = format === 'csv' ? csvTypeOf(column) : jsonTypeOf(column);
    const ready = read !== 'csv.text' && read !== 'json.any';
    const { type } = column;
    const convert = (value: unknown): unknown =>
      read === 'csv.text' ? valueOfText(String(value), type, types) : valueOfJson(value, type, types);
    return { name: column.name, convert: ready ? (value: unknown) => value : convert };
  });
  return {
    kind: 'values',
    source,
    valuesOf: (row: JsRow) => {
      const values: Record<string, unknown> = {};
      for (const { name, convert } of columns) {
        const value = own(row, name);
        // null leaves a column as it is: a null would make a tombstone
        if (value !== null && value !== undefined) setOwn(values, name, convert(value));
      }
      return values;
    },
  };
}
