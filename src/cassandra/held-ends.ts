import { endOfRow, valuesOf } from './write-frame.ts';

/**
 * Writes that end at a moment of their own and are held back: until they are sent, a number below zero stands for their
 * TTL, the seconds from a fixed moment until the end. What is over when it is sent gets one second, so that it still hides
 * what it is newer than, as it does where it comes from.
 */
export class HeldEnds {
  readonly #nowSeconds: () => number;
  readonly #from: number;
  /** By the id of a prepared statement: which of its values is the TTL. */
  readonly #places = new Map<string, number>();
  #any = false;

  constructor(nowSeconds: () => number) {
    this.#nowSeconds = nowSeconds;
    // so long ago that no end lies before it, nor 68 years after it
    this.#from = nowSeconds() - 86_400;
  }

  /** What is held in place of the TTL. */
  held(expiresAt: number): Buffer {
    this.#any = true;
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(Math.min(-1, this.#from - expiresAt));
    return bytes;
  }

  /** Seconds until then. */
  left(expiresAt: number): number {
    return Math.max(1, expiresAt - this.#nowSeconds());
  }

  /** `place`: which value of the statement is the TTL. */
  prepared(id: Buffer, place: number): void {
    this.#places.set(id.toString('latin1'), place);
  }

  /** Puts the TTLs of now into rows that are about to be sent. */
  settle(rows: Buffer, at: number, count: number): void {
    if (!this.#any) return;
    let row = at;
    for (let left = count; left > 0; left -= 1) {
      const id = rows.toString('latin1', row + 3, row + 3 + rows.readUInt16BE(row + 1));
      const place = this.#places.get(id);
      if (place !== undefined) this.#settleRow(rows, valuesOf(rows, row), place);
      row = endOfRow(rows, row);
    }
  }

  #settleRow(rows: Buffer, values: number, place: number): void {
    let at = values;
    for (let value = 0; value < place; value += 1) at += 4 + Math.max(0, rows.readInt32BE(at));
    if (rows.readInt32BE(at) !== 4) return;
    const held = rows.readInt32BE(at + 4);
    if (held < 0) rows.writeInt32BE(this.left(this.#from - held), at + 4);
  }
}
