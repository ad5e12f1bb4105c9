import { deserialize, serialize } from 'node:v8';
import type { Mutation } from '../../model/row.ts';

/** Rows that a sample holds at most; of fewer rows, it holds all. */
export const sampleRows = 2048;
/** Their bytes, at most. */
const sampleBytes = 16 * 1024 * 1024;

interface Sampled {
  /** A number made of the key, below 2^32. */
  readonly place: number;
  /** The row's writes, put down at once, so that no page that they came in is kept. */
  readonly record: Buffer;
}

/**
 * Rows that a copy wrote, chosen by their keys' hashes, so that two rows of one key are both in it or neither is. It
 * begins with all rows, and takes half as many whenever there are too many.
 */
export class RowSample {
  readonly #most: number;
  #limit = 2 ** 32;
  #held: Sampled[] = [];
  #bytes = 0;

  constructor(most: number = sampleRows) {
    this.#most = most;
  }

  /**
   * The record of a row that the sample takes, to be kept for an attempt that goes on; null for the others, whose writes
   * are not asked for.
   */
  offer(keyHash: Buffer, mutations: () => readonly Mutation[]): Buffer | null {
    const place = keyHash.readUInt32BE(4);
    if (place >= this.#limit) return null;
    const body = serialize([place, mutations()]);
    this.#take({ place, record: body });
    const record = Buffer.allocUnsafe(4 + body.length);
    record.writeUInt32BE(body.length, 0);
    record.set(body, 4);
    return record;
  }

  /** Takes what an earlier attempt kept. */
  restore(kept: Buffer): void {
    for (let at = 0; at + 4 <= kept.length; ) {
      const end = at + 4 + kept.readUInt32BE(at);
      const record = Buffer.from(kept.subarray(at + 4, end));
      const [place] = deserialize(record) as readonly [number, unknown];
      if (place < this.#limit) this.#take({ place, record });
      at = end;
    }
  }

  /** The writes of each row. */
  rows(): readonly (readonly Mutation[])[] {
    return this.#held.map(({ record }) => (deserialize(record) as readonly [number, readonly Mutation[]])[1]);
  }

  #take(sampled: Sampled): void {
    this.#held.push(sampled);
    this.#bytes += sampled.record.length;
    while (this.#held.length > 1 && (this.#held.length > this.#most || this.#bytes > sampleBytes)) {
      if (this.#limit <= 1) return;
      this.#limit /= 2;
      this.#held = this.#held.filter(({ place }) => place < this.#limit);
      this.#bytes = this.#held.reduce((sum, { record }) => sum + record.length, 0);
    }
  }
}
