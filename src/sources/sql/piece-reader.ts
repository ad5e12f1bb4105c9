import { setTimeout as sleep } from 'node:timers/promises';
import { CqlformError } from '../../kernel/errors.ts';
import type { KeyRange } from './key-range.ts';
import type { RawRow, SqlReaders } from './source.ts';

/** How often work is begun anew where its connection breaks without a row in between, and the wait before the first time. */
export const tries = 5;
const firstWaitMs = 100;

/** A piece of a table, and how what is left of it is asked for. */
export interface PieceReading<Raw> {
  readonly range: KeyRange;
  readonly sql: (range: KeyRange) => string;
  /** Of its parameters. */
  readonly values: readonly string[];
  readonly size: number;
  /** The key of a row, by which rows come in order; null: they come in any order. */
  readonly keyOf: ((row: RawRow<Raw>) => readonly string[] | null) | null;
}

/**
 * Rows of a piece. Where the connection breaks, another one with the same view goes on behind the last row; where none
 * has it any more, or rows come in any order and some have come, that is an error.
 */
export async function* piecePages<Raw>(
  readers: SqlReaders<Raw>,
  { range, sql, values, size, keyOf }: PieceReading<Raw>,
): AsyncGenerator<readonly RawRow<Raw>[]> {
  let left = range;
  let resumable = true;
  for (let failures = 0; ; ) {
    const session = await readers.take();
    let broken: unknown = null;
    try {
      for await (const page of session.pages(sql(left), size, values)) {
        failures = 0;
        yield page;
        const last = page.at(-1);
        const after = last === undefined || keyOf === null ? null : keyOf(last);
        resumable = after !== null;
        left = { ...left, after };
      }
      return;
    } catch (thrown) {
      if (!isLost(thrown)) throw thrown;
      broken = thrown;
    } finally {
      // a piece that nobody wants any more leaves its connection in the middle of its rows
      if (broken === null) readers.give(session);
    }
    await readers.replace(session, broken);
    failures += 1;
    if (!resumable || failures >= tries) throw broken;
    await sleep(firstWaitMs * 2 ** failures);
  }
}

export function isLost(thrown: unknown): boolean {
  return thrown instanceof CqlformError && thrown.code === 'SOURCE_CONNECTION_LOST';
}

/** No connection is left that sees what the copy began to read. */
export function viewLost(name: string, cause: unknown): CqlformError {
  return new CqlformError(
    'SOURCE_CONNECTION_LOST',
    `every connection to source ${name} broke, and with them the view of one moment that the copy read: ${reasonIn(cause)}`,
    {
      next: 'Apply again: it goes on with the pieces that are not finished, which it reads as they are by then.',
      fields: { connection: name },
      retryable: true,
      cause,
    },
  );
}

function reasonIn(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(/^the connection to source .* broke: /, '');
}
