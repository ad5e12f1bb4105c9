import { Sink } from './codec/sink.ts';
import { putValue, type RowSink } from './row-sink.ts';

/**
 * Many rows in wire form in one piece of memory that is used again: each row the bound values of one statement, one
 * after another, every value an int32 length (-1 null, -2 unset) and its bytes. Nothing is allocated per row or value.
 *
 * `begin`, then the values into `sink`, then `commit`; or `discard` when the row turns out to be none.
 */
export class RowBlock implements RowSink {
  readonly sink: Sink;
  #count = 0;
  #starts = new Uint32Array(1024);
  #hashes = new Uint32Array(1024);
  #statements = new Uint16Array(1024);

  /** `bytes`: what it can hold before it must grow; memory is taken up only as it is filled. */
  constructor(bytes?: number) {
    this.sink = new Sink(bytes);
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of all rows. */
  get bytes(): number {
    return this.sink.length;
  }

  begin(): void {
    if (this.#count + 1 >= this.#starts.length) this.#grow();
    this.#starts[this.#count] = this.sink.length;
  }

  /** A value of the row: null deletes, undefined leaves the column as it is. Gives its bytes. */
  value(value: Uint8Array | null | undefined): number {
    return putValue(this.sink, value);
  }

  /** The row is whole. `hash`: of its partition key, equal for equal keys; `statement`: a number that its reader knows. */
  commit(hash: number, statement: number): void {
    this.#hashes[this.#count] = hash;
    this.#statements[this.#count] = statement;
    this.#count += 1;
    this.#starts[this.#count] = this.sink.length;
  }

  /** Takes back what was written since `begin`. */
  discard(): void {
    this.sink.length = this.#starts[this.#count] ?? 0;
  }

  clear(): void {
    this.#count = 0;
    this.sink.length = 0;
  }

  start(row: number): number {
    return this.#starts[row] ?? 0;
  }

  end(row: number): number {
    return this.#starts[row + 1] ?? 0;
  }

  hash(row: number): number {
    return this.#hashes[row] ?? 0;
  }

  statement(row: number): number {
    return this.#statements[row] ?? 0;
  }

  /** Row numbers so that rows of one partition stand together, in the order they came; partitions in no order. */
  byPartition(): Uint32Array {
    const count = this.#count;
    let from = new Uint32Array(count);
    for (let row = 0; row < count; row += 1) from[row] = row;
    let to = new Uint32Array(count);
    // a radix sort in two passes of 16 bits: stable, and linear in the rows
    for (const shift of [0, 16]) {
      this.#pass(shift, from, to);
      [from, to] = [to, from];
    }
    return from;
  }

  #pass(shift: number, from: Uint32Array, to: Uint32Array): void {
    const places = new Uint32Array(65_536);
    const hashes = this.#hashes;
    for (let index = 0; index < from.length; index += 1) {
      const digit = ((hashes[from[index] ?? 0] ?? 0) >>> shift) & 0xffff;
      places[digit] = (places[digit] ?? 0) + 1;
    }
    let place = 0;
    for (let digit = 0; digit < places.length; digit += 1) {
      const size = places[digit] ?? 0;
      places[digit] = place;
      place += size;
    }
    for (let index = 0; index < from.length; index += 1) {
      const row = from[index] ?? 0;
      const digit = ((hashes[row] ?? 0) >>> shift) & 0xffff;
      const at = places[digit] ?? 0;
      places[digit] = at + 1;
      to[at] = row;
    }
  }

  #grow(): void {
    const size = this.#starts.length * 2;
    this.#starts = grown(this.#starts, new Uint32Array(size));
    this.#hashes = grown(this.#hashes, new Uint32Array(size));
    this.#statements = grown(this.#statements, new Uint16Array(size));
  }
}

function grown<T extends Uint32Array | Uint16Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
