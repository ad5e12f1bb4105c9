import type { TokenSpan } from '../model/backup.ts';
import type { TokenRange } from '../model/row.ts';

/**
 * A cell of the nested grid over the Murmur3 ring: at depth d the ring is cut into 2^d equal parts, and `index` counts
 * them from the smallest token. The halves of (d, i) are (d+1, 2i) and (d+1, 2i+1); at depth 64 a cell is one token.
 */
export interface GridCell {
  readonly depth: number;
  readonly index: bigint;
}

export const wholeRing: GridCell = { depth: 0, index: 0n };
export const finestDepth = 64;

const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

/** Smallest and largest token of a cell, both inclusive. */
export function cellBounds(cell: GridCell): { readonly first: bigint; readonly last: bigint } {
  const width = 1n << BigInt(finestDepth - cell.depth);
  const first = smallest + cell.index * width;
  return { first, last: first + width - 1n };
}

/** The tokens of consecutive cells as a range to scan. The smallest token never holds a row, so nothing is missed at the ring's start. */
export function rangeBetween(first: bigint, last: bigint): TokenRange {
  return { start: first === smallest ? smallest : first - 1n, end: last };
}

export function cellRange(cell: GridCell): TokenRange {
  const { first, last } = cellBounds(cell);
  return rangeBetween(first, last);
}

/** Both inclusive. */
export interface TokenBounds {
  readonly first: bigint;
  readonly last: bigint;
}

export const ringBounds: TokenBounds = { first: smallest, last: largest };

/** Of a part of the ring; undefined: of all of it. */
export function boundsOf(span: TokenSpan | undefined): TokenBounds {
  return span === undefined ? ringBounds : { first: BigInt(span.first), last: BigInt(span.last) };
}

/** What of a range to scan lies within; null: nothing. */
export function within({ first, last }: TokenBounds, range: TokenRange): TokenRange | null {
  const { start, end } = rangeBetween(first, last);
  const both = { start: start > range.start ? start : range.start, end: end < range.end ? end : range.end };
  return both.start < both.end ? both : null;
}

export function halves(cell: GridCell): readonly [GridCell, GridCell] {
  return [
    { depth: cell.depth + 1, index: cell.index * 2n },
    { depth: cell.depth + 1, index: cell.index * 2n + 1n },
  ];
}

/** All cells of one depth, in token order. */
export function cellsAt(depth: number): readonly GridCell[] {
  return Array.from({ length: 2 ** depth }, (_none, index) => ({ depth, index: BigInt(index) }));
}

/** As it stands in an index and in messages: `depth/index`. */
export function cellName(cell: GridCell): string {
  return `${cell.depth}/${cell.index}`;
}

/** Null when the text is not the name of a cell. */
export function parseCell(name: string): GridCell | null {
  const parts = /^(\d{1,2})\/(\d{1,20})$/.exec(name);
  if (parts?.[1] === undefined || parts[2] === undefined) return null;
  const cell = { depth: Number(parts[1]), index: BigInt(parts[2]) };
  return cell.depth <= finestDepth && cell.index < 1n << BigInt(cell.depth) ? cell : null;
}

/** A token range as people read it. */
export function rangeName(first: bigint, last: bigint): string {
  return `tokens ${first} to ${last}`;
}
