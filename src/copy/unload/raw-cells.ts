/** A row that cannot be told as text or as typed values. */
export interface Unreadable {
  readonly reason: string;
  /** Its cells as the server has them, by column. */
  readonly cells: Readonly<Record<string, string | null>>;
}

/** The cells of a row of `count` columns, and where the next row begins. */
export function rawCells(
  bytes: Buffer,
  from: number,
  count: number,
): { readonly cells: readonly (Buffer | null)[]; readonly end: number } {
  const cells: (Buffer | null)[] = [];
  let at = from;
  for (let index = 0; index < count; index += 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    cells.push(length < 0 ? null : bytes.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return { cells, end: at };
}

/** By column: the bytes as hex. */
export function shownCells(names: readonly string[], cells: readonly (Buffer | null)[]): Unreadable['cells'] {
  return Object.fromEntries(
    names.map((name, at) => [name, cells[at] == null ? null : `0x${cells[at].toString('hex')}`]),
  );
}
