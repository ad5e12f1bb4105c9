import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { setOwn } from '../kernel/own.ts';
import { type Column, keyColumns, type Table } from '../model/schema.ts';

/** How a source's fields find their columns. */
export interface LoadMapping {
  /** Table column → field of the source; columns left out come from the field of their name. */
  readonly map: Readonly<Record<string, string>>;
  /** Fields that are left where they are. */
  readonly ignore: readonly string[];
  /** Also every other field that has no column. */
  readonly ignoreUnknown: boolean;
  /** Fields that say when a row was written, and how many seconds it lives; null: none does. */
  readonly timestampField: string | null;
  readonly ttlField: string | null;
}

/**
 * Which field each column comes from. Every field has its column, or is ignored; every key column has its field. Throws
 * `UNKNOWN_COLUMN`, `LOAD_FIELD_UNKNOWN`, `LOAD_FIELD_UNMAPPED` and `LOAD_KEY_MISSING`.
 */
export function columnsOfFields(
  into: Table,
  fields: readonly string[],
  mapping: LoadMapping,
): Readonly<Record<string, string>> {
  const { map, ignore, ignoreUnknown } = mapping;
  assertColumns(into, Object.keys(map));
  const mapped = new Set(Object.values(map));
  const besides = besidesOf(mapping);
  for (const field of [...mapped, ...ignore, ...besides])
    if (!fields.includes(field)) throw unknownField(field, fields);
  const columns: Record<string, string> = { ...map };
  const homeless: string[] = [];
  for (const field of fields) {
    if (mapped.has(field) || ignore.includes(field)) continue;
    const column = into.columns.find(({ name }) => name === field);
    if (column !== undefined && !Object.hasOwn(map, column.name)) setOwn(columns, field, field);
    else if (!besides.includes(field)) homeless.push(field);
  }
  if (homeless.length > 0 && !ignoreUnknown) throw unmappedFields(homeless, into);
  assertKey(into, columns, `It has ${fields.join(', ')}.${delimiterIn(fields)}`);
  return columns;
}

/** A header in one piece, in which a usual delimiter stands. */
function delimiterIn([only = '', ...others]: readonly string[]): string {
  const found = others.length === 0 ? [';', '\t', '|'].find((one) => only.includes(one)) : undefined;
  return found === undefined
    ? ''
    : ` If that is one field by mistake: --delimiter '${found === '\t' ? '\\t' : found}'.`;
}

/**
 * The same for rows that each have fields of their own: every column from the field of its name. `seen` are the fields of
 * the first rows; `others` those that rows may have besides, null: any.
 */
export function columnsOfRows(
  into: Table,
  seen: readonly string[],
  mapping: LoadMapping,
): { readonly columns: Readonly<Record<string, string>>; readonly others: ReadonlySet<string> | null } {
  const { map, ignore, ignoreUnknown } = mapping;
  assertColumns(into, Object.keys(map));
  const mapped = new Set(Object.values(map));
  const columns: Record<string, string> = { ...map };
  for (const { name } of into.columns) {
    if (!Object.hasOwn(map, name) && !mapped.has(name) && !ignore.includes(name)) setOwn(columns, name, name);
  }
  assertKey(into, columns, 'Leave it in the rows, or map another field.');
  const others = new Set([...ignore, ...besidesOf(mapping)]);
  const known = new Set([...Object.values(columns), ...others]);
  const homeless = seen.filter((field) => !known.has(field));
  if (homeless.length > 0 && !ignoreUnknown) throw unmappedFields(homeless, into);
  return { columns, others: ignoreUnknown ? null : others };
}

/** Why a row cannot be taken that has a field nobody has placed. */
export function strangerReason(field: string): string {
  return `the field ${field} has no column (--ignore ${field} leaves it out)`;
}

function besidesOf({ timestampField, ttlField }: LoadMapping): readonly string[] {
  return [timestampField, ttlField].filter((field) => field !== null);
}

function assertKey(into: Table, columns: Readonly<Record<string, string>>, next: string): void {
  const missing = keyColumns(into).filter((name) => !Object.hasOwn(columns, name));
  if (missing.length === 0) return;
  throw new CqlformError('LOAD_KEY_MISSING', `no field of the source gives the key column ${missing.join(', ')}`, {
    next: `Name it: --map ${missing[0]}=FIELD. ${next}`,
    fields: { table: into.name, missing },
    exitCode: exitCodes.usage,
  });
}

export function assertColumns(into: Table, names: readonly string[]): void {
  const known = into.columns.map(({ name }: Column) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new CqlformError('UNKNOWN_COLUMN', `table ${into.name} has no column ${unknown}`, {
    next: `Its columns: ${known.join(', ')}.`,
    fields: { table: into.name, column: unknown },
    exitCode: exitCodes.usage,
  });
}

function unknownField(field: string, fields: readonly string[]): CqlformError {
  return new CqlformError('LOAD_FIELD_UNKNOWN', `the source has no field ${field}`, {
    next: `It has ${fields.join(', ')}.`,
    fields: { field },
    exitCode: exitCodes.usage,
  });
}

const mostNamed = 20;

function unmappedFields(fields: readonly string[], into: Table): CqlformError {
  const [first = ''] = fields;
  const named = fields.slice(0, mostNamed).join(', ');
  const more = fields.length > mostNamed ? ` and ${fields.length - mostNamed} more` : '';
  const subject =
    fields.length === 1 ? `the field ${named} has no column` : `the fields ${named}${more} have no column`;
  return new CqlformError('LOAD_FIELD_UNMAPPED', `${subject} in ${into.name}`, {
    next: `Say --map COLUMN=${first}, or --ignore ${first} to leave it out (--ignore-unknown: all that have no column). Columns: ${into.columns.map(({ name }) => name).join(', ')}.${delimiterIn(fields)}`,
    fields: { fields, table: into.name },
    exitCode: exitCodes.usage,
  });
}
