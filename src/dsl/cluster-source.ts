import type { ByName, UserType } from '../model/schema.ts';
import type { Cassandra, ClusterTable } from './cluster-type.ts';
import { columnsOf } from './column.ts';
import { mistake, propertiesOf, shown, textOf } from './mistake.ts';
import { nameOf } from './name.ts';
import { type TypeOrigin, withOrigin } from './origin.ts';
import { keyOf, modelTable } from './table.ts';
import { userTypesIn } from './types-within.ts';

function tableOf(given: unknown, definition: unknown): ClusterTable {
  const name = nameOf('a table of another cluster', given);
  const subject = `table ${name} of another cluster`;
  const allowed = ['connection', 'keyspace', 'columns', 'partitionKey', 'clusteringKey'];
  const properties = propertiesOf(subject, definition, allowed);
  const connection = textOf(`the connection of ${subject}`, properties['connection']);
  const own = properties['keyspace'];
  const keyspace = own === undefined ? null : nameOf(`the keyspace of ${subject}`, own);
  const columns = columnsOf(subject, properties['columns']);
  const { partitionKey, clusteringKey } = properties;
  const key = keyOf(subject, columns, { partitionKey, clusteringKey });
  const table = modelTable(name, columns, { ...key, options: {} });
  const types = typesIn(subject, userTypesIn(Object.values(columns)));
  return withOrigin(
    {
      kind: 'cluster-table',
      connection,
      keyspace,
      name,
      columns,
      partitionKey: Object.freeze([...key.partitionKey]),
      clusteringKey: Object.freeze(key.clusteringKey.map((part) => Object.freeze({ ...part }))),
    },
    {
      kind: 'cluster-table',
      source: { kind: 'cluster', connection, keyspace, table, types },
      table,
      types: columns,
    },
  );
}

/** By name; the same type may be said more than once, but not in two ways. */
function typesIn(subject: string, origins: ReadonlySet<TypeOrigin>): ByName<UserType> {
  const types = new Map<string, UserType>();
  for (const { type } of origins) {
    const before = types.get(type.name);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(type)) {
      throw mistake('TYPE_DIFFERS', {
        message: `${subject} uses two types called ${shown(type.name)}, which differ`,
        next: 'Declare the type once, as it is in that cluster.',
        fields: { type: type.name },
      });
    }
    types.set(type.name, type);
  }
  return Object.fromEntries([...types].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Tables and views of another cluster: Cassandra, DSE or Astra DB. `connection` names a source in the configuration.
 * Rows keep their write times and TTLs.
 *
 * @example
 * import { copy, migration, t, table } from 'cqlform';
 * import { cassandra } from 'cqlform/cassandra';
 *
 * const old = cassandra.table('movies', {
 *   connection: 'legacy',
 *   columns: { id: t.uuid(), title: t.text(), genres: t.set(t.text()) },
 *   partitionKey: ['id'],
 * });
 * const movies = table('movies', {
 *   columns: { id: t.uuid(), title: t.text(), genres: t.set(t.text()) },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'Movies from the old cluster',
 *   schema: [movies],
 *   data: [copy({ from: old, into: movies })],
 * });
 */
export const cassandra: Cassandra = Object.freeze({
  table: (name, definition) => tableOf(name, definition) as never,
} satisfies Cassandra);
