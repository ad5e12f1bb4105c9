import { codecOf } from '../cql/codec/codec.ts';
import type { JsRow } from '../model/data.ts';
import type { Bytes } from '../model/row.ts';
import { keyColumns } from '../model/schema.ts';
import type { PassingRow } from '../ports/cluster.ts';
import { accessOf } from './joined-row.ts';
import type { TypedTable } from './same-type.ts';

/**
 * The row that is passing, as functions see it: a plain object whose values are decoded when they are looked at. One
 * object serves all rows of a copy, one after another.
 */
export class PassingValues {
  readonly values: JsRow;
  readonly #cached: unknown[] = [];
  /** By column, the number of the row that its cached value is of. */
  readonly #cachedOf: number[] = [];
  #row: PassingRow | null = null;
  #number = 0;

  /** `columns`: those that are read besides the key, in their order. */
  constructor({ table, types }: TypedTable, columns: readonly string[]) {
    const keys = keyColumns(table);
    const access = accessOf(table, columns);
    const values: Record<string, unknown> = {};
    for (const { name, type } of table.columns) {
      const at = access.get(name);
      if (at === undefined) continue;
      const { decode } = codecOf(type, types);
      const key = keys.indexOf(name);
      const bytesOf = (row: PassingRow): Bytes | null => (key >= 0 ? row.key(key) : row.regular(at.index));
      const place = this.#cached.push(null) - 1;
      this.#cachedOf.push(0);
      Object.defineProperty(values, name, { enumerable: true, get: () => this.#value(place, bytesOf, decode) });
    }
    this.values = values;
  }

  move(row: PassingRow): void {
    this.#row = row;
    this.#number += 1;
  }

  #value(place: number, bytesOf: (row: PassingRow) => Bytes | null, decode: (bytes: Bytes) => unknown): unknown {
    if (this.#cachedOf[place] !== this.#number && this.#row !== null) {
      const bytes = bytesOf(this.#row);
      this.#cached[place] = bytes === null ? null : decode(bytes);
      this.#cachedOf[place] = this.#number;
    }
    return this.#cached[place];
  }
}
