import type { Sink } from './sink.ts';

/**
 * Cassandra's variable-length integers: as many leading ones in the first byte as bytes follow it, then the number,
 * the largest byte first.
 */
export function writeUnsignedVint(value: bigint, sink: Sink): void {
  let extra = 0;
  while (extra < 8 && value >> BigInt(7 * (extra + 1)) !== 0n) extra += 1;
  const at = sink.reserve(extra + 1);
  let rest = value;
  for (let index = extra; index >= 0; index -= 1) {
    sink.bytes[at + index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  sink.bytes[at] = (sink.bytes[at] ?? 0) | (0xff & ~(0xff >> extra));
}

/** A signed one: zigzag, so that small numbers of either sign are short. */
export function writeVint(value: bigint, sink: Sink): void {
  writeUnsignedVint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)), sink);
}

export interface ReadVint {
  readonly value: bigint;
  /** Where the next thing begins. */
  readonly next: number;
}

/** Undefined when the number does not end before `end`. */
export function readUnsignedVint(bytes: Buffer, start: number, end: number): ReadVint | undefined {
  const first = bytes[start];
  if (first === undefined || start >= end) return undefined;
  const extra = Math.clz32(~(first << 24));
  const next = start + 1 + extra;
  if (next > end) return undefined;
  let value = BigInt(first & (0xff >> extra));
  for (let at = start + 1; at < next; at += 1) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return { value, next };
}

export function readVint(bytes: Buffer, start: number, end: number): ReadVint | undefined {
  const read = readUnsignedVint(bytes, start, end);
  if (read === undefined) return undefined;
  return { value: (read.value >> 1n) ^ -(read.value & 1n), next: read.next };
}
