import { mysql } from '../../src/mysql.ts';
import { postgres } from '../../src/postgres.ts';
import { sqlite } from '../../src/sqlite.ts';
import { declaredBy, type Fuzzed, type FuzzValue, type Kind } from './fuzz.ts';

/** How a database takes random rows. */
export interface FuzzDatabase {
  readonly kinds: readonly Kind[];
  readonly statements: (fuzzed: Fuzzed) => readonly string[];
  readonly from: (columns: Fuzzed['columns']) => unknown;
}

interface Column {
  readonly type: string;
  readonly declare: () => unknown;
  readonly literal: (raw: FuzzValue['raw']) => string;
}
type Columns = Readonly<Partial<Record<Kind, Column>>>;

const hexOf = (raw: FuzzValue['raw']): string => Buffer.from(raw as string | Buffer).toString('hex');
const quoted = (raw: FuzzValue['raw']): string => `'${raw}'`;
const local = (raw: FuzzValue['raw']): string => `'${String(raw).replace('T', ' ').replace('Z', '')}'`;
const double = (raw: FuzzValue['raw']): string => Number(raw).toExponential(17);
const untyped = (value: unknown): never => value as never;
const rowsAtOnce = 50;

function database(columns: Columns, declare: (columns: unknown) => unknown): FuzzDatabase {
  const kinds = Object.keys(columns) as Kind[];
  const declarers = Object.fromEntries(Object.entries(columns).map(([kind, column]) => [kind, column.declare]));
  return {
    kinds,
    from: (of) => declare(declaredBy(of, declarers as Readonly<Record<Kind, () => unknown>>)),
    statements: ({ columns: of, rows }) => {
      const types = of.map(({ name, kind }) => `${name} ${columns[kind]?.type}`);
      const lines = rows.map(({ id, values }) => {
        const literals = values.map((value, at) =>
          value === null ? 'NULL' : columns[of[at]?.kind ?? 'int']?.literal(value.raw),
        );
        return `(${[id, ...literals].join(', ')})`;
      });
      const inserts = Array.from({ length: Math.ceil(lines.length / rowsAtOnce) }, (_, at) =>
        lines.slice(at * rowsAtOnce, (at + 1) * rowsAtOnce).join(',\n'),
      );
      return [
        `CREATE TABLE fuzz (id INT PRIMARY KEY, ${types.join(', ')})`,
        ...inserts.map((values) => `INSERT INTO fuzz VALUES ${values}`),
      ];
    },
  };
}

export const fuzzMysql: FuzzDatabase = database(
  {
    smallint: { type: 'SMALLINT', declare: () => mysql.smallint(), literal: String },
    int: { type: 'INT', declare: () => mysql.int(), literal: String },
    bigint: { type: 'BIGINT', declare: () => mysql.bigint(), literal: String },
    unsigned: { type: 'BIGINT UNSIGNED', declare: () => mysql.bigintUnsigned(), literal: String },
    decimal: { type: 'DECIMAL(38,8)', declare: () => mysql.decimal(), literal: String },
    double: { type: 'DOUBLE', declare: () => mysql.double(), literal: double },
    text: {
      type: 'LONGTEXT',
      declare: () => mysql.text(),
      literal: (raw) => `CONVERT(X'${hexOf(raw)}' USING utf8mb4)`,
    },
    blob: { type: 'LONGBLOB', declare: () => mysql.blob(), literal: (raw) => `X'${hexOf(raw)}'` },
    date: { type: 'DATE', declare: () => mysql.date(), literal: quoted },
    timestamp: { type: 'DATETIME(3)', declare: () => mysql.datetime(), literal: local },
    boolean: { type: 'BOOLEAN', declare: () => mysql.boolean(), literal: String },
    uuid: { type: 'UUID', declare: () => mysql.uuid(), literal: quoted },
    inet: { type: 'VARCHAR(45)', declare: () => mysql.inet(), literal: quoted },
    time: { type: 'TIME(6)', declare: () => mysql.time(), literal: quoted },
  },
  (columns) =>
    mysql.table(
      'fuzz',
      untyped({ connection: 'mysql', columns: { id: mysql.int(), ...(columns as object) }, key: ['id'] }),
    ),
);

