import { CqlformError } from '../../kernel/errors.ts';
import type { Survey, SurveyedColumn, SurveyedTable } from '../../ports/survey.ts';
import type { Addresses } from '../sql/address.ts';
import { addressOf } from '../sql/address.ts';
import { tableMissing } from '../sql/notes.ts';
import {
  type DatabaseTarget,
  keysOf,
  nothingDeclared,
  surveyedOf,
  surveyedQuery,
  surveyOf,
  targetPlace,
} from '../sql/survey.ts';
import { SqliteSession } from './connection.ts';

/** The tables of an SQLite file, or one of them. */
export async function surveySqlite(target: DatabaseTarget, addresses: Addresses): Promise<Survey> {
  const address = addressOf(nothingDeclared(target), addresses);
  if (address.kind !== 'file') throw notAFile(target.connection);
  const session = await SqliteSession.open(target.connection, address.path);
  try {
    if (target.query !== undefined) return { tables: [queryOf(session, target, target.query)], views: [] };
    return await surveyOf(
      target,
      (kind) => listedIn(session, kind),
      (one) => tableOf(session, one),
    );
  } finally {
    await session.close();
  }
}

/** Its values have types of their own. */
function queryOf(session: SqliteSession, target: DatabaseTarget, query: string): SurveyedTable {
  const found = surveyedQuery(target, session.fields(`SELECT * FROM (${query}) AS source`));
  return { ...found, columns: found.columns.map((column) => ({ ...column, read: { type: 'sqlite.any' } })) };
}

async function listedIn(session: SqliteSession, kind: 'tables' | 'views'): Promise<readonly string[]> {
  const rows = await session.rows(
    `SELECT name FROM sqlite_schema WHERE type = '${kind === 'views' ? 'view' : 'table'}' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
  );
  return rows.map(([name]) => String(name));
}

async function tableOf(session: SqliteSession, target: DatabaseTarget): Promise<SurveyedTable> {
  const { place } = targetPlace(target);
  const columns = await session.rows(
    `SELECT name, type, "notnull", pk FROM pragma_table_xinfo(${text(place)}) WHERE hidden <> 1 ORDER BY cid`,
  );
  if (columns.length === 0) throw tableMissing(nothingDeclared(target));
  const key = columns
    .filter(([, , , pk]) => pk !== 0n)
    .sort((a, b) => Number(a[3]) - Number(b[3]))
    .map(([name]) => String(name));
  const [count] = await session.rows(`SELECT count(*) FROM "${place.replaceAll('"', '""')}"`);
  const indexes = await session.rows(
    `SELECT l.name, i.name FROM pragma_index_list(${text(place)}) l, pragma_index_info(l.name) i
     WHERE l."unique" = 1 AND l.partial = 0 AND l.origin <> 'pk' ORDER BY l.seq, i.seqno`,
  );
  return surveyedOf(target, {
    rows: Number(count?.[0] ?? 0),
    bytes: null,
    columns: columns.map(([name, type, notNull, pk]) =>
      columnOf(String(name), String(type), notNull !== 1n && !(pk !== 0n && key.length === 1 && type === 'INTEGER')),
    ),
    key,
    unique: keysOf(
      indexes.map(([index, column]) => [
        String(index),
        column === null || column === undefined ? null : String(column),
      ]),
    ),
  });
}

function columnOf(field: string, declared: string, nullable: boolean): SurveyedColumn {
  return {
    field,
    declared: declared === '' ? null : declared,
    read: { type: 'sqlite.any' },
    refused: null,
    flag: null,
    nullable,
  };
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function notAFile(name: string): CqlformError {
  return new CqlformError('SOURCE_ADDRESS_INVALID', `source ${name} is a server, and an SQLite file is needed`, {
    next: "Give `{ file: 'path' }` for it under `sources` in the configuration.",
    fields: { connection: name },
  });
}
