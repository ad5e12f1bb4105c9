import type { Sink } from './codec/sink.ts';

/** Of a value that leaves its column as it is; -1 is null, which deletes. */
export const unsetLength = -2;
export const nullLength = -1;

/**
 * Takes rows in wire form, one after another: each row the bound values of one statement, every value an int32 length
 * (-1 null, -2 unset) and its bytes. `begin`, then the values into `sink`, then `commit`; or `discard` when the row turns
 * out to be none. Nothing is allocated per row or value.
 */
export interface RowSink {
  readonly sink: Sink;
  begin(): void;
  /** A value of the row: null deletes, undefined leaves the column as it is. Gives its bytes. */
  value(value: Uint8Array | null | undefined): number;
  /** The row is whole. `hash`: of its partition key, equal for equal keys; `statement`: a number that its reader knows. */
  commit(hash: number, statement: number): void;
  /** Takes back what was written since `begin`. */
  discard(): void;
}

/** See `RowSink.value`. */
export function putValue(sink: Sink, value: Uint8Array | null | undefined): number {
  if (value === null || value === undefined) {
    const at = sink.reserve(4);
    sink.view.setInt32(at, value === null ? nullLength : unsetLength);
    return 0;
  }
  const at = sink.reserve(4 + value.length);
  sink.view.setInt32(at, value.length);
  if (value.length > copiedByHand) sink.bytes.set(value, at + 4);
  else for (let index = 0; index < value.length; index += 1) sink.bytes[at + 4 + index] = value[index] ?? 0;
  return value.length;
}

/** Bytes of what `putTimes` adds. */
export const timesBytes = 20;

/** The last two values of a row: its write time in microseconds, and its TTL in seconds, 0 for none. */
export function putTimes(sink: Sink, timestamp: bigint, ttl: number): void {
  const at = sink.reserve(timesBytes);
  sink.view.setInt32(at, 8);
  sink.view.setBigInt64(at + 4, timestamp);
  sink.view.setInt32(at + 12, 4);
  sink.view.setInt32(at + 16, ttl);
}

/** A call out of JavaScript costs more than a few bytes do. */
const copiedByHand = 24;

/** A hash of 32 bits of the bytes from `start` to `end`, going on from `seed`. */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number, seed = 0x9e3779b9): number {
  let hash = seed ^ (end - start);
  for (let at = start; at < end; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35) >>> 0;
}
