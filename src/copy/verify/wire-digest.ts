import type { Bytes } from '../../model/row.ts';
import type { RowKey } from '../bucketed-digest.ts';

/*
 * A digest of rows in wire form, without an object for a row. A row's hash has two lanes of 32 bits, mixed word by word
 * over the values of its key and its columns, each with its length; the hash of the key alone says the row's bucket, and
 * a bucket is the sums of its rows' hashes, lane by lane, so that rows come in any order. That two buckets are taken for
 * equal although they differ has a chance of 1 in 2^64; it is no guard against somebody who makes rows for it.
 */

const buckets = 16_384;

export class WireDigest {
  readonly #ones = new Int32Array(buckets);
  readonly #twos = new Int32Array(buckets);
  readonly #counts = new Uint32Array(buckets);
  #one = 0;
  #two = 0;
  #bucket = 0;
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Begins a row: the parts of its key follow, then `key`, then its values, then `commit`. */
  begin(): void {
    this.#one = 0x9e3779b9 | 0;
    this.#two = 0x85ebca6b | 0;
  }

  /** The next value. */
  value(bytes: Bytes, start = 0, end: number = bytes.length): void {
    let one = this.#one ^ (end - start);
    let two = this.#two ^ (end - start);
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word =
        (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
      one = stirred(one, word, 0xcc9e2d51);
      two = stirred(two, word, 0x1b873593);
    }
    let rest = 0x100;
    for (; at < end; at += 1) rest = (rest << 8) | (bytes[at] ?? 0);
    this.#one = stirred(one, rest, 0xcc9e2d51);
    this.#two = stirred(two, rest, 0x1b873593);
  }

  /** The next value is absent. */
  absent(): void {
    this.#one = stirred(this.#one, -1, 0x85ebca6b);
    this.#two = stirred(this.#two, -1, 0xc2b2ae35);
  }

  /** The key is complete. */
  key(): void {
    this.#bucket = settled(this.#one, this.#two) & (buckets - 1);
  }

  commit(): void {
    const bucket = this.#bucket;
    this.#ones[bucket] = (this.#ones[bucket] ?? 0) + settled(this.#one, this.#two);
    this.#twos[bucket] = (this.#twos[bucket] ?? 0) + settled(this.#two, this.#one);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#rows += 1;
  }

  bucketOf(row: RowKey): number {
    this.begin();
    for (const part of row.partitionKey) this.value(part);
    for (const part of row.clusteringKey ?? []) this.value(part);
    this.key();
    return this.#bucket;
  }

  rowsIn(bucket: number): number {
    return this.#counts[bucket] ?? 0;
  }

  differingFrom(other: WireDigest): readonly number[] {
    const differing: number[] = [];
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const same =
        this.#ones[bucket] === other.#ones[bucket] &&
        this.#twos[bucket] === other.#twos[bucket] &&
        this.#counts[bucket] === other.#counts[bucket];
      if (!same) differing.push(bucket);
    }
    return differing;
  }
}

function stirred(lane: number, word: number, factor: number): number {
  const mixed = lane ^ Math.imul(word, factor);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0x52dce729) | 0;
}

function settled(lane: number, other: number): number {
  const crossed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
  const turned = Math.imul(crossed ^ (crossed >>> 15), 0x27d4eb2f);
  return turned ^ (turned >>> 16);
}
