import { createDigest, type DigestState } from '../cql/digest.ts';
import { eachAtATime } from '../kernel/each-at-a-time.ts';
import type { StoredRow, TokenRange } from '../model/row.ts';
import type { ByName, Column, Table, UserType } from '../model/schema.ts';
import type { Consistency, Rows } from '../ports/cluster.ts';
import { type TokenBounds, within } from './grid.ts';

export interface LiveScope {
  readonly keyspace: string;
  readonly table: Table;
  readonly types: ByName<UserType>;
  /** Data columns of the live table, static ones first. */
  readonly columns: readonly Column[];
  /** True: rows without a cell in the columns count too. */
  readonly whole: boolean;
  /** Live name → name under which a column counts, where they differ. */
  readonly countedAs: Readonly<Record<string, string>>;
  readonly consistency: Consistency;
  /** Whose partitions count. */
  readonly bounds: TokenBounds;
}

const scanParts = 32;
const scansInFlight = 4;

/** Reads a live table as a backup of it would be counted: rows (without static ones) and the value digest. */
export async function digestLive(
  rows: Rows,
  scope: LiveScope,
  onPage: (rows: number) => void,
): Promise<{ readonly rows: number; readonly digest: DigestState }> {
  const digest = createDigest(scope.columns);
  let counted = 0;
  const read = async (range: TokenRange, stopped: () => boolean): Promise<void> => {
    const { keyspace, table, types, consistency } = scope;
    const part = within(scope.bounds, range);
    if (part === null) return;
    const columns = scope.columns.map(({ name }) => name);
    for await (const page of rows.scan({ keyspace, table, types, columns, range: part, times: true, consistency })) {
      if (stopped()) return;
      for (const row of page) {
        if (!scope.whole && isEmpty(row)) continue;
        digest.add(row, scope.countedAs);
        if (row.kind === 'row') counted += 1;
      }
      onPage(page.length);
    }
  };
  await eachAtATime(await rows.splitFor(scope.keyspace, scope.table, scanParts), scansInFlight, read);
  return { rows: counted, digest: digest.state() };
}

export function isEmpty(row: StoredRow): boolean {
  return row.cells.every((cell) => cell === null);
}
