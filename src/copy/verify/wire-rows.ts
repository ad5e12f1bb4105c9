import type { Bytes } from '../../model/row.ts';
import type { PassingRow, RawRows } from '../../ports/cluster.ts';
import type { JoinedRow } from '../joined-row.ts';

/** The rows of undecoded pages, one after another: where each value stands. Only without static columns. */
export class WireRow implements PassingRow {
  readonly #at: Int32Array;
  readonly #partition: number;
  readonly #key: number;
  #bytes: Buffer = Buffer.alloc(0);
  #next = 0;

  constructor({
    partition,
    clustering,
    regulars,
  }: { readonly partition: number; readonly clustering: number; readonly regulars: number }) {
    this.#partition = partition;
    this.#key = partition + clustering;
    this.#at = new Int32Array(this.#key + regulars);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  page({ bytes }: RawRows): void {
    this.#bytes = bytes;
    this.#next = 0;
  }

  /** Goes to the next row; false for a partition that has static cells only. */
  move(): boolean {
    const [bytes, at] = [this.#bytes, this.#at];
    let next = this.#next;
    for (let index = 0; index < at.length; index += 1) {
      at[index] = next;
      const length = bytes.readInt32BE(next);
      next += 4 + (length < 0 ? 0 : length);
    }
    this.#next = next;
    return this.#partition === this.#key || this.lengthOf(this.#partition) >= 0;
  }

  /** Where a value begins, the parts of the key counted first. */
  startOf(index: number): number {
    return (this.#at[index] ?? 0) + 4;
  }

  /** -1: it is absent. */
  lengthOf(index: number): number {
    return this.#bytes.readInt32BE(this.#at[index] ?? 0);
  }

  key(index: number): Bytes {
    return this.#value(index) ?? Buffer.alloc(0);
  }

  regular(index: number): Bytes | null {
    return this.#value(this.#key + index);
  }

  /** The row by itself, its cells without times. */
  joined(): JoinedRow {
    const parts = Array.from({ length: this.#key }, (_, index) => Buffer.from(this.key(index)));
    const cells = Array.from({ length: this.#at.length - this.#key }, (_, index) => {
      const bytes = this.regular(index);
      return bytes === null
        ? null
        : ({ kind: 'value', bytes: Buffer.from(bytes), writeTime: null, expiresAt: null } as const);
    });
    return {
      partitionKey: parts.slice(0, this.#partition),
      clusteringKey: parts.slice(this.#partition),
      statics: [],
      cells,
    };
  }

  #value(index: number): Bytes | null {
    const length = this.lengthOf(index);
    const start = this.startOf(index);
    return length < 0 ? null : this.#bytes.subarray(start, start + length);
  }
}
