import { type Fit, fitOf } from '../copy/fit-value.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { isKept } from '../model/conversion.ts';
import type { ForeignColumn, ForeignSource } from '../model/data.ts';
import { type Column, keyColumns, type Table } from '../model/schema.ts';
import type { Source } from '../ports/source.ts';
import type { ReadType, SurveyedColumn, SurveyedTable, SurveyTarget } from '../ports/survey.ts';
import { createOpenSource, type OpenSourceOptions } from '../sources/open.ts';
import { createOpenSurvey } from '../sources/survey.ts';
import { convertedRows } from './converted-rows.ts';
import { columnsOfFields, columnsOfRows, type LoadMapping, strangerReason } from './load-columns.ts';
import type { LoadTarget, ReadyToLoad } from './load-files.ts';
import { timeColumns } from './load-times.ts';

export interface TypedToLoad extends LoadMapping {
  readonly target: SurveyTarget;
  readonly settings: ForeignSource['settings'];
}

/** Sources whose values have types: Parquet files, tables and queries of databases, collections. */
export async function typedToLoad(
  input: TypedToLoad,
  target: LoadTarget,
  options: OpenSourceOptions,
): Promise<ReadyToLoad> {
  const [surveyed] = (await createOpenSurvey(options)(input.target)).tables;
  if (surveyed === undefined) throw new TypeError('a survey of one table found none');
  const loose = surveyed.system === 'mongo';
  const readable = surveyed.columns.filter(({ read }) => read !== null);
  const fields = readable.map(({ field }) => field);
  const { columns, others } = loose
    ? columnsOfRows(target.into, fields, input)
    : { columns: columnsOfFields(target.into, fields, input), others: null };
  const wanted = target.into.columns.flatMap((column) => {
    const field = own(columns, column.name);
    return field === undefined ? [] : [{ column, field, ...fitting(column, field, { surveyed, target }) }];
  });
  const typeOf = (field: string): ReadType =>
    surveyed.columns.find((one) => one.field === field)?.read ?? anyOf(surveyed);
  const key = sourceKey(surveyed, { ...input, into: target.into, wanted });
  const declared: ForeignSource = {
    kind: 'foreign',
    system: surveyed.system,
    connection: surveyed.connection,
    place: surveyed.place,
    settings: { ...surveyed.settings, ...input.settings },
    columns: {
      ...Object.fromEntries(
        wanted.map(({ column, field, read }): [string, ForeignColumn] => [
          column.name,
          { ...read, required: false, field },
        ]),
      ),
      ...timeColumns(input, typeOf),
    },
    key,
  };
  const strangers = others === null ? {} : { strangers: { allowed: others, reason: strangerReason } };
  const source = await createOpenSource({ ...options, ...strangers })(declared);
  try {
    const from = {
      ...convertedRows(
        source,
        wanted.map(({ column, convert }) => ({ name: column.name, convert })),
      ),
      inPieces: key.length > 0,
    };
    return { from, columns, notes: await notesOf(source, surveyed) };
  } catch (thrown) {
    await source.close();
    throw thrown;
  }
}

/**
 * The key of a table of a database, where all of it goes into the target's key as it is: no two rows meet then, and pieces
 * of the table may be read side by side. Empty: it does not.
 */
function sourceKey(
  { key, system }: SurveyedTable,
  {
    target,
    settings,
    into,
    wanted,
  }: Pick<TypedToLoad, 'target' | 'settings'> & {
    readonly into: Table;
    readonly wanted: readonly { readonly column: Column; readonly field: string; readonly read: ReadType }[];
  },
): readonly string[] {
  if (target.kind !== 'database' || settings['fractions'] === 'truncate') return [];
  const keyed = keyColumns(into);
  const columns = key.map((field) =>
    wanted.find((one) => {
      const { column, read } = one;
      const kept = system === 'mongo' || (column.type.kind === 'scalar' && isKept(read.type, column.type.name));
      return one.field === field && keyed.includes(column.name) && kept;
    }),
  );
  return columns.some((one) => one === undefined) ? [] : columns.flatMap((one) => one?.column.name ?? []);
}

const anyOf = ({ system }: SurveyedTable): ReadType => ({ type: `${system}.any` });

/** How a field is read and made to convert. Throws `LOAD_TYPE_UNFIT`. */
function fitting(
  column: Column,
  field: string,
  { surveyed, target }: { readonly surveyed: SurveyedTable; readonly target: LoadTarget },
): { readonly read: ReadType; readonly convert: Fit } {
  const found = surveyed.columns.find((one) => one.field === field);
  const read = readFor(column, found, surveyed);
  const convert = fitOf(read, column.type, target.types);
  if (typeof convert !== 'string') return { read, convert };
  throw new CqlformError(
    'LOAD_TYPE_UNFIT',
    `${field} does not go into ${column.name} of ${target.into.name}: ${convert}`,
    {
      next: `Leave it out with --ignore ${field}, map another field, or write a migration, in which a function of the row converts it (\`cqlform assess … --write NAME\`).`,
      fields: { field, column: column.name, table: target.into.name },
      exitCode: exitCodes.usage,
    },
  );
}

/** Of a query, SQLite and MongoDB the column says what is wanted; elsewhere the catalogue says what is there. */
function readFor({ type }: Column, found: SurveyedColumn | undefined, { system, settings }: SurveyedTable): ReadType {
  if (system === 'mongo') return { type: 'mongo.any' };
  if (found === undefined || found.read === null) return { type: `${system}.any` };
  const name = type.kind === 'scalar' ? type.name : null;
  if (name === 'boolean' && found.flag !== null) return { type: found.flag };
  if (system === 'sqlite') return { type: `sqlite.${own(ofSqlite, name ?? '') ?? 'any'}` };
  if (settings['query'] === undefined) return found.read;
  if (system === 'postgres' && (type.kind === 'list' || type.kind === 'set')) return { type: 'postgres.text[]' };
  return { type: `${system}.${own(ofQueries, name ?? '')?.[system === 'mysql' ? 0 : 1] ?? 'text'}` };
}

const ofSqlite: Readonly<Record<string, string>> = {
  bigint: 'integer',
  int: 'int',
  double: 'real',
  decimal: 'numeric',
  blob: 'blob',
  boolean: 'boolean',
  uuid: 'uuid',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
};
/** What is not read from its text: in MySQL, and in PostgreSQL. */
const ofQueries: Readonly<Record<string, readonly [string, string]>> = {
  timestamp: ['datetime', 'timestamptz'],
  blob: ['blob', 'bytea'],
  boolean: ['boolean', 'boolean'],
};

/** Throws what the source says against being read as it is. */
async function notesOf(source: Source, { columns }: SurveyedTable): Promise<readonly string[]> {
  const { notes = [] } = await source.facts();
  const wrong = notes.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) {
    throw new CqlformError('LOAD_SOURCE_UNFIT', wrong.message, { next: wrong.next, exitCode: exitCodes.usage });
  }
  const refused = columns.flatMap(({ field, read, refused }) =>
    read === null ? [`${field} is left out: ${refused}`] : [],
  );
  return [...refused, ...notes.filter(({ severity }) => severity === 'warning').map(({ message }) => message)];
}
