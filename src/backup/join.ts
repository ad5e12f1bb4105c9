import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { StoredRow } from '../model/row.ts';
import type { ChunkRow } from './chunk-layout.ts';
import { type Position, Positions } from './key-order.ts';

/** A row of the backup, a row of the live table, or both when their keys are the same. */
export type Joined =
  | { readonly backup: ChunkRow; readonly live: StoredRow | null }
  | { readonly backup: null; readonly live: StoredRow };

export interface JoinInput {
  readonly backup: AsyncIterable<readonly ChunkRow[]>;
  readonly live: AsyncIterable<readonly StoredRow[]>;
  readonly compare: (a: Position, b: Position) => number;
  readonly table: string;
}

/**
 * Walks two sequences of rows side by side, each in token and clustering order. Both are checked to ascend: where they
 * do, the join is right whatever Cassandra's own order is. Throws `KEY_ORDER_UNKNOWN` where they do not.
 */
export async function* joinRows(input: JoinInput): AsyncGenerator<Joined> {
  const backup = new Cursor(input.backup, (each) => each.row, input);
  const live = new Cursor<StoredRow>(input.live, (each) => each, input);
  try {
    await Promise.all([backup.advance(), live.advance()]);
    for (;;) {
      const [left, right] = [backup.current, live.current];
      if (left === null && right === null) return;
      const order = left === null ? 1 : right === null ? -1 : input.compare(left.position, right.position);
      if (left !== null && order <= 0) yield { backup: left.item, live: order === 0 ? (right?.item ?? null) : null };
      else if (right !== null) yield { backup: null, live: right.item };
      if (order <= 0 && !backup.next()) await backup.advance();
      if (order >= 0 && !live.next()) await live.advance();
    }
  } finally {
    await Promise.all([backup.close(), live.close()]);
  }
}

class Cursor<T> {
  readonly #pages: AsyncIterator<readonly T[]>;
  readonly #rowOf: (item: T) => StoredRow;
  readonly #input: JoinInput;
  readonly #positions = new Positions();
  #page: readonly T[] = [];
  #at = 0;
  current: { readonly item: T; readonly position: Position } | null = null;

  constructor(pages: AsyncIterable<readonly T[]>, rowOf: (item: T) => StoredRow, input: JoinInput) {
    this.#pages = pages[Symbol.asyncIterator]();
    this.#rowOf = rowOf;
    this.#input = input;
  }

  /** Moves on within the page; false when the next page is needed. */
  next(): boolean {
    const item = this.#page[this.#at];
    if (item === undefined) return false;
    this.#at += 1;
    const position = this.#positions.of(this.#rowOf(item));
    if (this.current !== null && this.#input.compare(this.current.position, position) >= 0) {
      throw new CqlformError(
        'KEY_ORDER_UNKNOWN',
        `rows of ${this.#input.table} come in an order that is not understood`,
        {
          next: 'Restore the backup into a new table of the same definition instead, and tell the makers of cqlform the type of the clustering columns.',
          fields: { table: this.#input.table },
          exitCode: exitCodes.integrity,
        },
      );
    }
    this.current = { item, position };
    return true;
  }

  async advance(): Promise<void> {
    while (!this.next()) {
      const page = await this.#pages.next();
      if (page.done === true) {
        this.current = null;
        return;
      }
      this.#page = page.value;
      this.#at = 0;
    }
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}
