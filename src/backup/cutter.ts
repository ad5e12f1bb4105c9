import type { Bytes, StoredRow } from '../model/row.ts';
import { cellBounds, finestDepth, type GridCell, halves } from './grid.ts';

/** What decides where a row goes. */
export interface Weighed {
  readonly token: bigint;
  /** Bytes of keys and values; what decides where cells are cut, so it depends on content alone. */
  readonly size: number;
}

/** A row on its way into a chunk. */
export interface PlacedRow extends Weighed {
  readonly row: StoredRow;
  /** False when, outside the backup's columns, nothing would keep the row alive (docs/formats.md, anchored rows). */
  readonly anchored: boolean;
}

/** The rows of one chunk. `part` counts the pieces of a partition too large for one chunk; 0 otherwise. */
export interface Cut<R extends Weighed = PlacedRow> {
  readonly cell: GridCell;
  readonly part: number;
  readonly rows: readonly R[];
  readonly size: number;
}

/** Where rows go that were cut. */
export interface CutRows<R extends Weighed = PlacedRow> {
  emit(cut: Cut<R>): Promise<void>;
  /** Whether a piece of a large partition may end with this row: about one row in sixteen, by its clustering key alone. */
  endsPiece(row: R): boolean;
}

/**
 * Cuts the rows of a cell, handed in token and clustering order, into chunks: a chunk's cell is the largest one whose rows
 * weigh at most `target` bytes. The same rows are cut in the same places whatever stands elsewhere in the table. A single
 * token that weighs more is cut by clustering position, at rows that a hash of their clustering key chooses, so that an
 * insertion moves only the cuts around it. Holds at most `target` bytes and one row.
 */
export class Cutter<R extends Weighed = PlacedRow> {
  readonly #target: number;
  readonly #to: CutRows<R>;
  readonly #root: GridCell;
  #cell: GridCell;
  #bounds: { readonly first: bigint; readonly last: bigint };
  readonly #ahead: GridCell[] = [];
  #rows: R[] = [];
  #size = 0;
  /** The next piece's number while inside a partition that is cut by clustering position. */
  #part: number | null = null;

  constructor(cell: GridCell, target: number, to: CutRows<R>) {
    this.#root = cell;
    this.#cell = cell;
    this.#bounds = cellBounds(cell);
    this.#target = target;
    this.#to = to;
  }

  /** Null when nothing had to be cut: most rows only join those before them. */
  push(placed: R): Promise<void> | null {
    if (placed.token > this.#bounds.last || this.#part !== null || this.#size + placed.size > this.#target) {
      return this.#pushAndCut(placed);
    }
    this.#rows.push(placed);
    this.#size += placed.size;
    return null;
  }

