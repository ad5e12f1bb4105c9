import { readerOf } from '../../cql/codec/codec.ts';
import { RowRejected } from '../../model/data.ts';
import type { ByName, Column, UserType } from '../../model/schema.ts';
import type { RawRows } from '../../ports/cluster.ts';
import type { TypedFile } from '../../ports/typed-file.ts';
import { rawCells, shownCells, type Unreadable } from './raw-cells.ts';

/** Hands rows to a file of typed columns. */
export class RowsTyped {
  readonly #columns: readonly { readonly name: string; decode(bytes: Buffer): unknown }[];
  readonly #file: TypedFile;

  /** `columns` in the order of the pages' cells. */
  constructor(columns: readonly Column[], types: ByName<UserType>, file: TypedFile) {
    this.#file = file;
    this.#columns = columns.map(({ name, type }) => {
      const decode = readerOf(type, types);
      return { name, decode };
    });
  }

  page({ bytes, count }: RawRows): readonly Unreadable[] {
    const rejects: Unreadable[] = [];
    const names = this.#columns.map(({ name }) => name);
    let at = 0;
    for (let row = 0; row < count; row += 1) {
      const { cells, end } = rawCells(bytes, at, names.length);
      try {
        this.#file.row(this.#columns.map(({ name, decode }, index) => decoded(name, cells[index] ?? null, decode)));
      } catch (thrown) {
        if (!(thrown instanceof RowRejected)) throw thrown;
        rejects.push({ reason: thrown.reason, cells: shownCells(names, cells) });
      }
      at = end;
    }
    return rejects;
  }
}

function decoded(name: string, bytes: Buffer | null, decode: (bytes: Buffer) => unknown): unknown {
  try {
    return bytes === null ? null : decode(bytes);
  } catch (thrown) {
    if (thrown instanceof RowRejected) throw new RowRejected(`${name}: ${thrown.reason}`);
    throw thrown;
  }
}
