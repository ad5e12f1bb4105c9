import { own } from '../../kernel/own.ts';
import { domainOf } from '../../model/conversion.ts';
import type { ReadType, Survey, SurveyedColumn, SurveyedTable } from '../../ports/survey.ts';
import { type Addresses, addressOf, loginOf } from '../sql/address.ts';
import { tableMissing } from '../sql/notes.ts';
import { type DatabaseTarget, keysOf, nothingDeclared, surveyedOf, surveyedQuery, surveyOf } from '../sql/survey.ts';
import { type CatalogueColumn, catalogueOf, textLiteral } from './catalogue.ts';
import { PostgresSession } from './connection.ts';

/** The tables of a PostgreSQL database's own schema, or one table or view. */
export async function surveyPostgres(target: DatabaseTarget, addresses: Addresses): Promise<Survey> {
  const address = addressOf(nothingDeclared(target), addresses);
  const login = await loginOf(target.connection, address, { schemes: ['postgres', 'postgresql'], port: 5432 });
  const session = await PostgresSession.open(target.connection, login);
  try {
    return await surveyOf(
      target,
      (kind) => listedIn(session, kind),
      (one) => tableOf(session, one),
    );
  } finally {
    await session.close();
  }
}

/** Foreign tables are to be named, as views are: their rows stand elsewhere. */
async function listedIn(session: PostgresSession, kind: 'tables' | 'views'): Promise<readonly string[]> {
  const rows = await session.rows(
    `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = current_schema() AND c.relkind IN (${kind === 'views' ? "'v', 'm', 'f'" : "'r', 'p'"}) AND NOT c.relispartition ORDER BY c.relname`,
  );
  return rows.map(([name]) => name ?? '');
}

async function tableOf(session: PostgresSession, target: DatabaseTarget): Promise<SurveyedTable> {
  const declared = nothingDeclared(target);
  const catalogue = await catalogueOf(session, declared);
  if (catalogue === null) throw tableMissing(declared);
  if (target.query !== undefined) return surveyedQuery(target, [...catalogue.columns.keys()]);
  const indexed = await session.rows(
    `SELECT i.indexrelid::text, a.attname, i.indisprimary
     FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
     WHERE i.indrelid = to_regclass(${textLiteral(catalogue.from)}) AND i.indisunique AND i.indisvalid
       AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts ORDER BY i.indexrelid, k.place`,
  );
  const of = (primary: boolean): readonly (readonly string[])[] =>
    keysOf(
      indexed.flatMap(([index, column, is]) =>
        (is === 't') === primary ? [[index ?? '', column ?? null] as const] : [],
      ),
    );
  const [key = []] = of(true);
  return surveyedOf(target, {
    rows: catalogue.rows,
    bytes: catalogue.bytes,
    columns: [...catalogue.columns.values()].map(columnOf),
    key,
    unique: of(false),
  });
}

/** By the catalogue's name of a type, the declared one. */
const names: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'int',
  int8: 'bigint',
  numeric: 'numeric',
  float4: 'real',
  float8: 'double',
  bool: 'boolean',
  bpchar: 'char',
  varchar: 'varchar',
  text: 'text',
  bytea: 'bytea',
  uuid: 'uuid',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  interval: 'interval',
  inet: 'inet',
  cidr: 'cidr',
  macaddr: 'macaddr',
};
const refused = ['money', 'geometry', 'geography'];

function columnOf(column: CatalogueColumn): SurveyedColumn {
  const { name, full, nullable } = column;
  const read = readOf(column);
  const why = read === null ? 'its text depends on the server; read it through `postgres.query`, with a CAST' : null;
  return { field: name, declared: full, read, refused: why, flag: null, nullable };
}

/** Types that no declaration has are read as the text that the server writes. */
function readOf({ type, kind, labels }: CatalogueColumn): ReadType | null {
  if (refused.includes(type)) return null;
  if (kind === 'enum') return { type: 'postgres.enum', labels };
  const element = type.startsWith('_') ? own(names, type.slice(1)) : undefined;
  if (element !== undefined && domainOf(`postgres.${element}`) !== null) return { type: `postgres.${element}[]` };
  return { type: `postgres.${own(names, type) ?? 'text'}` };
}
