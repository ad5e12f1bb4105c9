import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Rows } from '../ports/cluster.ts';

/** A table as a connection sees it. */
export interface PlacedTable {
  readonly rows: Rows;
  readonly keyspace: string;
  readonly table: string;
}

/**
 * Throws `SAME_TABLE` where two connections lead to one table: what is read would be what is written. Clusters are told
 * apart by the ids of their nodes, whatever addresses lead to them.
 */
export function assertOtherTable(from: PlacedTable, into: PlacedTable, source: string): void {
  if (from.keyspace !== into.keyspace || from.table !== into.table) return;
  const hosts = new Set(into.rows.hostIds());
  if (!from.rows.hostIds().some((id) => hosts.has(id))) return;
  const name = `${into.keyspace}.${into.table}`;
  throw new CqlformError('SAME_TABLE', `source ${source} leads to ${name} itself: both are the same cluster`, {
    next: 'Name another table or keyspace, or correct the address of one of them.',
    fields: { connection: source, table: name },
    exitCode: exitCodes.usage,
  });
}
