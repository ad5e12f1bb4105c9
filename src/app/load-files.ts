import { resolve } from 'node:path';
import type { LoadSource } from '../copy/load.ts';
import { valueOfJson, valueOfText } from '../cql/from-json.ts';
import { isMultiCell } from '../cql/select.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { ForeignColumn, ForeignSource } from '../model/data.ts';
import type { ByName, Column, Table, UserType } from '../model/schema.ts';
import type { BlockColumn, Source } from '../ports/source.ts';
import { dialectOf } from '../sources/csv/dialect.ts';
import { standardInput } from '../sources/files/standard-input.ts';
import { createOpenBlocks, createOpenSource } from '../sources/open.ts';
import { createOpenSurvey } from '../sources/survey.ts';
import { type ConvertedColumn, convertedRows } from './converted-rows.ts';
import { columnsOfFields, columnsOfRows, type LoadMapping, strangerReason } from './load-columns.ts';
import { type FileFormat, isTabbed } from './load-format.ts';
import { replayedLoad } from './load-replay.ts';
import { timeColumns } from './load-times.ts';

export interface FilesToLoad extends LoadMapping {
  /** A path or a glob relative to the working folder, or standard input. */
  readonly place: string;
  readonly format: Exclude<FileFormat, 'parquet'>;
  /** The fields' names, in order, of a CSV file without a header; null: it has one. */
  readonly fields: readonly string[] | null;
  readonly settings: ForeignSource['settings'];
  /** A rejects file of an earlier load of the same file, whose rows are loaded instead of the file's; null: the file's. */
  readonly replay: string | null;
  /** Whether each row has to be looked at by itself: then nothing goes straight into wire form. */
  readonly rowByRow: boolean;
}

export interface LoadTarget {
  readonly into: Table;
  readonly types: ByName<UserType>;
}

/** A source ready to be loaded, and the field that each column comes from. */
export interface ReadyToLoad {
  readonly from: LoadSource;
  readonly columns: Readonly<Record<string, string>>;
  /** What a reader has to know of how it is read. */
  readonly notes: readonly string[];
}

/** Rows that say which fields they have are looked at so far before anything is written. */
export const rowsBefore = 1000;

/** CSV, JSON and NDJSON. The types are the table's. */
export async function filesToLoad(input: FilesToLoad, target: LoadTarget): Promise<ReadyToLoad> {
  return input.format === 'csv' ? csvToLoad(input, target) : jsonToLoad(input, input.format, target);
}

function declaredAs(
  { place, format, settings, fields }: FilesToLoad,
  columns: Readonly<Record<string, ForeignColumn>>,
): ForeignSource {
  const tab = isTabbed(place) ? { delimiter: '\t' } : {};
  return {
    kind: 'foreign',
    system: format,
    connection: null,
    place,
    columns,
    key: [],
    settings: format === 'csv' ? { ...tab, ...settings, header: fields === null } : {},
  };
}

async function jsonToLoad(
  input: FilesToLoad,
  format: 'json' | 'ndjson',
  { into, types }: LoadTarget,
): Promise<ReadyToLoad> {
  const projectFolder = process.cwd();
  const survey = createOpenSurvey({ projectFolder });
  const target = { kind: 'files', system: format, place: input.place, settings: {}, rows: rowsBefore } as const;
  const seen = input.replay === null ? ((await survey(target)).tables[0]?.columns ?? []) : [];
  const { columns, others } = columnsOfRows(
    into,
    seen.map(({ field }) => field),
    input,
  );
  if (input.replay !== null) {
    return {
      from: replayedLoad({ file: resolve(input.replay), into, types, columns, csv: null, besides: input }),
      columns,
      notes: [],
    };
  }
  const declared = declaredAs(input, {
    ...foreignColumns(into, columns, jsonTypeOf),
    ...timeColumns(input, () => ({ type: 'json.any' })),
  });
  const strangers = others === null ? {} : { strangers: { allowed: others, reason: strangerReason } };
  const source = await createOpenSource({ projectFolder, ...strangers })(declared);
  return { from: valuesFrom(source, { into, types, format }), columns, notes: [] };
}

