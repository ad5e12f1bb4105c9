import { eachAtATime } from '../../kernel/each-at-a-time.ts';
import type { Table } from '../../model/schema.ts';
import type { Rows } from '../../ports/cluster.ts';
import type { WorkContext } from '../../ports/engines.ts';
import { copyConsistency } from '../table-pieces.ts';

const ringParts = 64;
const readAtOnce = 4;

/** Rows of a table, read by their keys alone; partitions that only have static cells have none. */
export async function countRows(table: Table, context: WorkContext, rows: Rows): Promise<number> {
  const { keyspace, types } = context;
  let seen = 0;
  await eachAtATime(await rows.splitFor(keyspace, table, ringParts), readAtOnce, async (range) => {
    const request = { keyspace, table, types, columns: [], range, times: false, consistency: copyConsistency } as const;
    for await (const page of rows.scan(request)) {
      context.assertHeld();
      for (const row of page) if (row.kind === 'row') seen += 1;
      context.onProgress({ unit: 'rows', done: seen, total: null });
    }
  });
  return seen;
}
