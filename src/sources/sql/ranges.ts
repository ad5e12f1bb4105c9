import { type KeyRange, wholeTable } from './key-range.ts';

/** A piece is not made smaller than so many rows: each costs a query and a checkpoint. */
const smallestPiece = 2000;
/** Where a whole-number key has fewer rows than this among its numbers, equal steps of numbers are no equal pieces. */
const sparse = 1 / 64;

/** What is asked of the database to cut a table; all of it in the view that the rows are read in. */
export interface KeyQueries {
  /** An estimate. */
  readonly rows: number;
  /** Least and greatest of a key that is one whole number; null for other keys and empty tables. */
  readonly extremes: () => Promise<{ readonly least: bigint; readonly greatest: bigint } | null>;
  /** The key that comes `rows` after another, or after the beginning; null past the end. */
  readonly step: (after: readonly string[] | null, rows: number) => Promise<readonly string[] | null>;
}

/** Ranges that hold every key once, about as many as wanted. */
export async function keyRanges(queries: KeyQueries, wanted: number): Promise<readonly KeyRange[]> {
  const pieces = Math.min(wanted, Math.floor(queries.rows / smallestPiece));
  if (pieces < 2) return [wholeTable];
  const extremes = await queries.extremes();
  if (extremes !== null) {
    const numbers = extremes.greatest - extremes.least + 1n;
    if (queries.rows / Number(numbers) >= sparse) return between(numberGrid(extremes, pieces));
  }
  return between(await walk(queries, pieces));
}

/**
 * Multiples of a power of two: a table that has grown since keeps the borders that it had, so that what an earlier
 * attempt finished is recognised.
 */
export function numberGrid(
  { least, greatest }: { readonly least: bigint; readonly greatest: bigint },
  pieces: number,
): readonly (readonly string[])[] {
  let bits = 0n;
  while ((greatest - least) >> bits >= BigInt(pieces)) bits += 1n;
  const borders: string[][] = [];
  for (let cell = (least >> bits) + 1n; cell <= greatest >> bits; cell += 1n)
    borders.push([String((cell << bits) - 1n)]);
  return borders;
}

/** Walks along the key's index; the estimate of the rows may be wrong, so it ends after twice the pieces. */
async function walk({ rows, step }: KeyQueries, pieces: number): Promise<readonly (readonly string[])[]> {
  const borders: (readonly string[])[] = [];
  const stride = Math.max(smallestPiece, Math.ceil(rows / pieces));
  while (borders.length < pieces * 2) {
    const next = await step(borders.at(-1) ?? null, stride);
    if (next === null) break;
    borders.push(next);
  }
  return borders;
}

function between(borders: readonly (readonly string[])[]): readonly KeyRange[] {
  return [null, ...borders].map((after, at) => ({ after, upTo: borders[at] ?? null }));
}
