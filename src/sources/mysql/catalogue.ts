import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { KeyColumn } from '../sql/key-range.ts';
import type { MysqlSession } from './connection.ts';
import { quoted, textLiteral } from './names.ts';

export interface CatalogueColumn {
  readonly name: string;
  /** `int`, `varchar`, in lower case. */
  readonly type: string;
  /** `int(10) unsigned`, `enum('a','b')`. */
  readonly full: string;
  readonly nullable: boolean;
}
/** What the server knows of a declared table. */
export interface Catalogue {
  readonly database: string;
  readonly server: string;
  readonly columns: ReadonlyMap<string, CatalogueColumn>;
  /** InnoDB, Aria, …; null for views. */
  readonly engine: string | null;
  readonly created: string | null;
  readonly rows: number | null;
  readonly bytes: number | null;
  /** The columns of each index, in their order. */
  readonly indexes: readonly (readonly string[])[];
  /** Of those indexes that hold no value twice. */
  readonly unique: readonly (readonly string[])[];
}

const text = (value: Buffer | null | undefined): string => value?.toString('utf8') ?? '';
const count = (value: Buffer | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(text(value));

/** Null: there is no such table. Of a query only its columns are known, without their types. */
export async function catalogueOf(session: MysqlSession, declared: ForeignSource): Promise<Catalogue | null> {
  const { query, schema } = declared.settings;
  const [row] = await session.rows('SELECT DATABASE(), @@hostname, @@port');
  const database = typeof schema === 'string' ? schema : text(row?.[0]);
  const server = `${text(row?.[1])}:${text(row?.[2])}`;
  if (typeof query === 'string') {
    const { fields } = await session.answer(`SELECT * FROM (${query}) AS source LIMIT 0`);
    const columns = fields.map(({ name }) => [name, { name, type: '', full: '', nullable: true }] as const);
    const unknown = { engine: null, created: null, rows: null, bytes: null, indexes: [], unique: [] };
    return { database, server, columns: new Map(columns), ...unknown };
  }
  const where = `TABLE_SCHEMA = ${textLiteral(database)} AND TABLE_NAME = ${textLiteral(declared.place)}`;
  const [table] = await session.rows(
    `SELECT ENGINE, CREATE_TIME, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES WHERE ${where}`,
  );
  if (table === undefined) return null;
  const columns = await session.rows(
    `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE FROM information_schema.COLUMNS WHERE ${where} ORDER BY ORDINAL_POSITION`,
  );
  const indexed = await session.rows(
    `SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE, SUB_PART FROM information_schema.STATISTICS WHERE ${where} ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
  );
  const indexes = [...Map.groupBy(indexed, ([index]) => text(index)).values()];
  // expressions have no column, and of a prefix nobody knows the rest
  const isColumn = ([, column, , prefix]: (typeof indexed)[number]): boolean =>
    column !== null && column !== undefined && (prefix === null || prefix === undefined);
  const columnsOf = (rows: typeof indexed): readonly string[] => {
    const end = rows.findIndex((row) => !isColumn(row));
    return rows.slice(0, end === -1 ? rows.length : end).map(([, column]) => text(column));
  };
  return {
    database,
    server,
    columns: new Map(
      columns.map(([name, type, full, nullable]) => [
        text(name),
        { name: text(name), type: text(type).toLowerCase(), full: text(full), nullable: text(nullable) === 'YES' },
      ]),
    ),
    engine: table[0] === null || table[0] === undefined ? null : text(table[0]),
    created: text(table[1]),
    rows: count(table[2]),
    bytes: count(table[3]),
    indexes: indexes.map(columnsOf),
    unique: indexes.filter((rows) => text(rows[0]?.[2]) === '0' && rows.every(isColumn)).map(columnsOf),
  };
}

const wholes = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year'];
const texts = ['char', 'varchar'];
const quotables = ['date', 'datetime', 'timestamp', 'time', 'uuid', 'inet4', 'inet6'];

/** The key by whose ranges the table can be cut; null: it has to be read in one piece. */
export function splittingKey(declared: ForeignSource, catalogue: Catalogue): readonly KeyColumn[] | null {
  const fields = declared.key.map((name) => own(declared.columns, name)?.field ?? name);
  const indexed = catalogue.indexes.some((index) => fields.every((field, at) => index[at] === field));
  if (fields.length === 0 || !indexed) return null;
  const key = fields.map((field) => keyColumn(catalogue.columns.get(field)));
  return key.some((column) => column === null) ? null : key.filter((column) => column !== null);
}

/** Whether the key is one whole number. */
export function isWholeKey(declared: ForeignSource, { columns }: Catalogue): boolean {
  const [name, ...more] = declared.key;
  const field = name === undefined ? undefined : own(declared.columns, name)?.field;
  return more.length === 0 && field !== undefined && wholes.includes(columns.get(field)?.type ?? '');
}

function keyColumn(column: CatalogueColumn | undefined): KeyColumn | null {
  if (column === undefined || column.nullable) return null;
  const { type } = column;
  const name = quoted(column.name);
  if (wholes.includes(type) || type === 'decimal') return { name, literal: (value) => numberLiteral(value) };
  if (texts.includes(type)) return { name, literal: textLiteral };
  if (type === 'binary' || type === 'varbinary') return { name, literal: (value) => `X'${hexOf(value)}'` };
  return quotables.includes(type) ? { name, literal: (value) => `'${plainOf(value)}'` } : null;
}

function numberLiteral(value: string): string {
  if (/^-?\d+(?:\.\d+)?$/.test(value)) return value;
  throw new TypeError(`${value} is no number of a key`);
}
function hexOf(value: string): string {
  return Buffer.from(value, 'latin1').toString('hex');
}
function plainOf(value: string): string {
  if (/^[\w:. -]+$/.test(value)) return value;
  throw new TypeError(`${value} is no value of a key`);
}
