import { CqlformError } from '../kernel/errors.ts';
import type { Table } from '../model/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';

/** A drop makes the servers flush the table, and only what is flushed shows whether it can be read. */
const flushMs = 500;

export interface ReadBack {
  readonly rows: Rows;
  readonly clock: Clock;
}

/** Reads a whole table that has just lost columns. Gives the `READ_FAILED` of a table that cannot be read, null of one that can. */
export async function readBack(
  { rows, clock }: ReadBack,
  { keyspace, table }: { readonly keyspace: string; readonly table: Table },
): Promise<CqlformError | null> {
  await clock.sleep(flushMs);
  try {
    await rows.readThrough(keyspace, table);
    return null;
  } catch (thrown) {
    if (thrown instanceof CqlformError && thrown.code === 'READ_FAILED') return thrown;
    throw thrown;
  }
}
