import { sqlForms, typed } from './sql-source.ts';
import type { Sqlite } from './sqlite-type.ts';

/**
 * Tables and queries of an SQLite database. `connection` names a source in the configuration, which has its file.
 *
 * @example
 * import { copy, migration, t, table } from 'cqlform';
 * import { sqlite } from 'cqlform/sqlite';
 *
 * const visits = sqlite.table('visits', {
 *   connection: 'site',
 *   columns: { id: sqlite.integer(), page: sqlite.text(), at: sqlite.unixepoch() },
 *   key: ['id'],
 * });
 * const pageVisits = table('visits', {
 *   columns: { id: t.bigint(), page: t.text(), at: t.timestamp() },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'Visits of the old site',
 *   schema: [pageVisits],
 *   data: [copy({ from: visits, into: pageVisits })],
 * });
 */
export const sqlite: Sqlite = Object.freeze({
  ...sqlForms('sqlite', {}),
  int: typed('sqlite.int'),
  integer: typed('sqlite.integer'),
  real: typed('sqlite.real'),
  numeric: typed('sqlite.numeric'),
  text: typed('sqlite.text'),
  blob: typed('sqlite.blob'),
  boolean: typed('sqlite.boolean'),
  uuid: typed('sqlite.uuid'),
  date: typed('sqlite.date'),
  time: typed('sqlite.time'),
  timestamp: typed('sqlite.timestamp'),
  unixepoch: typed('sqlite.unixepoch'),
  json: typed('sqlite.json'),
  any: typed('sqlite.any'),
} satisfies Sqlite);
