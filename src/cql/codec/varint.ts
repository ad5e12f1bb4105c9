import type { Sink } from './sink.ts';

/** Two's complement in as few bytes as it takes, the largest byte first. */
export function writeVarint(value: bigint, sink: Sink): void {
  const negative = value < 0n;
  const digits = (negative ? ~value : value).toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  // The first bit is the sign's.
  const hex = even >= '8' ? `00${even}` : even;
  const at = sink.reserve(hex.length / 2);
  sink.bytes.write(hex, at, 'hex');
  if (!negative) return;
  for (let index = at; index < sink.length; index += 1) sink.bytes[index] = ~(sink.bytes[index] ?? 0) & 0xff;
}

export function readVarint(bytes: Buffer, start: number, end: number): bigint {
  const size = end - start;
  if (size <= 6) return size === 0 ? 0n : BigInt(bytes.readIntBE(start, size));
  if (size === 8) return bytes.readBigInt64BE(start);
  return BigInt.asIntN(size * 8, BigInt(`0x${bytes.toString('hex', start, end)}`));
}
