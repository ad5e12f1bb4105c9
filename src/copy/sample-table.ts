import { RowRejected } from '../model/data.ts';
import type { SourceRow } from '../ports/source.ts';
import { joinRows } from './joined-row.ts';
import { RowDecoder, type TableInput } from './table-pieces.ts';

const sampledParts = 64;

/** Some rows of a table in JavaScript values, from the beginning of its ring on. */
export async function sampleTable(input: Omit<TableInput, 'times'>, wanted: number): Promise<readonly SourceRow[]> {
  const { rows, keyspace, table, types, columns, consistency } = input;
  const decoder = new RowDecoder(input);
  const found: SourceRow[] = [];
  for (const range of await rows.splitFor(keyspace, table, sampledParts)) {
    const request = { keyspace, table, types, columns, range, consistency, times: false };
    for await (const page of joinRows(rows.scan(request))) {
      for (const row of page.slice(0, wanted - found.length)) {
        const place = decoder.place(row);
        try {
          found.push({ values: decoder.decode(row), place, problem: null });
        } catch (thrown) {
          if (!(thrown instanceof RowRejected)) throw thrown;
          found.push({ values: {}, place, problem: thrown.reason });
        }
      }
      if (found.length >= wanted) return found;
    }
  }
  return found;
}
