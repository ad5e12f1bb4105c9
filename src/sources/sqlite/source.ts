import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { hashOf } from '../../kernel/hash.ts';
import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { ChangedRows, Source } from '../../ports/source.ts';
import { type Addresses, addressOf } from '../sql/address.ts';
import { holdsUnique, type KeyColumn } from '../sql/key-range.ts';
import { tableMissing, unknownType, zoneNotes } from '../sql/notes.ts';
import type { SqlColumn } from '../sql/rows.ts';
import { SqlSource, type SqlTable } from '../sql/source.ts';
import { SqliteSession } from './connection.ts';
import { sqliteTimes } from './times.ts';
import { type SqliteRaw, shownRaw, sqliteReaders } from './values.ts';

/** Up to so large a file its rows are counted. */
const countable = 4 * 1024 ** 3;

/** A table or query of an SQLite database. */
export async function openSqlite(
  declared: ForeignSource,
  addresses: Addresses,
  changed?: ChangedRows,
): Promise<Source> {
  const name = declared.connection ?? '';
  const columns = columnsOf(declared);
  const address = addressOf(declared, addresses);
  if (address.kind !== 'file') throw notAFile(name);
  const session = await SqliteSession.open(name, address.path);
  try {
    const table = await tableOf(session, { declared, columns, path: address.path });
    const openReaders = async (): Promise<SqliteSession> => (await SqliteSession.open(name, address.path)).begin();
    return new SqlSource(table, { session, openReaders, close: () => session.close() }, changed);
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
}

interface Declared {
  readonly declared: ForeignSource;
  readonly columns: readonly SqlColumn<SqliteRaw>[];
  readonly path: string;
}

async function tableOf(session: SqliteSession, { declared, columns, path }: Declared): Promise<SqlTable<SqliteRaw>> {
  const { query, schema } = declared.settings;
  const from =
    typeof query === 'string'
      ? `(${query}) AS source`
      : `${typeof schema === 'string' ? `${quoted(schema)}.` : ''}${quoted(declared.place)}`;
  const found = typeof query === 'string' ? [] : await columnsIn(session, declared);
  if (found.length === 0 && typeof query !== 'string') throw tableMissing(declared);
  const fields = typeof query === 'string' ? session.fields(`SELECT * FROM ${from}`) : found.map(({ name }) => name);
  const key = await splittingKey(session, declared, found);
  const [size = []] = await session.rows(
    'SELECT page_count * page_size, schema_version FROM pragma_page_count(), pragma_page_size(), pragma_schema_version()',
  );
  const bytes = Number(size[0]);
  const counted = bytes <= countable && query === undefined;
  const [count] = counted ? await session.rows(`SELECT count(*) FROM ${from}`) : [];
  return {
    declared,
    from,
    fields,
    columns,
    expression: ({ field }) => quoted(field),
    key,
    keyExpression: ({ name }) => `quote(${name})`,
    keyText: String,
    wholeKey: key?.length === 1 && found.some(({ name, rowid }) => rowid && quoted(name) === key[0]?.name),
    distinct:
      query === undefined &&
      holdsUnique(declared, [
        ...found.filter(({ rowid }) => rowid).map(({ name }) => [name]),
        ...(await indexesOf(session, declared.place, 'AND l."unique" = 1')),
      ]),
    rows: count === undefined ? null : Number(count[0]),
    bytes: query === undefined ? bytes : null,
    identity: hashOf({ path, schema: String(size[1]), declared, fields }),
    notes: zoneNotes(declared, 'sqlite.timestamp'),
    times: sqliteTimes,
    isIndexed: async (field) => {
      if (query !== undefined || (await isView(session, declared.place))) return null;
      return found.some(({ name, rowid }) => rowid && name === field) || isIndexed(session, declared.place, [field]);
    },
  };
}

interface FoundColumn {
  readonly name: string;
  readonly nullable: boolean;
  /** Another name of the row's own number. */
  readonly rowid: boolean;
}

async function columnsIn(session: SqliteSession, declared: ForeignSource): Promise<readonly FoundColumn[]> {
  const rows = await session.rows(
    `SELECT name, type, "notnull", pk, (SELECT count(*) FROM pragma_table_info(${text(declared.place)}) WHERE pk > 0)
     FROM pragma_table_xinfo(${text(declared.place)}) WHERE hidden <> 1`,
  );
  return rows.map(([name, type, notNull, pk, keys]) => {
    const rowid = String(type).toUpperCase() === 'INTEGER' && pk === 1n && keys === 1n;
    return { name: String(name), nullable: notNull !== 1n && !rowid, rowid };
  });
}

/** The key by whose ranges the table can be cut; null: it has to be read in one piece. */
async function splittingKey(
  session: SqliteSession,
  declared: ForeignSource,
  found: readonly FoundColumn[],
): Promise<readonly KeyColumn[] | null> {
  const names = declared.key.map((name) => own(declared.columns, name)?.field ?? name);
  const columns = names.flatMap((name) => found.filter((one) => one.name === name && !one.nullable));
  if (names.length === 0 || columns.length < names.length) return null;
  const rowid = columns.length === 1 && columns[0]?.rowid === true;
  if (!rowid && !(await isIndexed(session, declared.place, names))) return null;
  return names.map((name) => ({ name: quoted(name), literal }));
}

async function isIndexed(session: SqliteSession, table: string, names: readonly string[]): Promise<boolean> {
  return (await indexesOf(session, table, '')).some((index) => names.every((name, at) => index[at] === name));
}

async function indexesOf(
  session: SqliteSession,
  table: string,
  condition: '' | 'AND l."unique" = 1',
): Promise<readonly (readonly string[])[]> {
  const rows = await session.rows(
    `SELECT l.seq, i.name FROM pragma_index_list(${text(table)}) l, pragma_index_xinfo(l.name) i
     WHERE l.partial = 0 AND i.key = 1 AND i.desc = 0 AND i.coll = 'BINARY' ${condition} ORDER BY l.seq, i.seqno`,
  );
  return [...Map.groupBy(rows, ([index]) => index).values()].map((index) => index.map(([, name]) => String(name)));
}

async function isView(session: SqliteSession, table: string): Promise<boolean> {
  const rows = await session.rows(`SELECT 1 FROM pragma_table_list(${text(table)}) WHERE type = 'view'`);
  return rows.length > 0;
}

/** Written by SQLite itself (`quote`), and by nobody else. */
function literal(value: string): string {
  if (/^(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|'(?:[^']|'')*'|X'[0-9A-F]*')$/i.test(value)) return value;
  throw new TypeError(`${value} is no value of a key`);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function columnsOf(declared: ForeignSource): readonly SqlColumn<SqliteRaw>[] {
  return Object.entries(declared.columns).map(([column, one]) => {
    const factory = own(sqliteReaders, one.type);
    if (factory === undefined) throw unknownType('SQLite', column, one.type);
    const { field, required } = one;
    return { column, field, required, read: factory(one, declared.settings), show: shownRaw };
  });
}

function notAFile(name: string): CqlformError {
  return new CqlformError('SOURCE_ADDRESS_INVALID', `source ${name} is a server, and an SQLite file is needed`, {
    next: "Give `{ file: 'path' }` for it under `sources` in the configuration.",
    fields: { connection: name },
    exitCode: exitCodes.usage,
  });
}
