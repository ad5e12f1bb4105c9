import { createDigest, type Digest } from '../cql/digest.ts';
import type { Bytes, StoredRow } from '../model/row.ts';
import type { Column } from '../model/schema.ts';
import { keyHash } from './collisions.ts';

const buckets = 16_384;

/** Whose row it is: as in `StoredRow`. */
export interface RowKey {
  readonly kind: StoredRow['kind'];
  readonly partitionKey: readonly Bytes[];
  readonly clusteringKey?: readonly Bytes[];
}

/** The hash of a row's key; rows of one key, and their partition's static cells, fall into buckets by it. */
export function hashOfRow(row: RowKey): Buffer {
  return keyHash([...row.partitionKey, ...(row.clusteringKey ?? [])]);
}

export function bucketOf(hash: Buffer): number {
  return hash.readUInt32BE(0) % buckets;
}

/** The value digest of a set of rows, bucket by bucket, so that where two sets differ can be looked at again. */
export class BucketedDigest {
  readonly #shape: readonly Column[];
  readonly #digests = new Map<number, Digest>();

  constructor(shape: readonly Column[]) {
    this.#shape = shape;
  }

  add(row: StoredRow): void {
    const bucket = bucketOf(hashOfRow(row));
    let digest = this.#digests.get(bucket);
    if (digest === undefined) {
      digest = createDigest(this.#shape);
      this.#digests.set(bucket, digest);
    }
    digest.add(row);
  }

  total(): Digest {
    const sum = createDigest(this.#shape);
    for (const digest of this.#digests.values()) sum.merge(digest.state());
    return sum;
  }

  /** Rows in a bucket, those that will run out included. */
  rowsIn(bucket: number): number {
    const digest = this.#digests.get(bucket);
    return digest === undefined ? 0 : digest.rows + digest.expiringRows;
  }

  differingFrom(other: BucketedDigest): readonly number[] {
    const both = new Set([...this.#digests.keys(), ...other.#digests.keys()]);
    return [...both].filter((bucket) => this.#digests.get(bucket)?.hex() !== other.#digests.get(bucket)?.hex());
  }
}
