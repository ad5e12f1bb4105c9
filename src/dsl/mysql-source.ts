import type { Mysql } from './mysql-type.ts';
import { labelled, sqlForms, typed } from './sql-source.ts';

/**
 * Tables and queries of MySQL and MariaDB. `connection` names a source in the configuration.
 *
 * @example
 * import { copy, migration, t, table } from 'cqlform';
 * import { mysql } from 'cqlform/mysql';
 *
 * const film = mysql.table('film', {
 *   connection: 'sakila',
 *   columns: { film_id: mysql.int(), title: mysql.varchar(), rate: mysql.decimal(), last_update: mysql.timestamp() },
 *   key: ['film_id'],
 *   notNull: ['title'],
 * });
 * const films = table('films', {
 *   columns: { id: t.int(), title: t.text(), rate: t.decimal(), last_update: t.timestamp() },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'Films from Sakila',
 *   schema: [films],
 *   data: [copy({ from: film, into: films, columns: { id: 'film_id' } })],
 * });
 */
export const mysql: Mysql = Object.freeze({
  ...sqlForms('mysql', { zeroDates: ['reject', 'null'] }),
  tinyint: typed('mysql.tinyint'),
  tinyintUnsigned: typed('mysql.tinyint unsigned'),
  smallint: typed('mysql.smallint'),
  smallintUnsigned: typed('mysql.smallint unsigned'),
  mediumint: typed('mysql.mediumint'),
  mediumintUnsigned: typed('mysql.mediumint unsigned'),
  int: typed('mysql.int'),
  intUnsigned: typed('mysql.int unsigned'),
  bigint: typed('mysql.bigint'),
  bigintUnsigned: typed('mysql.bigint unsigned'),
  bit: typed('mysql.bit'),
  boolean: typed('mysql.boolean'),
  decimal: typed('mysql.decimal'),
  float: typed('mysql.float'),
  double: typed('mysql.double'),
  char: typed('mysql.char'),
  varchar: typed('mysql.varchar'),
  text: typed('mysql.text'),
  enum: (...labels) => labelled('mysql.enum', labels),
  set: (...labels) => labelled('mysql.set', labels),
  json: typed('mysql.json'),
  date: typed('mysql.date'),
  time: typed('mysql.time'),
  duration: typed('mysql.duration'),
  datetime: typed('mysql.datetime'),
  timestamp: typed('mysql.timestamp'),
  year: typed('mysql.year'),
  binary: typed('mysql.binary'),
  varbinary: typed('mysql.varbinary'),
  blob: typed('mysql.blob'),
  uuid: typed('mysql.uuid'),
  inet: typed('mysql.inet'),
} satisfies Mysql);
