import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { qualified, quoted } from '../model/identifier.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';

/** How a column stands in the result: which result columns it takes, and how they become a cell. */
export type ColumnRead =
  /** value [, write time, ttl] */
  | { readonly kind: 'value'; readonly timed: boolean }
  | { readonly kind: 'counter' }
  /** value [, write times, ttls], the latter two a list with one entry per element */
  | { readonly kind: 'list' | 'set' | 'map'; readonly timed: boolean }
  /** whole UDT, read as its fields */
  | { readonly kind: 'udt'; readonly fields: readonly string[] }
  /** per field: value, write time, ttl */
  | { readonly kind: 'fields'; readonly fields: readonly string[] };

export interface ScanStatement {
  readonly text: string;
  /** Whether the first result column is the coordinator's clock (milliseconds); it is there when times are read. */
  readonly clock: boolean;
  readonly partitionKey: number;
  readonly clusteringKey: number;
  /** In the order that the columns were asked for. */
  readonly statics: readonly ColumnRead[];
  readonly regulars: readonly ColumnRead[];
}

export interface ScanShape {
  readonly keyspace: string;
  readonly table: Table;
  readonly types: ByName<UserType>;
  readonly columns: readonly string[];
  readonly times: boolean;
  /** Whether the server tells write times of unfrozen collections and UDTs (5.0 and later). */
  readonly elementTimes: boolean;
  /** Relations that rows have to meet besides; left out: none. */
  readonly where?: string;
}

/**
 * The statement that reads a token range, bound to its start (exclusive) and end (inclusive). `mark` becomes the name
 * of the first result column. Columns are always named: a prepared `SELECT *` goes stale when the table changes.
 */
export function scanStatement(shape: ScanShape, mark: string): ScanStatement {
  const token = tokenOf(shape.table);
  const range = `${token} > ? AND ${token} <= ?`;
  const where = shape.where === undefined ? range : `${range} AND ${shape.where} ALLOW FILTERING`;
  return readStatement(shape, { mark, where });
}

/** The statement that reads one row, bound to its whole key; `static`: the partition's static cells, bound to its partition key. */
export function rowStatement(
  shape: ScanShape,
  { mark, kind }: { readonly mark: string; readonly kind: 'row' | 'static' },
): ScanStatement {
  const { table } = shape;
  const key = kind === 'row' ? keyColumns(table) : table.partitionKey;
  const where = key.map((name) => `${quoted(name)} = ?`).join(' AND ');
  return readStatement(shape, { mark, where: kind === 'row' ? where : `${where} LIMIT 1` });
}

function readStatement(
  shape: ScanShape,
  { mark, where }: { readonly mark: string; readonly where: string },
): ScanStatement {
  const { table } = shape;
  const asked = shape.columns.map((name) => columnOf(table, name));
  const statics = asked.filter((column) => column.static);
  const regulars = asked.filter((column) => !column.static);
  const items = keyColumns(table).map(quoted);
  if (shape.times) items.unshift('toUnixTimestamp(now())');
  const reads = (columns: readonly Column[]): ColumnRead[] =>
    columns.map((column) => {
      const read = readOf(shape, column);
      items.push(...itemsOf(column.name, read));
      return read;
    });
  const staticReads = reads(statics);
  const regularReads = reads(regulars);
  const [first, ...others] = items;
  const list = [`${first} AS ${quoted(mark)}`, ...others].join(', ');
  return {
    text: `SELECT ${list} FROM ${qualified(shape.keyspace, table.name)} WHERE ${where}`,
    clock: shape.times,
    partitionKey: table.partitionKey.length,
    clusteringKey: table.clusteringKey.length,
    statics: staticReads,
    regulars: regularReads,
  };
}

/** Columns whose write time this server does not tell. */
export function untimedColumns(table: Table, elementTimes: boolean): string[] {
  return elementTimes ? [] : table.columns.filter((column) => isMultiCell(column.type)).map((column) => column.name);
}

/**
 * Expressions whose greatest value over all rows is the newest write time of the columns, one aggregate each; none for
 * columns whose write time is not told.
 */
export function newestExpressions(shape: Omit<ScanShape, 'times'>): string[] {
  return shape.columns.flatMap((name) => {
    const { type } = columnOf(shape.table, name);
    if (!isMultiCell(type)) return [`max(writetime(${quoted(name)}))`];
    if (!shape.elementTimes) return [];
    // Not max(writetime(udt.field)): 5.0.8 takes the time for a value of the field's type, and fails. This one is right,
    // also where writetime(udt) is not, which is when the first field is null.
    return [`max(maxwritetime(${quoted(name)}))`];
  });
}

/** True for types whose parts are cells of their own: collections and UDTs that are not frozen. */
export function isMultiCell(type: CqlType): boolean {
  return (type.kind === 'list' || type.kind === 'set' || type.kind === 'map' || type.kind === 'udt') && !type.frozen;
}

/** `token(a, b)` over the partition key. */
export function tokenOf(table: Pick<Table, 'partitionKey'>): string {
  return `token(${table.partitionKey.map(quoted).join(', ')})`;
}

/** The table's column of that name; throws `UNKNOWN_COLUMN` when there is none. */
export function columnOf(table: Table, name: string): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new CqlformError('UNKNOWN_COLUMN', `table ${table.name} has no column ${name}`, {
    next: 'Read the table anew: it may have changed since.',
    fields: { table: table.name, column: name },
  });
}

/** Field names of a UDT in order; throws `UNKNOWN_TYPE` when it is not among the types. */
export function fieldsOf(types: ByName<UserType>, name: string): readonly string[] {
  const type = own(types, name);
  if (type !== undefined) return type.fields.map((field) => field.name);
  throw new CqlformError('UNKNOWN_TYPE', `there is no type ${name} in this keyspace`, {
    next: 'Read the keyspace anew: its types may have changed since.',
    fields: { type: name },
  });
}

function readOf(shape: ScanShape, column: Column): ColumnRead {
  const { type } = column;
  if (type.kind === 'scalar' && type.name === 'counter') return { kind: 'counter' };
  if (!isMultiCell(type)) return { kind: 'value', timed: shape.times };
  const timed = shape.times && shape.elementTimes;
  if (type.kind === 'list' || type.kind === 'set' || type.kind === 'map') return { kind: type.kind, timed };
  if (type.kind !== 'udt') return { kind: 'value', timed };
  // writetime(udt) is wrong when the first field is null; that of a single field is right
  return { kind: timed ? 'fields' : 'udt', fields: fieldsOf(shape.types, type.name) };
}

function itemsOf(name: string, read: ColumnRead): string[] {
  const column = quoted(name);
  const withTimes = (item: string): string[] => [item, `writetime(${item})`, `ttl(${item})`];
  if (read.kind === 'fields') return read.fields.flatMap((field) => withTimes(`${column}.${quoted(field)}`));
  if (read.kind === 'counter' || read.kind === 'udt' || !read.timed) return [column];
  return withTimes(column);
}