  async #pushAndCut(placed: R): Promise<void> {
    while (placed.token > this.#bounds.last) await this.#leaveCell();
    this.#rows.push(placed);
    this.#size += placed.size;
    if (this.#part !== null) return await this.#cutPartition();
    while (this.#size > this.#target && this.#cell.depth < finestDepth) await this.#split();
    if (this.#size > this.#target) await this.#enterLargePartition();
  }

  /** Ends the cell. Gives back what is left when nothing was cut, so that neighbours can be joined; null when all was emitted. */
  async end(): Promise<Cut<R> | null> {
    if (this.#cell === this.#root && this.#part === null) {
      return { cell: this.#root, part: 0, rows: this.#rows, size: this.#size };
    }
    await this.#flush();
    return null;
  }

  async #flush(): Promise<void> {
    if (this.#rows.length > 0) {
      await this.#to.emit({ cell: this.#cell, part: this.#part ?? 0, rows: this.#rows, size: this.#size });
    }
    this.#rows = [];
    this.#size = 0;
    this.#part = null;
  }

  async #leaveCell(): Promise<void> {
    await this.#flush();
    const next = this.#ahead.pop();
    if (next === undefined) throw new RangeError('a row lies outside of the cell that is being cut');
    this.#enter(next);
  }

  #enter(cell: GridCell): void {
    this.#cell = cell;
    this.#bounds = cellBounds(cell);
  }

  async #split(): Promise<void> {
    const [left, right] = halves(this.#cell);
    const middle = cellBounds(left).last;
    const boundary = firstBehind(this.#rows, middle);
    if (boundary === this.#rows.length) {
      this.#ahead.push(right);
      return this.#enter(left);
    }
    if (boundary > 0) {
      const rest = this.#rows.slice(boundary);
      const restSize = rest.reduce((sum, placed) => sum + placed.size, 0);
      this.#rows.length = boundary;
      await this.#to.emit({ cell: left, part: 0, rows: this.#rows, size: this.#size - restSize });
      this.#rows = rest;
      this.#size = restSize;
    }
    this.#enter(right);
  }

  async #enterLargePartition(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    this.#size = 0;
    this.#part = 0;
    for (const placed of rows) {
      this.#rows.push(placed);
      this.#size += placed.size;
      await this.#cutPartition();
    }
  }

  async #cutPartition(): Promise<void> {
    const last = this.#rows.at(-1);
    if (last === undefined || this.#part === null || this.#size < this.#target / 2) return;
    if (this.#size < this.#target * 2 && !this.#to.endsPiece(last)) return;
    const part = this.#part;
    await this.#flush();
    this.#part = part + 1;
  }
}

/** The place of the first row with a larger token; rows are in the order of tokens. */
function firstBehind(rows: readonly Weighed[], token: bigint): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.token ?? token) > token) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** About one row in sixteen, chosen by its clustering key (FNV-1a). */
export function endsPiece({ row }: PlacedRow): boolean {
  return row.kind === 'row' && isChosen(row.clusteringKey);
}

export function isChosen(clusteringKey: readonly Bytes[]): boolean {
  let hash = 0x811c9dc5;
  for (const component of clusteringKey) {
    for (const byte of component) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash ^ component.length, 0x01000193);
  }
  return ((hash ^ (hash >>> 15)) & 15) === 0;
}

/** What a row weighs: its own bytes, and a flat charge for each cell's times. */
export function weightOf(row: StoredRow): number {
  let size = 0;
  for (const part of row.partitionKey) size += part.length;
  if (row.kind === 'row') for (const part of row.clusteringKey) size += part.length;
  for (const cell of row.cells) {
    if (cell === null) continue;
    if (cell.kind === 'value') size += cell.bytes.length + 4;
    else if (cell.kind === 'counter') size += 8;
    else for (const element of cell.elements) size += (element.key?.length ?? 0) + (element.value?.length ?? 0) + 4;
  }
  return size;
}

/**
 * Joins what neighbouring cells of one depth left uncut, upwards, as if the ring had been cut as a whole; `uncut[i]` is
 * null where cell i was cut. Emits in token order.
 */
export async function joinUncut<R extends Weighed>(
  uncut: readonly (Cut<R> | null)[],
  target: number,
  emit: (cut: Cut<R>) => Promise<void>,
): Promise<void> {
  if (uncut.length === 1) {
    const [only] = uncut;
    if (only !== null && only !== undefined && only.rows.length > 0) await emit(only);
    return;
  }
  const next: (Cut<R> | null)[] = [];
  for (let index = 0; index < uncut.length; index += 2) {
    const left = uncut[index] ?? null;
    const right = uncut[index + 1] ?? null;
    if (left !== null && right !== null && left.size + right.size <= target) {
      const cell = { depth: left.cell.depth - 1, index: left.cell.index / 2n };
      next.push({ cell, part: 0, rows: [...left.rows, ...right.rows], size: left.size + right.size });
      continue;
    }
    if (left !== null && left.rows.length > 0) await emit(left);
    if (right !== null && right.rows.length > 0) await emit(right);
    next.push(null);
  }
  await joinUncut(next, target, emit);
}
