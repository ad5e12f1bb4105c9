import type { Span } from './plan.ts';
import type { Sink } from './sink.ts';

/** An element of a set or an entry of a map: `start` to `end` is what it is ordered by, `from` to `to` all of it. */
export interface Piece extends Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Puts pieces that were written one after another into order, in place, and drops those equal to an earlier one.
 * Gives how many are left. Pieces in order already cost one comparison each.
 */
export function arrange(pieces: readonly Piece[], compare: Compare, sink: Sink): number {
  const [first] = pieces;
  if (first === undefined || pieces.every((piece, index) => follows(pieces[index - 1], piece, compare))) {
    return pieces.length;
  }
  const sorted = [...pieces].sort(compare).filter((piece, index, all) => follows(all[index - 1], piece, compare));
  const written = Buffer.from(sink.bytes.subarray(first.from, sink.length));
  let at = first.from;
  for (const { from, to } of sorted) {
    written.copy(sink.bytes, at, from - first.from, to - first.from);
    at += to - from;
  }
  sink.length = at;
  return sorted.length;
}

type Compare = (one: Span, other: Span) => number;

function follows(before: Piece | undefined, piece: Piece, compare: Compare): boolean {
  return before === undefined || compare(before, piece) < 0;
}
