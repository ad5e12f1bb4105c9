import { type Connection, connect } from '../../src/cassandra/connect.ts';
import { schemaSession } from '../../src/cassandra/execute.ts';
import { createJournal } from '../../src/cassandra/journal.ts';
import type { LeaseTimings } from '../../src/cassandra/lease-holder.ts';
import type { Journal } from '../../src/ports/journal.ts';

/** What a ledger process is started with. */
export interface ProcessOrder {
  readonly contactPoint: string;
  readonly keyspace: string;
  readonly ledgerKeyspace: string;
  readonly owner: string;
  readonly timings: LeaseTimings;
}

export async function openLedgerProcess(
  order: ProcessOrder,
): Promise<{ readonly connection: Connection; readonly journal: Journal }> {
  const { keyspace, ledgerKeyspace, timings } = order;
  const connection = await connect({ contactPoints: [order.contactPoint] });
  const session = schemaSession(connection, { keyspace, ledgerKeyspace });
  return {
    connection,
    journal: createJournal({ connection, session, keyspace, ledgerKeyspace, replication: null, timings }),
  };
}
