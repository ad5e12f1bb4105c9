import type { Sink } from './sink.ts';

/** Where one value lies in a buffer; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** How values of one type are read, written and ordered; made once per type. */
export interface ValuePlan {
  /** The type as people read it in a reason. */
  readonly name: string;
  /** The size that every value has inside a vector; null when each carries its own length there. */
  readonly vectorSize: number | null;
  /** True when values are JavaScript strings, so that a map keyed by them may be given as a plain object. */
  readonly textual: boolean;
  /** The value in `bytes` from `start` to `end`; null for an empty value of a type that has no empty value in JavaScript. */
  read(bytes: Buffer, start: number, end: number): unknown;
  /** Appends the value. Throws RowRejected. */
  write(value: unknown, sink: Sink): void;
  /** Cassandra's own order of two values, which is the order of set elements and map keys. */
  compare(bytes: Buffer, one: Span, other: Span): number;
}
