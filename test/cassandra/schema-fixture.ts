import { randomBytes } from 'node:crypto';
import { createCluster } from '../../src/cassandra/cluster.ts';
import { type Connection, type ConnectOptions, connect } from '../../src/cassandra/connect.ts';
import { schemaSession } from '../../src/cassandra/execute.ts';
import { createJournal } from '../../src/cassandra/journal.ts';
import type { LeaseTimings } from '../../src/cassandra/lease-holder.ts';
import { quoteName } from '../../src/cassandra/ledger-tables.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import type { Journal } from '../../src/ports/journal.ts';
import { cassandraAddress } from '../support/cassandra.ts';

/** Short enough for tests; long enough for a busy machine to keep a lease. */
export const quickTimings: LeaseTimings = { beatMs: 300, takeoverMs: 2_000, graceMs: 500 };

/** A keyspace name that no other test has. */
export function ownKeyspace(part: string): string {
  return `test_${part}_${randomBytes(4).toString('hex')}`;
}

export function nodeAddress(): string {
  const { host, port } = cassandraAddress();
  return `${host}:${port}`;
}

/** The schema half of the adapter. */
export interface Half extends AsyncDisposable {
  readonly connection: Connection;
  readonly cluster: Cluster;
  readonly journal: Journal;
  readonly keyspace: string;
  readonly ledgerKeyspace: string;
  cql(statement: string, params?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  createKeyspace(): Promise<void>;
}

export interface HalfOptions extends Partial<ConnectOptions> {
  readonly keyspace: string;
  readonly ledgerKeyspace?: string;
  readonly timings?: Partial<LeaseTimings>;
}

export async function openHalf(options: HalfOptions): Promise<Half> {
  const { keyspace, ledgerKeyspace = `${keyspace}_ledger`, timings = quickTimings, ...rest } = options;
  const connection = await connect({ contactPoints: [nodeAddress()], ddlTimeoutMs: 30_000, ...rest });
  const session = schemaSession(connection, { keyspace, ledgerKeyspace });
  const cluster = createCluster(connection, session);
  const journal = createJournal({ connection, session, keyspace, ledgerKeyspace, replication: null, timings });
  const cql: Half['cql'] = async (statement, params = []) =>
    (await connection.client.execute(statement, [...params], { readTimeout: 60_000, prepare: params.length > 0 }))
      .rows ?? [];
  return {
    connection,
    cluster,
    journal,
    keyspace,
    ledgerKeyspace,
    cql,
    createKeyspace: async () => {
      await cql(
        `CREATE KEYSPACE ${quoteName(keyspace)} WITH replication = {'class': 'NetworkTopologyStrategy', '${connection.localDataCenter}': 1}`,
      );
    },
    [Symbol.asyncDispose]: async () => {
      await journal.close();
      await connection.shutdown();
    },
  };
}

/** Drops what a test made. */
export async function dropKeyspaces(...keyspaces: readonly string[]): Promise<void> {
  await using half = await openHalf({ keyspace: 'none' });
  for (const keyspace of keyspaces) await half.cql(`DROP KEYSPACE IF EXISTS ${quoteName(keyspace)}`);
}

/** What a promise throws; fails when it does not. */
export async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (thrown: unknown) => thrown,
  );
}
