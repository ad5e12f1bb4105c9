import { eachAtATime } from '../../kernel/each-at-a-time.ts';
import type { DataSpec } from '../../model/data.ts';
import type { Table } from '../../model/schema.ts';
import type { Rows } from '../../ports/cluster.ts';
import type { CountedRows, WorkContext } from '../../ports/engines.ts';
import { type JoinedRow, joinRows } from '../joined-row.ts';
import { copyConsistency } from '../table-pieces.ts';

const ringParts = 64;
const readAtOnce = 4;

/** Reads a table by its keys and its static cells. */
export async function countRows(table: Table, context: WorkContext, rows: Rows): Promise<CountedRows> {
  const { keyspace, types } = context;
  const columns = table.columns.filter((column) => column.static).map(({ name }) => name);
  const seen = { there: 0, most: 0 };
  await eachAtATime(await rows.splitFor(keyspace, table, ringParts), readAtOnce, async (range) => {
    const request = { keyspace, table, types, columns, range, times: false, consistency: copyConsistency } as const;
    let statics: JoinedRow['statics'] = [];
    for await (const page of joinRows(rows.scan(request))) {
      context.assertHeld();
      seen.there += page.length;
      for (const row of page) {
        // the rows of a partition share one array
        if (row.clusteringKey !== null) seen.most += 1;
        if (row.statics !== statics && row.statics.some((cell) => cell !== null)) seen.most += 1;
        statics = row.statics;
      }
      context.onProgress({ unit: 'rows', done: seen.there, total: null });
    }
  });
  return seen;
}

/** Whether so many rows may have been written; only a function of rows writes static cells besides rows of their partition. */
export function mayHold(counted: CountedRows, written: number, kind: DataSpec['kind']): boolean {
  return (kind === 'transform' ? counted.most : counted.there) >= written;
}
