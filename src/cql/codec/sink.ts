import type { Bytes } from '../../model/row.ts';
import { type ViewedBytes, viewOf } from './move-bytes.ts';

/** A buffer that grows as a value is written into it, and is used again for the next one. */
export class Sink implements ViewedBytes {
  bytes: Buffer;
  view: DataView;
  length = 0;

  /** `size`: what it can hold before it must grow. */
  constructor(size: number = 256) {
    this.bytes = Buffer.allocUnsafe(size);
    this.view = viewOf(this.bytes);
  }

  /** Makes room for `size` more bytes and gives where they begin; `bytes` may be another buffer afterwards. */
  reserve(size: number): number {
    const start = this.length;
    const end = start + size;
    if (end > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, start);
      this.bytes = larger;
      this.view = viewOf(larger);
    }
    this.length = end;
    return start;
  }

  /** Gives up what it has grown to, and what it holds. */
  shrink(size: number): void {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = viewOf(this.bytes);
    this.length = 0;
  }

  put(bytes: Uint8Array): void {
    const start = this.reserve(bytes.length);
    this.bytes.set(bytes, start);
  }

  /** Fills in the 32-bit length, reserved at `lengthAt`, of what was written after it. */
  close(lengthAt: number): void {
    this.bytes.writeInt32BE(this.length - lengthAt - 4, lengthAt);
  }

  /** A copy of what was written. */
  copy(): Bytes {
    const { bytes, length } = this;
    const copy = Buffer.allocUnsafe(length);
    if (length > 32) bytes.copy(copy, 0, 0, length);
    // A call out of JavaScript costs more than a few bytes do.
    else for (let index = 0; index < length; index += 1) copy[index] = bytes[index] ?? 0;
    return copy;
  }
}
