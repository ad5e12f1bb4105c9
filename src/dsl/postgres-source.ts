import type { Postgres } from './postgres-type.ts';
import { elementOf, labelled, sqlForms, typed } from './sql-source.ts';

/**
 * Tables and queries of PostgreSQL. `connection` names a source in the configuration.
 *
 * @example
 * import { copy, migration, t, table } from 'cqlform';
 * import { postgres } from 'cqlform/postgres';
 *
 * const users = postgres.table('users', {
 *   connection: 'crm',
 *   columns: { id: postgres.uuid(), name: postgres.text(), tags: postgres.array(postgres.text()) },
 *   key: ['id'],
 *   notNull: ['name'],
 * });
 * const people = table('people', {
 *   columns: { id: t.uuid(), name: t.text(), tags: t.set(t.text()) },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'People from the CRM',
 *   schema: [people],
 *   data: [copy({ from: users, into: people })],
 * });
 */
export const postgres: Postgres = Object.freeze({
  ...sqlForms('postgres', {}),
  smallint: typed('postgres.smallint'),
  int: typed('postgres.int'),
  bigint: typed('postgres.bigint'),
  numeric: typed('postgres.numeric'),
  real: typed('postgres.real'),
  double: typed('postgres.double'),
  boolean: typed('postgres.boolean'),
  char: typed('postgres.char'),
  varchar: typed('postgres.varchar'),
  text: typed('postgres.text'),
  enum: (...labels) => labelled('postgres.enum', labels),
  bytea: typed('postgres.bytea'),
  uuid: typed('postgres.uuid'),
  date: typed('postgres.date'),
  time: typed('postgres.time'),
  timestamp: typed('postgres.timestamp'),
  timestamptz: typed('postgres.timestamptz'),
  interval: typed('postgres.interval'),
  json: typed('postgres.json'),
  jsonb: typed('postgres.jsonb'),
  inet: typed('postgres.inet'),
  cidr: typed('postgres.cidr'),
  macaddr: typed('postgres.macaddr'),
  array: (element) => elementOf('postgres.array', 'postgres.', element),
  range: (element) => elementOf('postgres.range', 'postgres.', element),
} satisfies Postgres);
