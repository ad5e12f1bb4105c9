import type { ForeignSource } from '../../model/data.ts';
import type { Survey, SurveyedTable, SurveyTarget } from '../../ports/survey.ts';

export type DatabaseTarget = Extract<SurveyTarget, { readonly kind: 'database' }>;

/** `sales.orders` is a table of another schema; SQLite has none. */
export function targetPlace({ system, table }: DatabaseTarget): {
  readonly place: string;
  readonly schema: string | null;
} {
  const name = table ?? '';
  const dot = system === 'sqlite' ? -1 : name.indexOf('.');
  return dot < 1 ? { place: name, schema: null } : { place: name.slice(dot + 1), schema: name.slice(0, dot) };
}

/** A table without columns, for those who need a declaration to look something up. */
export function nothingDeclared(target: DatabaseTarget): ForeignSource {
  const { system, connection, query } = target;
  const { place, schema } = targetPlace(target);
  const settings: ForeignSource['settings'] = {
    ...(schema === null ? {} : { schema }),
    ...(query === undefined ? {} : { query }),
  };
  return { kind: 'foreign', system, connection, place, columns: {}, key: [], settings };
}

/**
 * The table, the view or the query that is named, or all tables. `listed`: the names of the tables, or of the views, that
 * stand where the connection looks first.
 */
export async function surveyOf(
  target: DatabaseTarget,
  listed: (kind: 'tables' | 'views') => Promise<readonly string[]>,
  surveyed: (one: DatabaseTarget) => Promise<SurveyedTable>,
): Promise<Survey> {
  const all = target.table === null && target.query === undefined;
  const names = all ? await listed('tables') : [target.table ?? ''];
  const tables: SurveyedTable[] = [];
  for (const name of names) tables.push(await surveyed({ ...target, table: name }));
  return { tables, views: all ? await listed('views') : [] };
}

/** A surveyed table of a database. */
export function surveyedOf(
  target: DatabaseTarget,
  found: Pick<SurveyedTable, 'rows' | 'bytes' | 'columns' | 'key' | 'unique'>,
): SurveyedTable {
  const { system, connection, place, settings } = nothingDeclared(target);
  return { system, connection, place, settings, name: `${connection}/${target.table}`, notes: [], ...found };
}

/** A query, of which nothing is known but the names of its columns. */
export function surveyedQuery(target: DatabaseTarget, fields: readonly string[]): SurveyedTable {
  const columns = fields.map((field) => ({
    field,
    declared: null,
    read: { type: `${target.system}.text` },
    refused: null,
    flag: null,
    nullable: true,
  }));
  const found = surveyedOf(target, { rows: null, bytes: null, columns, key: [], unique: [] });
  return { ...found, place: 'query', name: `${target.connection}, a query` };
}

/** The columns of each index, from rows of an index and a column; without those that have an expression. */
export function keysOf(
  rows: readonly (readonly [index: string, column: string | null])[],
): readonly (readonly string[])[] {
  const indexes = [...Map.groupBy(rows, ([index]) => index).values()];
  return indexes.flatMap((index) => {
    const columns = index.flatMap(([, column]) => (column === null ? [] : [column]));
    return columns.length === index.length ? [columns] : [];
  });
}
