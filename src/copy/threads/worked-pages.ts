import type { InputPage, InputRow } from '../input.ts';
import type { RowPool } from './row-pool.ts';
import type { Worked } from './row-thread.ts';
import type { ThreadedRows } from './threaded-rows.ts';

/** Rows that travel together: few enough that all threads have some, enough that a message costs little for each. */
const batchRows = 256;

/** Rows of a page with what threads made of those without a problem; `worked` null: nothing yet. */
export interface WorkedPage extends InputPage {
  readonly worked: Worked | null;
}

/**
 * Pages in their order, worked on in threads while there are some, so that threads work on the next ones while the
 * first is written. Of a piece, no more rows are under way than keep `threads` busy.
 */
export async function* workedPages(
  pages: AsyncIterable<InputPage>,
  threads: ThreadedRows,
  piecesAtOnce: number,
): AsyncGenerator<WorkedPage> {
  const ahead: { readonly page: InputPage; readonly worked: Promise<Worked> | null }[] = [];
  const next = async (): Promise<WorkedPage> => {
    const { page, worked } = ahead.shift() as (typeof ahead)[number];
    return { ...page, worked: await worked };
  };
  for await (const page of pages) {
    threads.consider();
    const { pool } = threads;
    if (pool === null) {
      yield { ...page, worked: null };
      continue;
    }
    const most = Math.max(2, Math.ceil((2 * pool.count) / piecesAtOnce));
    for (const part of partsOf(page)) {
      ahead.push({ page: part, worked: workOf(part.rows, pool) });
      while (ahead.length >= most) yield await next();
    }
  }
  while (ahead.length > 0) yield await next();
}

function workOf(rows: readonly InputRow[], pool: RowPool): Promise<Worked> | null {
  const usable = rows.filter(({ problem }) => problem === null);
  return usable.length === 0 ? null : pool.work(usable);
}

function* partsOf({ rows, ...counts }: InputPage): Generator<InputPage> {
  yield { ...counts, rows: rows.slice(0, batchRows) };
  for (let at = batchRows; at < rows.length; at += batchRows) {
    yield { rows: rows.slice(at, at + batchRows), passed: 0, bytes: 0 };
  }
}
