import type { JsRow } from '../model/data.ts';
import type { PassThrough } from '../ports/cluster.ts';
import type { JoinedRow } from './joined-row.ts';

/** One row that a copy reads, from either kind of source. */
export interface InputRow {
  /** Where it stands, for people. */
  place(): string;
  /** In JavaScript values; decoded when first asked for. */
  values(): JsRow;
  /** Why it cannot be used as it was read; null when it can. */
  readonly problem: string | null;
  /** Its cells, when it comes from a table. */
  readonly stored: JoinedRow | null;
  /** Its line of a rejects file, where it comes from one. */
  line?(reason: string): string;
}

/** A piece of a source that is read, recorded and repeated by itself. */
export interface Piece {
  /** Its name in checkpoints; equal pieces have equal names in every attempt. */
  readonly id: string;
  /** The state of the source that it was cut from; a finished piece counts only while this is the same. */
  readonly identity: string;
  rows(): AsyncIterable<readonly InputRow[]>;
  /** As `rows`, for a table: what can go on as it is does, and the others are given. Left out: nothing can. */
  through?(through: PassThrough): AsyncIterable<InputPage>;
}

export interface InputPage {
  readonly rows: readonly InputRow[];
  /** Rows that were written as they are, and the bytes of their keys and values. */
  readonly passed: number;
  readonly bytes: number;
}

/** What became of a row. */
export type Outcome<T> =
  | { readonly kind: 'rows'; readonly rows: readonly T[] }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'reject'; readonly reason: string };
