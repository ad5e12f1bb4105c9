import type { Client, Host } from 'cassandra-driver';
import { isInvalid } from './execute-errors.ts';
import { isOwnTable } from './ledger-tables.ts';

/** A row of `system_schema`, read with care: which columns there are depends on the server's version. */
export type SchemaRow = Readonly<Record<string, unknown>>;

/** What one node states about one keyspace. */
export interface SchemaRows {
  readonly keyspace: SchemaRow | undefined;
  readonly tables: readonly SchemaRow[];
  readonly columns: readonly SchemaRow[];
  readonly droppedColumns: readonly SchemaRow[];
  readonly indexes: readonly SchemaRow[];
  readonly views: readonly SchemaRow[];
  readonly types: readonly SchemaRow[];
  readonly functions: readonly SchemaRow[];
  readonly aggregates: readonly SchemaRow[];
  readonly columnMasks: readonly SchemaRow[];
  readonly triggers: readonly SchemaRow[];
}

const attempts = 5;

export type ReadSchema = (host: Host, keyspace: string) => Promise<SchemaRows>;

/**
 * Reads keyspaces' schemas. What a node stated under a schema version is not read again while it states that version:
 * the version is a digest of all that it has in `system_schema`, and changes before the statement that changed it is
 * answered.
 */
export function schemaReader(client: Client): ReadSchema {
  const known = new Map<string, { readonly version: string; readonly rows: SchemaRows }>();
  return async (host, keyspace) => {
    const name = `${host.address} ${keyspace}`;
    const last = known.get(name);
    // Its tables are not read as one, so again if the schema changed meanwhile.
    for (let attempt = 1; ; attempt++) {
      const before = await schemaVersion(client, host);
      if (last?.version === before) return last.rows;
      const rows = withoutOwn(keyspace, await readOnce(client, host, keyspace));
      const settled = (await schemaVersion(client, host)) === before;
      if (settled) known.set(name, { version: before, rows });
      if (settled || attempt >= attempts) return rows;
    }
  };
}

/** The ledger's tables, and those of backups, are no part of what a keyspace is for. */
function withoutOwn(keyspace: string, rows: SchemaRows): SchemaRows {
  const own = new Set(rows.tables.filter((row) => isOwnTable(keyspace, row)).map((row) => row['table_name']));
  if (own.size === 0) return rows;
  const rest = (all: readonly SchemaRow[], of = 'table_name'): readonly SchemaRow[] =>
    all.filter((row) => !own.has(row[of]));
  return {
    ...rows,
    tables: rest(rows.tables),
    columns: rest(rows.columns),
    droppedColumns: rest(rows.droppedColumns),
    indexes: rest(rows.indexes),
    views: rest(rows.views, 'base_table_name'),
    columnMasks: rest(rows.columnMasks),
    triggers: rest(rows.triggers),
  };
}

async function readOnce(client: Client, host: Host, keyspace: string): Promise<SchemaRows> {
  const read = (table: string): Promise<readonly SchemaRow[]> => rowsOf({ client, host, table, keyspace });
  const [
    keyspaces,
    tables,
    columns,
    droppedColumns,
    indexes,
    views,
    types,
    functions,
    aggregates,
    columnMasks,
    triggers,
  ] = await Promise.all([
    read('keyspaces'),
    read('tables'),
    read('columns'),
    read('dropped_columns'),
    read('indexes'),
    read('views'),
    read('types'),
    read('functions'),
    read('aggregates'),
    optional(read('column_masks')),
    read('triggers'),
  ]);
  return {
    keyspace: keyspaces[0],
    tables,
    columns,
    droppedColumns,
    indexes,
    views,
    types,
    functions,
    aggregates,
    columnMasks,
    triggers,
  };
}

async function rowsOf(from: {
  readonly client: Client;
  readonly host: Host;
  readonly table: string;
  readonly keyspace: string;
}): Promise<readonly SchemaRow[]> {
  const result = await from.client.execute(
    // Not prepared, so that a server that gains a column is read rightly at once.
    `SELECT * FROM system_schema.${from.table} WHERE keyspace_name = ?`,
    [from.keyspace],
    { host: from.host, isIdempotent: true, fetchSize: 5000 },
  );
  const rows: SchemaRow[] = [];
  for await (const row of result) rows.push(row);
  return rows;
}

/** Servers before 5.0 have no masks. */
async function optional(reading: Promise<readonly SchemaRow[]>): Promise<readonly SchemaRow[]> {
  try {
    return await reading;
  } catch (thrown) {
    if (isInvalid(thrown)) return [];
    throw thrown;
  }
}

async function schemaVersion(client: Client, host: Host): Promise<string> {
  const result = await client.execute('SELECT schema_version FROM system.local', [], { host, isIdempotent: true });
  return String(result.first()?.get('schema_version'));
}
