import { type Client, policies, types } from 'cassandra-driver';
import { qualified, quoted } from '../model/identifier.ts';
import type { Table } from '../model/schema.ts';

/** With fewer rows, cutting the ring costs more requests than reading at once saves. */
const few = 1_000;
const patienceMs = 1_000;

/**
 * Whether the table has fewer than a thousand rows, as one replica sees it: a hint for cutting work into pieces. Where
 * it cannot be told at once, as in a table full of tombstones, the answer is no.
 */
export async function isSmall(client: Client, keyspace: string, table: Table): Promise<boolean> {
  const column = quoted(table.partitionKey[0] ?? '');
  try {
    const result = await client.execute(`SELECT ${column} FROM ${qualified(keyspace, table.name)} LIMIT ${few}`, [], {
      consistency: types.consistencies.localOne,
      fetchSize: few,
      isIdempotent: true,
      readTimeout: patienceMs,
      retry: new policies.retry.FallthroughRetryPolicy(),
    });
    return result.rowLength < few;
  } catch {
    return false;
  }
}
