import type { Column } from '../model/schema.ts';
import type { ViewedBytes } from './codec/move-bytes.ts';
import { isMultiCell } from './select.ts';

/** Rows of one page whose columns are simple, as the server sent them: what is wanted of them is read where it stands. */
export interface SimplePage {
  readonly page: ViewedBytes;
  /**
   * Where each row's cells begin: the partition key, the clustering key, then of each column its value and, where times
   * were read, its write time (int64) and the seconds it has left (int32); each an int32 length (-1: null) and its bytes.
   */
  readonly starts: Uint32Array;
  /** The coordinator's time in seconds since the epoch, from which the seconds left count. */
  readonly second: number;
}

/** How many cells of each kind a row has. */
export interface SimpleShape {
  readonly partitionKey: number;
  readonly clusteringKey: number;
  readonly columns: number;
  /** Whether each value is followed by its times. */
  readonly timed: boolean;
}

/** True when a row's columns are single cells of its own: no static ones, no counters, nothing unfrozen. */
export function areSimple(columns: readonly Column[]): boolean {
  return columns.every(
    ({ type, static: shared }) => !shared && !isMultiCell(type) && !(type.kind === 'scalar' && type.name === 'counter'),
  );
}

/** Where the cells of rows stand in their pages, a row's after the other's. */
export class SimpleCells {
  readonly shape: SimpleShape;
  /** Places of each row: one for each part of its key, and those of each column. */
  readonly width: number;
  readonly #keys: number;
  /** Of a column: three with times, one without. */
  readonly #places: number;
  at: Uint32Array;

  constructor(shape: SimpleShape) {
    this.shape = shape;
    this.#keys = shape.partitionKey + shape.clusteringKey;
    this.#places = shape.timed ? 3 : 1;
    this.width = this.#keys + this.#places * shape.columns;
    this.at = new Uint32Array(this.width);
  }

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    if (this.at.length < rows * this.width) this.at = new Uint32Array(2 * rows * this.width);
  }

  /** Finds the cells of the row that begins there, and notes them as the row of that number. Gives where it ends. */
  locate(view: DataView, start: number, row: number): number {
    const { at, width } = this;
    let place = start;
    for (let index = row * width, end = index + width; index < end; index += 1) {
      at[index] = place;
      const length = view.getInt32(place);
      place += length < 0 ? 4 : 4 + length;
    }
    return place;
  }

  /** Of a part of the clustering key. */
  clustering(index: number): number {
    return this.shape.partitionKey + index;
  }

  /** Of a column's value; where there are times, its write time and the seconds left follow. */
  value(column: number): number {
    return this.#keys + this.#places * column;
  }

  /** How many parts of the row's clustering key are there: a compact table may lack the last ones. */
  clusteringParts(view: DataView, row: number): number {
    const first = row * this.width + this.shape.partitionKey;
    let parts = 0;
    while (parts < this.shape.clusteringKey && view.getInt32(this.at[first + parts] ?? 0) >= 0) parts += 1;
    return parts;
  }

  /** True for what stands for a partition that has static cells only. */
  isStaticOnly(view: DataView, row: number): boolean {
    return this.shape.clusteringKey > 0 && this.clusteringParts(view, row) === 0;
  }

  /** Whether any column has a value. */
  hasValue(view: DataView, row: number): boolean {
    for (let column = 0; column < this.shape.columns; column += 1) {
      if (view.getInt32(this.at[row * this.width + this.value(column)] ?? 0) >= 0) return true;
    }
    return false;
  }
}
