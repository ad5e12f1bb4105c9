import type { Bytes } from '../model/row.ts';

const minimum = -(2n ** 63n);
const maximum = 2n ** 63n - 1n;

/** The token of a partition key under the Murmur3 partitioner. */
export function tokenOf(partitionKey: readonly Bytes[]): bigint {
  const token = murmur3(routingKey(partitionKey));
  return token === minimum ? maximum : token;
}

/** The bytes that the partitioner hashes: a single component as it is, several each with a length and an end mark. */
export function routingKey(parts: readonly Bytes[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const key = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 3, 0));
  let at = 0;
  for (const part of parts) {
    key[at] = part.length >> 8;
    key[at + 1] = part.length & 0xff;
    key.set(part, at + 2);
    at += part.length + 3;
  }
  return key;
}

/*
 * Cassandra's MurmurHash3 x64 128, first half. It differs from the published one in that bytes of the tail are signed.
 * 64-bit numbers are pairs of 32-bit halves, because BigInt arithmetic would be the slowest part of a backup.
 */
interface Halves {
  high: number;
  low: number;
}

const c1: Halves = { high: 0x87c37b91 | 0, low: 0x114253d5 | 0 };
const c2: Halves = { high: 0x4cf5ad43 | 0, low: 0x2745937f | 0 };

function multiply(a: Halves, b: Halves): Halves {
  const a0 = a.low & 0xffff;
  const a1 = a.low >>> 16;
  const b0 = b.low & 0xffff;
  const b1 = b.low >>> 16;
  const p00 = a0 * b0;
  const p01 = a0 * b1;
  const p10 = a1 * b0;
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  const low = ((middle & 0xffff) << 16) | (p00 & 0xffff);
  const carried = a1 * b1 + Math.floor(p01 / 0x10000) + Math.floor(p10 / 0x10000) + Math.floor(middle / 0x10000);
  const high = (carried + Math.imul(a.low, b.high) + Math.imul(a.high, b.low)) | 0;
  return { high, low };
}

function add(a: Halves, b: Halves): Halves {
  const low = (a.low >>> 0) + (b.low >>> 0);
  return { high: (a.high + b.high + (low > 0xffffffff ? 1 : 0)) | 0, low: low | 0 };
}

function xor(a: Halves, b: Halves): Halves {
  return { high: a.high ^ b.high, low: a.low ^ b.low };
}

function rotate(a: Halves, bits: number): Halves {
  if (bits === 32) return { high: a.low, low: a.high };
  if (bits > 32) return rotate({ high: a.low, low: a.high }, bits - 32);
  return {
    high: (a.high << bits) | (a.low >>> (32 - bits)),
    low: (a.low << bits) | (a.high >>> (32 - bits)),
  };
}

function timesFivePlus(a: Halves, constant: number): Halves {
  return add(multiply(a, { high: 0, low: 5 }), { high: 0, low: constant });
}

/** Moves the high half's upper bits down, as `>>> 33` does. */
function mix(a: Halves): Halves {
  let k = xor(a, { high: 0, low: a.high >>> 1 });
  k = multiply(k, { high: 0xff51afd7 | 0, low: 0xed558ccd | 0 });
  k = xor(k, { high: 0, low: k.high >>> 1 });
  k = multiply(k, { high: 0xc4ceb9fe | 0, low: 0x1a85ec53 | 0 });
  return xor(k, { high: 0, low: k.high >>> 1 });
}

function signedByteAt(byte: number, shift: number): Halves {
  const value = (byte << 24) >> 24;
  if (shift >= 32) return { high: value << (shift - 32), low: 0 };
  if (shift === 0) return { high: value >> 31, low: value };
  return { high: value >> (32 - shift), low: value << shift };
}

function murmur3(key: Uint8Array): bigint {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  let h1: Halves = { high: 0, low: 0 };
  let h2: Halves = { high: 0, low: 0 };
  const whole = key.length & ~15;
  for (let at = 0; at < whole; at += 16) {
    let k1: Halves = { high: view.getInt32(at + 4, true), low: view.getInt32(at, true) };
    let k2: Halves = { high: view.getInt32(at + 12, true), low: view.getInt32(at + 8, true) };
    k1 = multiply(rotate(multiply(k1, c1), 31), c2);
    h1 = timesFivePlus(add(rotate(xor(h1, k1), 27), h2), 0x52dce729);
    k2 = multiply(rotate(multiply(k2, c2), 33), c1);
    h2 = timesFivePlus(add(rotate(xor(h2, k2), 31), h1), 0x38495ab5);
  }
  const tail = key.subarray(whole);
  if (tail.length > 8) {
    let k2: Halves = { high: 0, low: 0 };
    for (let index = tail.length - 1; index >= 8; index -= 1) {
      k2 = xor(k2, signedByteAt(tail[index] ?? 0, (index - 8) * 8));
    }
    h2 = xor(h2, multiply(rotate(multiply(k2, c2), 33), c1));
  }
  if (tail.length > 0) {
    let k1: Halves = { high: 0, low: 0 };
    for (let index = Math.min(tail.length, 8) - 1; index >= 0; index -= 1) {
      k1 = xor(k1, signedByteAt(tail[index] ?? 0, index * 8));
    }
    h1 = xor(h1, multiply(rotate(multiply(k1, c1), 31), c2));
  }
  const length: Halves = { high: 0, low: key.length };
  h1 = xor(h1, length);
  h2 = xor(h2, length);
  h1 = add(h1, h2);
  h2 = add(h2, h1);
  h1 = mix(h1);
  h2 = mix(h2);
  h1 = add(h1, h2);
  return (BigInt(h1.high) << 32n) | BigInt(h1.low >>> 0);
}
