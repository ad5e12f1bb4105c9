import { eachAtATime } from '../../kernel/each-at-a-time.ts';
import type { Table } from '../../model/schema.ts';
import type { Rows } from '../../ports/cluster.ts';
import type { WorkContext } from '../../ports/engines.ts';
import { joinRows } from '../joined-row.ts';
import { copyConsistency } from '../table-pieces.ts';

const ringParts = 64;
const readAtOnce = 4;

/**
 * Rows of a table, read by their keys and static cells. A partition that has static cells only counts as one: it was
 * written as a row of its own.
 */
export async function countRows(table: Table, context: WorkContext, rows: Rows): Promise<number> {
  const { keyspace, types } = context;
  const columns = table.columns.filter((column) => column.static).map(({ name }) => name);
  let seen = 0;
  await eachAtATime(await rows.splitFor(keyspace, table, ringParts), readAtOnce, async (range) => {
    const request = { keyspace, table, types, columns, range, times: false, consistency: copyConsistency } as const;
    for await (const page of joinRows(rows.scan(request))) {
      context.assertHeld();
      seen += page.length;
      context.onProgress({ unit: 'rows', done: seen, total: null });
    }
  });
  return seen;
}
