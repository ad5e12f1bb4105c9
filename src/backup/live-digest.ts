import { createDigest, type DigestState } from '../cql/digest.ts';
import { areSimple, SimpleCells } from '../cql/simple-cells.ts';
import { SimpleDigest } from '../cql/simple-digest.ts';
import { eachAtATime } from '../kernel/each-at-a-time.ts';
import { own } from '../kernel/own.ts';
import type { StoredRow, TokenRange } from '../model/row.ts';
import type { ByName, Column, Table, UserType } from '../model/schema.ts';
import type { Consistency, Rows, ScanRequest } from '../ports/cluster.ts';
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
  const counter = areSimple(scope.columns) ? simpleCounter(rows, scope) : storedCounter(rows, scope);
  let counted = 0;
  const read = async (range: TokenRange, stopped: () => boolean): Promise<void> => {
    const part = within(scope.bounds, range);
    if (part === null) return;
    for await (const page of counter.count(part)) {
      if (stopped()) return;
      counted += page.counted;
      onPage(page.read);
    }
  };
  await eachAtATime(await rows.splitFor(scope.keyspace, scope.table, scanParts), scansInFlight, read);
  return { rows: counted, digest: counter.state() };
}

interface Counter {
  /** Page by page: how many rows were read, and how many of them count. */
  count(range: TokenRange): AsyncIterable<{ readonly read: number; readonly counted: number }>;
  state(): DigestState;
}

function requestOf({ keyspace, table, types, columns, consistency }: LiveScope): Omit<ScanRequest, 'range' | 'times'> {
  return { keyspace, table, types, columns: columns.map(({ name }) => name), consistency };
}

function storedCounter(rows: Rows, scope: LiveScope): Counter {
  const digest = createDigest(scope.columns);
  return {
    count: async function* (range) {
      for await (const page of rows.scan({ ...requestOf(scope), range, times: true })) {
        let counted = 0;
        for (const row of page) {
          if (!scope.whole && isEmpty(row)) continue;
          digest.add(row, scope.countedAs);
          if (row.kind === 'row') counted += 1;
        }
        yield { read: page.length, counted };
      }
    },
    state: () => digest.state(),
  };
}

function simpleCounter(rows: Rows, scope: LiveScope): Counter {
  const { table, columns, countedAs, whole } = scope;
  const cells = new SimpleCells({
    partitionKey: table.partitionKey.length,
    clusteringKey: table.clusteringKey.length,
    columns: columns.length,
    timed: true,
  });
  const names = columns.map(({ name }) => own(countedAs, name) ?? name);
  const digest = new SimpleDigest(cells, names);
  return {
    count: async function* (range) {
      for await (const { page, starts } of rows.scanSimple({ ...requestOf(scope), range, times: true })) {
        let counted = 0;
        for (const start of starts) {
          cells.locate(page.view, start, 0);
          if (cells.isStaticOnly(page.view, 0) || !(whole || cells.hasValue(page.view, 0))) continue;
          digest.add(page, 0);
          counted += 1;
        }
        yield { read: starts.length, counted };
      }
    },
    state: () => digest.state(),
  };
}

export function isEmpty(row: StoredRow): boolean {
  return row.cells.every((cell) => cell === null);
}
