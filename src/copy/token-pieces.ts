import type { TokenRange } from '../model/row.ts';

/** The name of a token range in checkpoints. */
export function rangeName({ start, end }: TokenRange): string {
  return `token:${start}..${end}`;
}

/** The range of such a name; null for any other text. */
export function rangeOfName(name: string): TokenRange | null {
  const match = /^token:(-?\d+)\.\.(-?\d+)$/.exec(name);
  return match === null ? null : { start: BigInt(match[1] ?? 0), end: BigInt(match[2] ?? 0) };
}

/** What is left of the ranges without those that are done; the ranges need not have the same borders. */
export function remaining(ranges: readonly TokenRange[], done: readonly TokenRange[]): readonly TokenRange[] {
  return done.reduce((left, gone) => left.flatMap((range) => without(range, gone)), ranges);
}

function without(range: TokenRange, gone: TokenRange): readonly TokenRange[] {
  if (gone.end <= range.start || gone.start >= range.end) return [range];
  const before = { start: range.start, end: gone.start };
  const after = { start: gone.end, end: range.end };
  return [before, after].filter(({ start, end }) => start < end);
}
