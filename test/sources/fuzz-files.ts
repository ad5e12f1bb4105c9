import { DuckDBInstance } from '@duckdb/node-api';
import { csv, ndjson, parquet } from '../../src/files.ts';
import { declaredBy, type Fuzzed, type FuzzValue, type Kind } from './fuzz.ts';

/** How a file takes random rows. */
export interface FuzzFile {
  readonly kinds: readonly Kind[];
  readonly content: (fuzzed: Fuzzed) => string;
  readonly from: (columns: Fuzzed['columns']) => unknown;
}

const untyped = (value: unknown): never => value as never;
const jsonText = (raw: FuzzValue['raw'], kind: Kind): string => {
  // digits that a JavaScript number would lose stay as they are
  if (typeof raw === 'bigint' || kind === 'decimal') return String(raw);
  return JSON.stringify(raw);
};

const texts = {
  int: (of: Text) => of.int(),
  bigint: (of: Text) => of.bigint(),
  decimal: (of: Text) => of.decimal(),
  double: (of: Text) => of.double(),
  text: (of: Text) => of.text(),
  date: (of: Text) => of.date(),
  timestamp: (of: Text) => of.timestamp(),
  boolean: (of: Text) => of.boolean(),
  uuid: (of: Text) => of.uuid(),
} as const;
type Text = typeof csv | typeof ndjson;
const textKinds = Object.keys(texts) as (keyof typeof texts)[];
/** CQL's bigint takes whole numbers of any size only by a function. */
const fileKinds = textKinds.filter((kind) => kind !== 'bigint');

const declaring = (of: Text): Readonly<Record<Kind, () => unknown>> =>
  Object.fromEntries(textKinds.map((kind) => [kind, () => texts[kind](of)])) as Readonly<Record<Kind, () => unknown>>;

export const fuzzCsv: FuzzFile = {
  kinds: fileKinds,
  content: ({ columns, rows }) => {
    const field = (value: FuzzValue | null): string =>
      value === null ? '' : `"${String(value.raw).replaceAll('"', '""')}"`;
    const lines = rows.map(({ id, values }) => [String(id), ...values.map(field)].join(','));
    return [['id', ...columns.map(({ name }) => name)].join(','), ...lines].join('\n');
  },
  from: (columns) =>
    csv.file('fuzz.csv', untyped({ columns: { id: csv.int(), ...declaredBy(columns, declaring(csv)) }, key: ['id'] })),
};

export const fuzzNdjson: FuzzFile = {
  kinds: fileKinds,
  content: ({ columns, rows }) =>
    rows
      .map(({ id, values }) => {
        const fields = columns.map(({ name, kind }, at) => {
          const value = values[at] ?? null;
          return `${JSON.stringify(name)}:${value === null ? 'null' : jsonText(value.raw, kind)}`;
        });
        return `{"id":${id},${fields.join(',')}}`;
      })
      .join('\n'),
  from: (columns) =>
    ndjson.file(
      'fuzz.ndjson',
      untyped({ columns: { id: ndjson.int(), ...declaredBy(columns, declaring(ndjson)) }, key: ['id'] }),
    ),
};

const hexOf = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const duckText = (text: string): string => `decode('${hexOf(text)}'::BLOB)`;

const parquetColumns: Readonly<
  Partial<
    Record<
      Kind,
      { readonly type: string; readonly declare: () => unknown; readonly literal: (raw: FuzzValue['raw']) => string }
    >
  >
> = {
  smallint: { type: 'SMALLINT', declare: () => parquet.int16(), literal: String },
  int: { type: 'INTEGER', declare: () => parquet.int32(), literal: String },
  bigint: { type: 'BIGINT', declare: () => parquet.int64(), literal: String },
  unsigned: { type: 'UBIGINT', declare: () => parquet.uint64(), literal: String },
  decimal: { type: 'DECIMAL(38,8)', declare: () => parquet.decimal(), literal: String },
  double: { type: 'DOUBLE', declare: () => parquet.double(), literal: (raw) => `'${Number(raw).toExponential(17)}'` },
  float: { type: 'FLOAT', declare: () => parquet.float(), literal: (raw) => `'${Number(raw).toExponential(17)}'` },
  text: { type: 'VARCHAR', declare: () => parquet.string(), literal: (raw) => duckText(String(raw)) },
  blob: {
    type: 'BLOB',
    declare: () => parquet.binary(),
    literal: (raw) =>
      `'${[...(raw as Buffer)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'::BLOB`,
  },
  date: { type: 'DATE', declare: () => parquet.date(), literal: (raw) => `'${raw}'` },
  timestamp: { type: 'TIMESTAMPTZ', declare: () => parquet.timestamp(), literal: (raw) => `'${raw}'` },
  boolean: { type: 'BOOLEAN', declare: () => parquet.boolean(), literal: String },
  uuid: { type: 'UUID', declare: () => parquet.uuid(), literal: (raw) => `'${raw}'` },
  time: { type: 'TIME', declare: () => parquet.time(), literal: (raw) => `'${raw}'` },
  counts: {
    type: 'MAP(VARCHAR, INTEGER)',
    declare: () => parquet.map(parquet.string(), parquet.int32()),
    literal: (raw) =>
      `MAP {${[...(raw as ReadonlyMap<string, number>)].map(([key, one]) => `'${key}': ${one}`).join(', ')}}`,
  },
  ints: {
    type: 'INTEGER[]',
    declare: () => parquet.list(parquet.int32()),
    literal: (raw) => `[${(raw as readonly number[]).join(', ')}]`,
  },
  texts: {
    type: 'VARCHAR[]',
    declare: () => parquet.list(parquet.string()),
    literal: (raw) => `[${(raw as readonly string[]).map(duckText).join(', ')}]`,
  },
};

export const parquetKinds = Object.keys(parquetColumns) as readonly Kind[];

export function fuzzParquet(columns: Fuzzed['columns']): unknown {
  const declarers = Object.fromEntries(Object.entries(parquetColumns).map(([kind, { declare }]) => [kind, declare]));
  const by = declarers as Readonly<Record<Kind, () => unknown>>;
  return parquet.file(
    'fuzz.parquet',
    untyped({ columns: { id: parquet.int32(), ...declaredBy(columns, by) }, key: ['id'] }),
  );
}

/** By DuckDB, which also reads it; what arrives is compared with the random values themselves. */
export async function writeParquet(path: string, { columns, rows }: Fuzzed): Promise<void> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const types = columns.map(({ name, kind }) => `${name} ${parquetColumns[kind]?.type}`);
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`CREATE TABLE fuzz (id INTEGER, ${types.join(', ')})`);
  for (let at = 0; at < rows.length; at += 50) {
    const lines = rows.slice(at, at + 50).map(({ id, values }) => {
      const literals = values.map((value, index) =>
        value === null ? 'NULL' : parquetColumns[columns[index]?.kind ?? 'int']?.literal(value.raw),
      );
      return `(${[id, ...literals].join(', ')})`;
    });
    await connection.run(`INSERT INTO fuzz VALUES ${lines.join(', ')}`);
  }
  await connection.run(`COPY fuzz TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}
