import type { TokenRange } from '../model/row.ts';

const first = -(2n ** 63n);
const last = 2n ** 63n - 1n;

/**
 * The Murmur3 ring in equal ranges, the next power of two of at least `parts` (at most 2^20): grids of different
 * fineness nest, none of the ranges wraps, and together they hold every token that a row can have.
 */
export function splitRing(parts: number): TokenRange[] {
  const bits = Math.min(20, Math.max(0, Math.ceil(Math.log2(Math.max(1, parts)))));
  const count = 1n << BigInt(bits);
  const step = 2n ** 64n / count;
  const ranges: TokenRange[] = [];
  for (let index = 0n; index < count; index++) {
    const start = first + index * step;
    ranges.push({ start, end: index === count - 1n ? last : start + step });
  }
  return ranges;
}

/** Two halves of a range; null when it holds one token only. */
export function halves(range: TokenRange): readonly [TokenRange, TokenRange] | null {
  const middle = (range.start + range.end) >> 1n;
  if (middle === range.start) return null;
  return [
    { start: range.start, end: middle },
    { start: middle, end: range.end },
  ];
}
