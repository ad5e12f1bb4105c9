import { type ViewedBytes, viewOf } from '../../cql/codec/move-bytes.ts';

const firstBytes = 512 * 1024;

/** What was read of a file and is not taken yet: what has begun stands before what comes. The memory is used again. */
export class RecordBuffer implements ViewedBytes {
  bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  view: DataView = viewOf(this.bytes);
  length = 0;

  append(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.bytes.length) this.#resize(Math.max(length, this.bytes.length * 2));
    chunk.copy(this.bytes, this.length);
    this.length = length;
  }

  /** What stands from there on is kept, and everything before it is gone. */
  keep(from: number): void {
    this.bytes.copyWithin(0, from, this.length);
    this.length -= from;
    // one long record shall not hold its memory for ever
    if (this.bytes.length > 8 * firstBytes && this.length < firstBytes) this.#resize(firstBytes);
  }

  #resize(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }
}
