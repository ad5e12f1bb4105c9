import { hashOf, uuidV5 } from '../kernel/hash.ts';
import type { OwnTableName } from '../model/ledger.ts';

/**
 * The ledger's tables, all of them. Columns are only ever added: older releases read what newer ones write, as far as
 * an entry's format lets them.
 */
export interface LedgerTable {
  readonly name: OwnTableName;
  readonly columns: string;
  readonly comment: string;
}

export const ledgerTables: readonly LedgerTable[] = [
  {
    name: 'journal',
    // One partition per keyspace: its lease (static) and its entries share one Paxos register, so that a write of an
    // entry can be conditional on the lease. `sequence` is the order of first writing.
    columns: `keyspace_name text, entry text,
      owner text static, claim text static, fence bigint static, beat bigint static, format int static,
      sequence bigint, body text,
      PRIMARY KEY ((keyspace_name), entry)`,
    comment: 'cqlform: who migrates which keyspace, and what was done',
  },
  {
    name: 'documents',
    // Plans and states: canonical JSON under its SHA-256, zstd, in parts; part 0 is written last and says how many there are.
    columns: `hash text, part int, parts int, body blob,
      PRIMARY KEY ((hash, part))`,
    comment: 'cqlform: plans and schema states by hash',
  },
  {
    name: 'checkpoints',
    columns: `keyspace_name text, run text, step text, attempt int, range text,
      state text, accounts text, detail text,
      PRIMARY KEY ((keyspace_name, run, step), attempt, range)`,
    comment: 'cqlform: finished pieces of copies, backups and restores',
  },
];

/**
 * `blob_objects`: one row per object in one partition, so that a prefix is a slice of it; it says where the parts are,
 * and where those of the object before it were that it replaced, until they are gone.
 * `blob_parts`: one partition per part, so that deleting an object drops whole partitions.
 */
export const storeTables: readonly LedgerTable[] = [
  {
    name: 'blob_objects',
    columns: `store text, key text, content text, parts int, bytes bigint, sha256 text,
      stale_content text, stale_parts int, PRIMARY KEY ((store), key)`,
    comment: 'cqlform: objects of backups that lie in the cluster',
  },
  {
    name: 'blob_parts',
    columns: 'content text, part int, body blob, PRIMARY KEY ((content, part))',
    comment: 'cqlform: parts of these objects',
  },
];

/** Whether a row of `system_schema.tables` is one of these tables, and not somebody's of the same name. */
export function isOwnTable(keyspace: string, row: Readonly<Record<string, unknown>>): boolean {
  const name = String(row['table_name']);
  const own = [...ledgerTables, ...storeTables].find((table) => table.name === name);
  // A server that takes no ids, or a table that was restored by hand, is told by the comment.
  return own !== undefined && (String(row['id']) === ledgerTableId(keyspace, name) || row['comment'] === own.comment);
}

const ledgerNamespace = '7c8b8d1e-3a5c-5b1f-9a68-0d6a4f0c2e51';

/** The id that a table of the ledger always has, so that racing creates end in one table. */
export function ledgerTableId(keyspace: string, table: string): string {
  return uuidV5(ledgerNamespace, `${keyspace}.${table}`);
}

/** `id` null where the server refuses ids. */
export function createLedgerTable(keyspace: string, table: LedgerTable, id: string | null): string {
  const withId = id === null ? '' : `ID = ${id} AND `;
  const columns = table.columns.replace(/\s+/g, ' ');
  return `CREATE TABLE IF NOT EXISTS ${quoteName(keyspace)}.${table.name} (${columns}) WITH ${withId}comment = '${table.comment}'`;
}

/** States what is so already: a schema statement that changes nothing, for whoever may ALTER the ledger. */
export function restateLedgerTable(keyspace: string): string {
  const journal = ledgerTables.find((table) => table.name === 'journal');
  return `ALTER TABLE ${quoteName(keyspace)}.journal WITH comment = '${journal?.comment ?? ''}'`;
}

/** By data center, how many copies of the ledger are kept. */
export type LedgerReplication = Readonly<Record<string, number>>;

export function createLedgerKeyspace(keyspace: string, replication: LedgerReplication): string {
  const factors = Object.entries(replication).map(
    ([dataCenter, factor]) => `, '${dataCenter.replaceAll("'", "''")}': ${factor}`,
  );
  return `CREATE KEYSPACE IF NOT EXISTS ${quoteName(keyspace)} WITH replication = {'class': 'NetworkTopologyStrategy'${factors.join('')}}`;
}

/** Always in quotes: right for every name. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Identifies this layout of the tables, in tests. */
export const ledgerLayout: string = hashOf(ledgerTables);
