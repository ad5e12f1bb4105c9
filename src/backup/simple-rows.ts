import type { ViewedBytes } from '../cql/codec/move-bytes.ts';
import type { SimpleCells, SimplePage } from '../cql/simple-cells.ts';
import type { SimpleDigest } from '../cql/simple-digest.ts';
import { tokenOf } from '../cql/token.ts';
import type { Bytes } from '../model/row.ts';
import { isChosen, type Weighed } from './cutter.ts';

/** A row of simple columns, where it stands in its page. */
export interface SimpleRow extends Weighed {
  readonly page: ViewedBytes;
  /** From which its seconds left count. */
  readonly second: number;
  readonly start: number;
  /** The same object for the rows of a partition. */
  readonly partition: SimplePartition;
}

export interface SimplePartition {
  readonly token: bigint;
  /** The parts of its key with their lengths. */
  readonly key: Buffer;
  /** Bytes of the parts alone. */
  readonly weight: number;
}

/** Turns pages of one token range, in order, into rows with token and weight, and counts them in a digest. */
export class SimpleRows {
  readonly #cells: SimpleCells;
  readonly #digest: SimpleDigest;
  #partition: SimplePartition | null = null;

  /** The digest is over these cells. */
  constructor(cells: SimpleCells, digest: SimpleDigest) {
    this.#cells = cells;
    this.#digest = digest;
  }

  place({ page, starts, second }: SimplePage): readonly SimpleRow[] {
    const cells = this.#cells;
    const rows: SimpleRow[] = [];
    for (const start of starts) {
      cells.locate(page.view, start, 0);
      if (cells.isStaticOnly(page.view, 0)) continue;
      const partition = this.#enter(page, start);
      this.#digest.add(page, 0);
      const size = partition.weight + this.#weight(page.view);
      rows.push({ page, second, start, partition, token: partition.token, size });
    }
    return rows;
  }

  /** As `weightOf` counts it, but for the partition key. */
  #weight(view: DataView): number {
    const { at, shape } = this.#cells;
    let sum = 0;
    for (let part = 0; part < shape.clusteringKey; part += 1) {
      sum += Math.max(0, view.getInt32(at[this.#cells.clustering(part)] ?? 0));
    }
    for (let column = 0; column < shape.columns; column += 1) {
      const length = view.getInt32(at[this.#cells.value(column)] ?? 0);
      if (length >= 0) sum += length + 4;
    }
    return sum;
  }

  #enter(page: ViewedBytes, start: number): SimplePartition {
    const last = this.#partition;
    if (last !== null && standsAt(page.view, start, last.key)) return last;
    const parts: Bytes[] = [];
    let at = start;
    for (let index = 0; index < this.#cells.shape.partitionKey; index += 1) {
      const length = page.view.getInt32(at);
      parts.push(page.bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    // a copy, so that remembering the key does not keep the whole page in memory
    const key = Buffer.from(page.bytes.subarray(start, at));
    const weight = parts.reduce((sum, part) => sum + part.length, 0);
    this.#partition = { token: tokenOf(parts), key, weight };
    return this.#partition;
  }
}

function standsAt(view: DataView, start: number, key: Buffer): boolean {
  if (start + key.length > view.byteLength) return false;
  for (let at = 0; at < key.length; at += 1) if (view.getUint8(start + at) !== key[at]) return false;
  return true;
}

/** Whether a piece of a large partition may end with this row. */
export function simpleEndsPiece({ page, start }: SimpleRow, cells: SimpleCells): boolean {
  cells.locate(page.view, start, 0);
  const parts = Array.from({ length: cells.clusteringParts(page.view, 0) }, (_none, index) => {
    const at = cells.at[cells.clustering(index)] ?? 0;
    return page.bytes.subarray(at + 4, at + 4 + page.view.getInt32(at));
  });
  return isChosen(parts);
}
