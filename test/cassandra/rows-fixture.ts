import { type Connection, connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { createTable, createType } from '../../src/cql/create.ts';
import { mutationsOf, type TimingPolicy } from '../../src/cql/timing.ts';
import { parseType } from '../../src/cql/type-text.ts';
import { quoted } from '../../src/model/identifier.ts';
import type { StoredRow } from '../../src/model/row.ts';
import type { ByName, Column, Options, Table, UserType } from '../../src/model/schema.ts';
import type { Rows } from '../../src/ports/cluster.ts';
import { cassandraAddress } from '../support/cassandra.ts';

/** A keyspace of a test's own, dropped with `close`. */
export interface RowsFixture {
  readonly keyspace: string;
  readonly connection: Connection;
  readonly rows: Rows;
  readonly types: Record<string, UserType>;
  type(name: string, fields: Readonly<Record<string, string>>): Promise<UserType>;
  table(name: string, definition: TableDefinition): Promise<Table>;
  cql(statement: string): Promise<void>;
  /** All rows, with times. */
  read(
    table: Table,
    options?: { readonly columns?: readonly string[]; readonly times?: boolean },
  ): Promise<StoredRow[]>;
  /** Writes rows as a restore would. */
  write(table: Table, rows: readonly StoredRow[], options?: WriteOptions): Promise<number>;
  close(): Promise<void>;
}

export interface TableDefinition {
  /** By name; `static ` before the type makes a static column. */
  readonly columns: Readonly<Record<string, string>>;
  readonly partitionKey: readonly string[];
  readonly clusteringKey?: readonly string[];
  readonly options?: Options;
}

export interface WriteOptions {
  readonly policy?: TimingPolicy;
  readonly attempt?: number;
  readonly nowSeconds?: number;
}

export function tableOf(name: string, definition: TableDefinition): Table {
  const columns = Object.entries(definition.columns).map(([column, text]): Column => {
    const isStatic = text.startsWith('static ');
    return { name: column, type: parseType(isStatic ? text.slice(7) : text), static: isStatic };
  });
  const clusteringKey = (definition.clusteringKey ?? []).map((column) => ({ column, order: 'asc' as const }));
  return {
    kind: 'table',
    name,
    columns,
    partitionKey: definition.partitionKey,
    clusteringKey,
    options: definition.options ?? {},
  };
}

/** Names of the columns besides the key. */
export function cellColumns(table: Table): string[] {
  const keys = new Set([...table.partitionKey, ...table.clusteringKey.map((part) => part.column)]);
  return table.columns.map((column) => column.name).filter((name) => !keys.has(name));
}

export const ring = { start: -(2n ** 63n), end: 2n ** 63n - 1n };

export async function rowsFixture(keyspace: string): Promise<RowsFixture> {
  const { host, port, localDataCenter } = cassandraAddress();
  const connection = await connect({ contactPoints: [`${host}:${port}`], localDataCenter });
  const cql = async (statement: string): Promise<void> => {
    await connection.client.execute(statement);
  };
  await cql(`DROP KEYSPACE IF EXISTS ${quoted(keyspace)}`);
  await cql(
    `CREATE KEYSPACE ${quoted(keyspace)} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  const rows = createRows(connection);
  const types: Record<string, UserType> = {};
  const known: ByName<UserType> = types;
  return {
    keyspace,
    connection,
    rows,
    types,
    cql,
    type: async (name, fields) => {
      const type: UserType = {
        kind: 'type',
        name,
        fields: Object.entries(fields).map(([field, text]) => ({ name: field, type: parseType(text) })),
      };
      types[name] = type;
      await cql(createType(type, keyspace));
      return type;
    },
    table: async (name, definition) => {
      const table = tableOf(name, definition);
      await cql(createTable(table, { keyspace, id: null }));
      return table;
    },
    read: async (table, options = {}) => {
      const found: StoredRow[] = [];
      const columns = options.columns ?? cellColumns(table);
      const times = options.times ?? true;
      for await (const page of rows.scan({
        keyspace,
        table,
        types: known,
        columns,
        range: ring,
        times,
        consistency: 'ONE',
      })) {
        found.push(...page);
      }
      return found;
    },
    write: async (table, stored, options = {}) => {
      const writer = rows.write({ keyspace, table, types: known, consistency: 'QUORUM' });
      let expired = 0;
      for (const row of stored) {
        const timed = mutationsOf(row, {
          table,
          types: known,
          columns: cellColumns(table),
          policy: options.policy ?? { kind: 'original', floor: null, keyOnly: 1000n },
          attempt: options.attempt ?? 0,
          nowSeconds: options.nowSeconds ?? Math.floor(Date.now() / 1000),
        });
        expired += timed.expired;
        for (const mutation of timed.mutations) await writer.write(mutation);
      }
      await writer.flush();
      return expired;
    },
    close: async () => {
      await cql(`DROP KEYSPACE ${quoted(keyspace)}`);
      await connection.shutdown();
    },
  };
}