const pgText = (raw: string): string => `convert_from('\\x${Buffer.from(raw).toString('hex')}', 'UTF8')`;

/** `-1mo2d3us` */
function interval(raw: FuzzValue['raw']): string {
  const [sign, parts] = String(raw).startsWith('-')
    ? (['-', String(raw).slice(1)] as const)
    : (['', String(raw)] as const);
  const [months, days, micros] = parts.split(/[a-z]+/);
  return `interval '${sign}${months} months ${sign}${days} days ${sign}${micros} microseconds'`;
}

export const fuzzPostgres: FuzzDatabase = database(
  {
    smallint: { type: 'smallint', declare: () => postgres.smallint(), literal: String },
    int: { type: 'int', declare: () => postgres.int(), literal: String },
    bigint: { type: 'bigint', declare: () => postgres.bigint(), literal: String },
    decimal: { type: 'numeric', declare: () => postgres.numeric(), literal: String },
    double: { type: 'double precision', declare: () => postgres.double(), literal: (raw) => `'${double(raw)}'` },
    float: { type: 'real', declare: () => postgres.real(), literal: (raw) => `'${double(raw)}'` },
    text: { type: 'text', declare: () => postgres.text(), literal: (raw) => pgText(String(raw)) },
    blob: { type: 'bytea', declare: () => postgres.bytea(), literal: (raw) => `'\\x${hexOf(raw)}'` },
    date: { type: 'date', declare: () => postgres.date(), literal: quoted },
    timestamp: { type: 'timestamptz', declare: () => postgres.timestamptz(), literal: quoted },
    boolean: { type: 'boolean', declare: () => postgres.boolean(), literal: String },
    uuid: { type: 'uuid', declare: () => postgres.uuid(), literal: quoted },
    time: { type: 'time', declare: () => postgres.time(), literal: quoted },
    inet: { type: 'inet', declare: () => postgres.inet(), literal: quoted },
    duration: { type: 'interval', declare: () => postgres.interval(), literal: interval },
    ints: {
      type: 'int[]',
      declare: () => postgres.array(postgres.int()),
      literal: (raw) => `ARRAY[${(raw as readonly number[]).join(', ')}]::int[]`,
    },
    texts: {
      type: 'text[]',
      declare: () => postgres.array(postgres.text()),
      literal: (raw) => `ARRAY[${(raw as readonly string[]).map(pgText).join(', ')}]::text[]`,
    },
  },
  (columns) =>
    postgres.table(
      'fuzz',
      untyped({ connection: 'postgres', columns: { id: postgres.int(), ...(columns as object) }, key: ['id'] }),
    ),
);

export const fuzzSqlite: FuzzDatabase = database(
  {
    int: { type: 'INT', declare: () => sqlite.int(), literal: String },
    bigint: { type: 'INT', declare: () => sqlite.integer(), literal: String },
    // SQLite would make a double of a number
    decimal: { type: 'TEXT', declare: () => sqlite.numeric(), literal: quoted },
    double: { type: 'REAL', declare: () => sqlite.real(), literal: double },
    text: { type: 'TEXT', declare: () => sqlite.text(), literal: (raw) => `CAST(X'${hexOf(raw)}' AS TEXT)` },
    blob: { type: 'BLOB', declare: () => sqlite.blob(), literal: (raw) => `X'${hexOf(raw)}'` },
    date: { type: 'TEXT', declare: () => sqlite.date(), literal: quoted },
    timestamp: { type: 'TEXT', declare: () => sqlite.timestamp(), literal: local },
    boolean: { type: 'INT', declare: () => sqlite.boolean(), literal: (raw) => String(Number(raw)) },
    uuid: { type: 'TEXT', declare: () => sqlite.uuid(), literal: quoted },
    time: { type: 'TEXT', declare: () => sqlite.time(), literal: quoted },
  },
  (columns) =>
    sqlite.table(
      'fuzz',
      untyped({ connection: 'sqlite', columns: { id: sqlite.int(), ...(columns as object) }, key: ['id'] }),
    ),
);
