import { own } from '../../kernel/own.ts';
import type { ReadType, Survey, SurveyedColumn, SurveyedTable } from '../../ports/survey.ts';
import { type Addresses, addressOf, loginOf } from '../sql/address.ts';
import { tableMissing } from '../sql/notes.ts';
import { type DatabaseTarget, keysOf, nothingDeclared, surveyedOf, surveyedQuery, surveyOf } from '../sql/survey.ts';
import { type CatalogueColumn, catalogueOf } from './catalogue.ts';
import { MysqlSession } from './connection.ts';
import { textLiteral } from './names.ts';

/** The base tables of a database of MySQL or MariaDB, or one table or view. */
export async function surveyMysql(target: DatabaseTarget, addresses: Addresses): Promise<Survey> {
  const address = addressOf(nothingDeclared(target), addresses);
  const login = await loginOf(target.connection, address, { schemes: ['mysql', 'mariadb'], port: 3306 });
  const session = await MysqlSession.open(target.connection, login);
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

async function listedIn(session: MysqlSession, kind: 'tables' | 'views'): Promise<readonly string[]> {
  const rows = await session.rows(
    `SELECT TABLE_NAME FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN (${kind === 'views' ? "'VIEW'" : "'BASE TABLE', 'SYSTEM VERSIONED'"}) ORDER BY TABLE_NAME`,
  );
  return rows.map(([name]) => String(name));
}

async function tableOf(session: MysqlSession, target: DatabaseTarget): Promise<SurveyedTable> {
  const declared = nothingDeclared(target);
  const catalogue = await catalogueOf(session, declared);
  if (catalogue === null) throw tableMissing(declared);
  if (target.query !== undefined) return surveyedQuery(target, [...catalogue.columns.keys()]);
  const indexed = await session.rows(
    `SELECT INDEX_NAME, IF(SUB_PART IS NULL, COLUMN_NAME, NULL) FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ${textLiteral(catalogue.database)} AND TABLE_NAME = ${textLiteral(declared.place)} AND NON_UNIQUE = 0
     ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
  );
  const indexes = indexed.map(([index, column]) => [String(index), column?.toString('utf8') ?? null] as const);
  const [key = []] = keysOf(indexes.filter(([index]) => index === 'PRIMARY'));
  return surveyedOf(target, {
    rows: catalogue.rows,
    bytes: catalogue.bytes,
    columns: [...catalogue.columns.values()].map(columnOf),
    key,
    unique: keysOf(indexes.filter(([index]) => index !== 'PRIMARY')),
  });
}

/** Types of the catalogue that are declared under another name, or the same. */
const names: Readonly<Record<string, string>> = {
  tinytext: 'text',
  mediumtext: 'text',
  longtext: 'text',
  json: 'text',
  tinyblob: 'blob',
  mediumblob: 'blob',
  longblob: 'blob',
  inet4: 'inet',
  inet6: 'inet',
};
const same =
  'bit boolean decimal float double char varchar text date time datetime timestamp year binary varbinary blob uuid'.split(
    ' ',
  );
const wholes = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];

/** The driver refuses every answer that has a column of such a name. */
const unreadable = ['__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__'];

function columnOf(column: CatalogueColumn): SurveyedColumn {
  const { name, full, nullable } = column;
  if (unreadable.includes(name)) {
    const refused = 'the driver reads no column of this name; name it otherwise in a `mysql.query`';
    return { field: name, declared: full, read: null, refused, flag: null, nullable };
  }
  const read = readOf(column);
  const flag = /^(?:tinyint\(1\)|bit\(1\))/.test(full) ? 'mysql.boolean' : null;
  const refused = read === null ? 'no type of a declaration reads it; try `mysql.query`, e.g. with ST_AsText' : null;
  return { field: name, declared: full, read, refused, flag, nullable };
}

function readOf({ type, full }: CatalogueColumn): ReadType | null {
  if (wholes.includes(type)) return { type: `mysql.${type}${full.includes('unsigned') ? ' unsigned' : ''}` };
  if (type === 'enum' || type === 'set') {
    const labels = [...full.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) => label.replaceAll("''", "'"));
    return { type: `mysql.${type}`, labels };
  }
  const named = own(names, type) ?? (same.includes(type) ? type : null);
  return named === null ? null : { type: `mysql.${named}` };
}