async function csvToLoad(input: FilesToLoad, { into, types }: LoadTarget): Promise<ReadyToLoad> {
  const projectFolder = process.cwd();
  const named = declaredAs(
    input,
    Object.fromEntries((input.fields ?? []).map((field) => [field, { type: 'csv.text', required: false, field }])),
  );
  const blocks = await createOpenBlocks({ projectFolder })(named);
  const fields = await blocks.fields();
  const columns = columnsOfFields(into, fields, input);
  if (input.replay !== null) {
    const csv = { dialect: dialectOf(named), fields };
    return {
      from: replayedLoad({ file: resolve(input.replay), into, types, columns, csv, besides: input }),
      columns,
      notes: [],
    };
  }
  const lists = into.columns.some(
    ({ name, type }) => Object.hasOwn(columns, name) && type.kind === 'list' && isMultiCell(type),
  );
  if (!lists && !input.rowByRow) {
    return { from: { kind: 'blocks', source: blocks, columns: blockColumns(into, columns) }, columns, notes: [] };
  }
  const all = {
    ...foreignColumns(into, columns, csvTypeOf),
    ...timeColumns(input, () => ({ type: 'csv.text' })),
  };
  const inOrder = input.fields === null ? all : inOrderOf(input.fields, all);
  const source = await createOpenSource({ projectFolder })(declaredAs(input, inOrder));
  return { from: valuesFrom(source, { into, types, format: 'csv' }), columns, notes: [] };
}

/** Throws `STDIN_EMPTY` where nobody has put anything into it. */
export function assertPiped(): void {
  if (!process.stdin.isTTY) return;
  throw new CqlformError('STDIN_EMPTY', 'standard input is a terminal: there is nothing to load', {
    next: 'Pipe rows into it: `zcat events.csv.gz | cqlform load - events --format csv`; or name a file.',
    exitCode: exitCodes.usage,
  });
}

export const standardPlace: string = standardInput;

/** Without a header the fields of a file are those of the declaration, in its order: all of them, also what is not loaded. */
function inOrderOf(
  fields: readonly string[],
  wanted: Readonly<Record<string, ForeignColumn>>,
): Readonly<Record<string, ForeignColumn>> {
  const byField = Map.groupBy(Object.entries(wanted), ([, column]) => column.field);
  const placed = fields.map(
    (field): readonly [string, ForeignColumn] =>
      byField.get(field)?.[0] ?? [`\0${field}`, { type: 'csv.text', required: false, field }],
  );
  // a field may be wanted twice, as a column and as the time of the row
  const again = [...byField.values()].flatMap((columns) => columns.slice(1));
  return Object.fromEntries([...placed, ...again]);
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
  switch (type.kind === 'scalar' ? type.name : null) {
    case 'decimal':
      return 'json.decimal';
    case 'bigint':
    case 'varint':
      return 'json.bigint';
    case 'double':
    case 'float':
      return 'json.nearest';
    case null:
    case 'text':
    case 'ascii':
      return 'json.digits';
    default:
      return 'json.any';
  }
}

/** Types of a declaration that give what the column's codec takes. */
const readyTypes: ReadonlySet<string> = new Set([
  ...['json.decimal', 'json.bigint'],
  ...['csv.int', 'csv.bigint', 'csv.double', 'csv.decimal', 'csv.boolean', 'csv.uuid', 'csv.date', 'csv.timestamp'],
]);

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
  source: Source,
  { into, types, format }: LoadTarget & { readonly format: FileFormat },
): Extract<LoadSource, { kind: 'values' }> {
  const columns = into.columns.map((column): ConvertedColumn => {
    const read = format === 'csv' ? csvTypeOf(column) : jsonTypeOf(column);
    const ready = readyTypes.has(read);
    const { type } = column;
    const convert = (value: unknown): unknown =>
      read === 'csv.text' ? valueOfText(String(value), type, types) : valueOfJson(value, type, types);
    return { name: column.name, convert: ready ? (value: unknown) => value : convert };
  });
  return convertedRows(source, columns);
}
