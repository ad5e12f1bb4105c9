import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { KeyColumn } from '../sql/key-range.ts';
import type { PostgresSession } from './connection.ts';

export interface CatalogueColumn {
  readonly name: string;
  /** As SQL writes it, e.g. `numeric(10,2)`. */
  readonly full: string;
  /** The name of its type, of a domain's base: `int4`, `_text`. */
  readonly type: string;
  readonly kind: 'enum' | 'range' | 'other';
  readonly nullable: boolean;
  readonly labels: readonly string[];
}
export interface Catalogue {
  readonly from: string;
  /** What tells this table from every other one. */
  readonly identity: readonly string[];
  readonly columns: ReadonlyMap<string, CatalogueColumn>;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly indexes: readonly (readonly string[])[];
  /** Of those indexes that hold no value twice. */
  readonly unique: readonly (readonly string[])[];
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
/**
 * A text as a literal that no setting of the server changes, and which has no collation of its own: beside a column it
 * is compared as that column is ordered.
 */
export function textLiteral(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Up to so many bytes, rows that the server has never estimated are counted. */
const countable = 2 * 1024 ** 3;

/** Null: there is no such table. Of a query only its columns' names are known. */
export async function catalogueOf(session: PostgresSession, declared: ForeignSource): Promise<Catalogue | null> {
  const { query, schema } = declared.settings;
  const server = 'current_database(), coalesce(inet_server_addr()::text, $$local$$), inet_server_port()::text';
  if (typeof query === 'string') {
    const from = `(${query}) AS source`;
    const fields = await session.fields(`SELECT * FROM ${from} LIMIT 0`);
    const [place = []] = await session.rows(`SELECT ${server}`);
    const unknown = { full: '', type: '', kind: 'other', nullable: true, labels: [] } as const;
    const columns = new Map(fields.map((name) => [name, { name, ...unknown }]));
    return { from, identity: place.map(String), columns, rows: null, bytes: null, indexes: [], unique: [] };
  }
  const from = `${typeof schema === 'string' ? `${quoted(schema)}.` : ''}${quoted(declared.place)}`;
  const [place] = await session.rows(
    `SELECT ${server}, c.oid::text, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = to_regclass(${textLiteral(from)}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
  );
  const oid = place?.[3];
  if (oid === undefined || oid === null) return null;
  const qualified = `${quoted(place?.[4] ?? '')}.${quoted(declared.place)}`;
  return {
    from: qualified,
    identity: (place ?? []).map(String),
    columns: await columnsOf(session, oid),
    ...(await sizeOf(session, oid, qualified)),
    ...(await indexesOf(session, oid)),
  };
}

async function columnsOf(session: PostgresSession, oid: string): Promise<ReadonlyMap<string, CatalogueColumn>> {
  const rows = await session.rows(
    `SELECT a.attname, format_type(a.atttypid, a.atttypmod), b.typname, b.typtype, a.attnotnull OR t.typnotnull,
       coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = b.oid)::text, '[]')
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
     WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  );
  return new Map(
    rows.map(([name, full, type, kind, notNull, labels]) => [
      name ?? '',
      {
        name: name ?? '',
        full: full ?? '',
        type: type ?? '',
        kind: kind === 'e' ? 'enum' : kind === 'r' ? 'range' : 'other',
        nullable: notNull !== 't',
        labels: JSON.parse(labels ?? '[]') as string[],
      },
    ]),
  );
}

async function sizeOf(
  session: PostgresSession,
  oid: string,
  from: string,
): Promise<{ readonly rows: number | null; readonly bytes: number | null }> {
  const [row = []] = await session.rows(
    `SELECT sum(c.reltuples)::bigint, bool_or(c.reltuples < 0), sum(pg_table_size(c.oid)), count(*)
     FROM pg_class c WHERE c.relkind IN ('r', 'm') AND (c.oid = ${oid} OR c.oid IN
       (SELECT i.relid FROM pg_partition_tree(${oid}) i WHERE i.isleaf))`,
  );
  const [estimate, unknown, size, tables] = row;
  // Views and foreign tables have no rows of their own.
  if (tables === '0') return { rows: null, bytes: null };
  const bytes = Number(size);
  if (unknown !== 't') return { rows: Number(estimate), bytes };
  if (bytes > countable) return { rows: null, bytes };
  const [count] = await session.rows(`SELECT count(*) FROM ${from}`);
  return { rows: Number(count?.[0]), bytes };
}

/** None of a table that others inherit from, whose rows it shows as its own: its indexes know nothing of those. */
async function indexesOf(session: PostgresSession, oid: string): Promise<Pick<Catalogue, 'indexes' | 'unique'>> {
  const rows = await session.rows(
    `SELECT (SELECT json_agg(a.attname ORDER BY k.place)::text
       FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
       WHERE k.place <= i.indnkeyatts), i.indisunique
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
     WHERE i.indrelid = ${oid} AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid AND m.amname = 'btree'
       AND (c.relkind = 'I' OR NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhparent = i.indrelid))`,
  );
  const columnsOf = ([names]: (typeof rows)[number]): readonly string[] => JSON.parse(names ?? '[]') as string[];
  return { indexes: rows.map(columnsOf), unique: rows.filter(([, unique]) => unique === 't').map(columnsOf) };
}

/** Whether an index of whatever kind begins with the column. */
export async function isIndexed(session: PostgresSession, from: string, column: string): Promise<boolean> {
  const rows = await session.rows(
    `SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = to_regclass(${textLiteral(from)}) AND a.attname = ${textLiteral(column)}
       AND i.indpred IS NULL AND i.indisvalid LIMIT 1`,
  );
  return rows.length > 0;
}

const wholes = ['int2', 'int4', 'int8'];
const comparable = [
  ...wholes,
  'numeric',
  'text',
  'varchar',
  'bpchar',
  'uuid',
  'date',
  'timestamp',
  'timestamptz',
  'time',
  'bytea',
  'inet',
  'macaddr',
];

/** The key by whose ranges the table can be cut; null: it has to be read in one piece. */
export function splittingKey(declared: ForeignSource, { columns, indexes }: Catalogue): readonly KeyColumn[] | null {
  const fields = declared.key.map((name) => own(declared.columns, name)?.field ?? name);
  const indexed = indexes.some((index) => fields.every((field, at) => index[at] === field));
  if (fields.length === 0 || !indexed) return null;
  const key = fields.flatMap((field) => {
    const column = columns.get(field);
    if (column === undefined || column.nullable) return [];
    if (!comparable.includes(column.type) && column.kind !== 'enum') return [];
    return [{ name: quoted(field), literal: (text: string) => `${textLiteral(text)}::${column.full}` }];
  });
  return key.length === fields.length ? key : null;
}

/** Whether the key is one whole number. */
export function isWholeKey(declared: ForeignSource, { columns }: Catalogue): boolean {
  const [name, ...more] = declared.key;
  const field = name === undefined ? undefined : own(declared.columns, name)?.field;
  return more.length === 0 && field !== undefined && wholes.includes(columns.get(field)?.type ?? '');
}
