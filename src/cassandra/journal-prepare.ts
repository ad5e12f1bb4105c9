import { emitDdl } from '../cql/ddl.ts';
import { CqlformError } from '../kernel/errors.ts';
import type { KeyspaceSettings } from '../model/schema.ts';
import { agree } from './agreement.ts';
import type { Connection } from './connect.ts';
import type { SchemaSession } from './execute.ts';
import { knownCluster } from './health.ts';
import {
  createLedgerKeyspace,
  createLedgerTable,
  isOwnTable,
  type LedgerReplication,
  type LedgerTable,
  ledgerTableId,
  ledgerTables,
} from './ledger-tables.ts';

export interface LedgerHome {
  readonly connection: Connection;
  readonly session: SchemaSession;
  readonly ledgerKeyspace: string;
  /** Null: three copies in every data center, fewer where there are fewer nodes. */
  readonly replication: LedgerReplication | null;
}

const agreementTimeoutMs = 30_000;
const rounds = 3;

/** See `Journal.prepare`. `made`: how the keyspace is made, where it has more uses than this. Statements that are already there change nothing, and the tables' ids are fixed: racing calls end in the same tables. */
export async function prepareLedger(home: LedgerHome, made?: KeyspaceSettings): Promise<void> {
  for (let round = 1; ; round++) {
    const { missing, taken } = await tablesOf(home);
    if (taken.length > 0) throw tablesTaken(home, taken);
    if (missing.length === 0) return;
    if (round > rounds) throw notMade(home, missing);
    if (!(await keyspaceExists(home))) await createKeyspace(home, made);
    for (const table of missing) await createTable(home, table);
    await agree(home.connection, home.session, agreementTimeoutMs);
  }
}

/** Whether the ledger has its tables. */
export async function ledgerExists(home: LedgerHome): Promise<boolean> {
  const { missing, taken } = await tablesOf(home);
  return missing.length === 0 && taken.length === 0;
}

interface LedgerTables {
  readonly missing: readonly LedgerTable[];
  /** Names under which there is another table. */
  readonly taken: readonly string[];
}

async function tablesOf({ connection, session, ledgerKeyspace }: LedgerHome): Promise<LedgerTables> {
  const result = await connection.client.execute(
    'SELECT table_name, id, comment FROM system_schema.tables WHERE keyspace_name = ?',
    [ledgerKeyspace],
    { host: session.coordinator(), isIdempotent: true },
  );
  const there = new Map(result.rows.map((row) => [String(row.get('table_name')), isOwnTable(ledgerKeyspace, row)]));
  return {
    missing: ledgerTables.filter(({ name }) => !there.has(name)),
    taken: ledgerTables.map(({ name }) => name).filter((name) => there.get(name) === false),
  };
}

async function keyspaceExists({ connection, session, ledgerKeyspace }: LedgerHome): Promise<boolean> {
  const result = await connection.client.execute(
    'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?',
    [ledgerKeyspace],
    { host: session.coordinator(), isIdempotent: true },
  );
  return result.rowLength > 0;
}

async function createKeyspace(home: LedgerHome, made: KeyspaceSettings | undefined): Promise<void> {
  const { ledgerKeyspace } = home;
  const statement =
    made === undefined
      ? createLedgerKeyspace(ledgerKeyspace, home.replication ?? (await defaultReplication(home)))
      : emitDdl(
          { kind: 'create-keyspace', settings: made, ifNotExists: true },
          { keyspace: ledgerKeyspace, tableId: null, dropTimestamp: null },
        );
  try {
    await settled(home, statement);
  } catch (thrown) {
    if (!isForbidden(thrown)) throw thrown;
    const instead = made === undefined ? ', or set ledgerKeyspace to the keyspace that is migrated' : '';
    throw new CqlformError(
      'LEDGER_FORBIDDEN',
      `The role may not create the ledger's keyspace ${ledgerKeyspace}: ${thrown.message}`,
      {
        next: `Let an administrator run ${statement}; and grant the role CREATE, ALTER, SELECT and MODIFY on it${instead}.`,
        fields: { ledger: ledgerKeyspace, statement: `${statement};` },
        cause: thrown,
      },
    );
  }
}

async function defaultReplication({ connection, session }: LedgerHome): Promise<LedgerReplication> {
  const { nodes } = await knownCluster(connection, session.coordinator());
  const byDataCenter = Map.groupBy(nodes, (node) => node.dataCenter);
  return Object.fromEntries(
    [...byDataCenter].map(([dataCenter, members]) => [dataCenter, Math.min(3, members.length)]),
  );
}

async function createTable(home: LedgerHome, table: LedgerTable): Promise<void> {
  const { ledgerKeyspace } = home;
  try {
    await settled(home, createLedgerTable(ledgerKeyspace, table, ledgerTableId(ledgerKeyspace, table.name)));
  } catch (thrown) {
    if (!(thrown instanceof CqlformError) || thrown.code !== 'DDL_REFUSED' || isForbidden(thrown)) throw thrown;
    // A server that takes no ids; then one runner at a time has to prepare the ledger.
    await settled(home, createLedgerTable(ledgerKeyspace, table, null));
  }
}

/** Runs a statement that may be run twice; when its outcome is unknown, the next round of `prepareLedger` looks. */
async function settled(home: LedgerHome, statement: string): Promise<void> {
  const outcome = await home.session.execute(statement);
  if (outcome.kind === 'unknown') await home.session.barrier();
}

function isForbidden(thrown: unknown): thrown is CqlformError {
  return thrown instanceof CqlformError && thrown.fields['serverCode'] === '0x2100';
}

function notMade(home: LedgerHome, missing: readonly LedgerTable[]): CqlformError {
  return new CqlformError(
    'LEDGER_NOT_MADE',
    `The ledger's tables ${missing.map((table) => table.name).join(', ')} do not appear in keyspace ${home.ledgerKeyspace}.`,
    {
      next: 'Look at `nodetool describecluster` for schema disagreement, then run the same command again.',
      fields: { ledger: home.ledgerKeyspace, missing: missing.map((table) => table.name) },
      retryable: true,
    },
  );
}

function tablesTaken({ ledgerKeyspace }: LedgerHome, taken: readonly string[]): CqlformError {
  return new CqlformError(
    'LEDGER_TABLE_TAKEN',
    `Keyspace ${ledgerKeyspace} is to hold the ledger, and its table ${taken.join(', ')} is not the ledger's.`,
    {
      next: 'Nothing was changed. Give the ledger a keyspace of its own: `ledgerKeyspace` in the configuration.',
      fields: { ledger: ledgerKeyspace, tables: taken },
    },
  );
}
