/**
 * By what a copy tells which rows of its source changed: a column of times, a column of numbers, or the write times that
 * Cassandra keeps of each cell. The values are *watermarks*.
 */
export type Since =
  | {
      readonly by: 'time' | 'number';
      readonly column: string;
      /** How far behind the watermark every pass begins: microseconds of a time, else numbers. */
      readonly overlap: number;
    }
  | {
      readonly by: 'writetime';
      /** Microseconds. */
      readonly overlap: number;
    };

/** What a source answers for its watermarks, all of it about one moment or later. Times in microseconds. */
export interface SourceMark {
  /** The clock of the source when it was asked. */
  readonly now: bigint;
  /** The greatest value that is not ahead of that clock; null: no row has one. */
  readonly newest: bigint | null;
}

/** What a source has that a pass up to a watermark has not read. */
export interface SourceLag extends SourceMark {
  /** Rows above the watermark that are not ahead of the source's clock. */
  readonly pending: number;
  /** Rows without a value: no pass reads them. */
  readonly without: number;
  /** Rows whose time is ahead of the source's clock: each pass reads them. */
  readonly ahead: number;
}

/** Where the next pass begins, when reading begins after `mark` was taken. */
export function watermarkOf(since: Since, { now, newest }: SourceMark): bigint {
  if (since.by === 'number') return newest ?? 0n;
  if (since.by === 'writetime' || newest === null) return now;
  return newest < now ? newest : now;
}

/** `updated_at`, `the write time`: for people. */
export function sinceName(since: Since): string {
  return since.by === 'writetime' ? 'the write time' : since.column;
}
