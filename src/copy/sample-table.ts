import { setOwn } from '../kernel/own.ts';
import { type JsRow, RowRejected } from '../model/data.ts';
import type { SourceRow } from '../ports/source.ts';
import type { InputRow } from './input.ts';
import { joinRows } from './joined-row.ts';
import { RowDecoder, type TableInput } from './table-pieces.ts';

const sampledParts = 64;

/** Some rows of a table, from the beginning of its ring on. */
export async function sampleTable(input: Omit<TableInput, 'times'>, wanted: number): Promise<readonly InputRow[]> {
  const { rows, keyspace, table, types, columns, consistency } = input;
  const decoder = new RowDecoder(input);
  const found: InputRow[] = [];
  for (const range of await rows.splitFor(keyspace, table, sampledParts)) {
    const request = { keyspace, table, types, columns, range, consistency, times: false };
    for await (const page of joinRows(rows.scan(request))) {
      for (const row of page.slice(0, wanted - found.length)) found.push(decoder.inputRow(row));
      if (found.length >= wanted) return found;
    }
  }
  return found;
}

/** The rows in JavaScript values, null for those that JavaScript has not; `unseen`: why, with the row's place. */
export function seenRows(rows: readonly InputRow[]): {
  readonly rows: readonly SourceRow[];
  readonly unseen: readonly string[];
} {
  const unseen: string[] = [];
  const seen = rows.map((row): SourceRow => {
    const [place, found] = [row.place(), row.values()];
    const values: Record<string, unknown> = {};
    for (const name of Object.keys(found)) {
      const value = seenValue(found, name);
      if (value instanceof RowRejected) unseen.push(`${place}: ${value.reason}`);
      setOwn(values, name, value instanceof RowRejected ? null : value);
    }
    return { values, place, problem: null };
  });
  return { rows: seen, unseen };
}

function seenValue(values: JsRow, name: string): unknown {
  try {
    return values[name];
  } catch (thrown) {
    if (thrown instanceof RowRejected) return thrown;
    throw thrown;
  }
}
