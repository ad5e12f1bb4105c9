import { Sink } from '../../cql/codec/sink.ts';
import { nullLength, putValue } from '../../cql/row-sink.ts';
import type { Bytes } from '../../model/row.ts';

/*
 * Rows and writes on their way between threads: one piece of memory for many of them, which changes hands without being
 * copied. Objects would be copied one by one, which takes longer than most functions of a row.
 */

export class PackWriter {
  readonly sink: Sink;

  constructor(size: number) {
    this.sink = new Sink(Math.max(size, 64 * 1024));
  }

  byte(value: number): void {
    const at = this.sink.reserve(1);
    this.sink.bytes[at] = value;
  }

  /** A whole number of 32 bits. */
  whole(value: number): void {
    const at = this.sink.reserve(4);
    this.sink.view.setInt32(at, value);
  }

  long(value: bigint): void {
    const at = this.sink.reserve(8);
    this.sink.view.setBigInt64(at, value);
  }

  number(value: number): void {
    const at = this.sink.reserve(8);
    this.sink.view.setFloat64(at, value);
  }

  bytes(value: Bytes | null): void {
    putValue(this.sink, value);
  }

  text(value: string): void {
    this.bytes(Buffer.from(value, 'utf8'));
  }

  parts(values: readonly Bytes[] | null): void {
    this.whole(values === null ? nullLength : values.length);
    for (const value of values ?? []) this.bytes(value);
  }

  /** What was written, in memory that nothing else has a part in. The writer is of no use afterwards. */
  finish(): ArrayBuffer {
    const { bytes, length } = this.sink;
    const { buffer } = bytes;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) return buffer;
    const own = new Uint8Array(length);
    own.set(bytes.subarray(0, length));
    return own.buffer;
  }
}

/** Reads in the order of writing. Bytes are parts of the memory that was given. */
export class PackReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(memory: ArrayBuffer) {
    this.#bytes = Buffer.from(memory);
    this.#view = new DataView(memory);
  }

  byte(): number {
    this.#at += 1;
    return this.#view.getUint8(this.#at - 1);
  }

  whole(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }

  long(): bigint {
    this.#at += 8;
    return this.#view.getBigInt64(this.#at - 8);
  }

  number(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8);
  }

  bytes(): Buffer | null {
    const length = this.whole();
    if (length === nullLength) return null;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return (this.bytes() ?? Buffer.alloc(0)).toString('utf8');
  }

  parts(): Bytes[] | null {
    const count = this.whole();
    if (count === nullLength) return null;
    const parts: Bytes[] = [];
    for (let part = 0; part < count; part += 1) parts.push(this.bytes() ?? Buffer.alloc(0));
    return parts;
  }
}
