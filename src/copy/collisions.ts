import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Bytes } from '../model/row.ts';

/*
 * Which emitted rows share their primary key with another one? Every key is kept as a hash of 64 bits in a file, so
 * memory stays flat and a resumed copy still knows what the pieces before it wrote. At the end the hashes are sorted, a
 * part at a time, and repeated ones counted. Two keys of 10 million have one hash with a chance of 1 in 370,000.
 */

export const keyHashBytes = 8;
/** Hashes that are sorted at once (32 MB). */
const mostAtOnce = 4 * 1024 * 1024;

/**
 * The hash of a full primary key: two lanes of 32 bits, each multiplied and mixed byte by byte (a cryptographic hash
 * costs more than all else that is done to a row). The length of each part goes in, so that `ab, c` is not `a, bc`.
 */
export function keyHash(parts: readonly Bytes[]): Buffer {
  const hasher = new KeyHasher();
  hasher.begin();
  for (const part of parts) hasher.add(part, 0, part.length);
  return hasher.hash();
}

/** `keyHash` of one key after another, into the same memory. */
export class KeyHasher {
  readonly #hash = Buffer.allocUnsafe(keyHashBytes);
  #one = 0;
  #two = 0;

  begin(): void {
    this.#one = 0x9e3779b9;
    this.#two = 0x85ebca6b;
  }

  /** A part of the key: the bytes from `start` to `end`. */
  add(bytes: Bytes, start: number, end: number): void {
    let one = Math.imul(this.#one ^ (end - start), 0x9e3779b1);
    let two = Math.imul(this.#two ^ (end - start), 0x5f356495);
    one ^= one >>> 15;
    two ^= two >>> 13;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      one = Math.imul(one ^ byte, 0x9e3779b1);
      two = Math.imul(two ^ byte, 0x5f356495);
      one ^= one >>> 15;
      two ^= two >>> 13;
    }
    this.#one = one;
    this.#two = two;
  }

  hash(): Buffer {
    this.#hash.writeUInt32BE(mixed(this.#one, this.#two), 0);
    this.#hash.writeUInt32BE(mixed(this.#two, this.#one), 4);
    return this.#hash;
  }
}

function mixed(lane: number, other: number): number {
  const crossed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
  return (crossed ^ (crossed >>> 16)) >>> 0;
}

export interface CollisionOptions {
  /** Names a file that may be made and removed, by number. */
  readonly scratch: (number: number) => string;
  readonly mostAtOnce?: number;
}

/** How many hashes in the files repeat one that was there before: rows less distinct keys. */
export async function countRepeated(
  files: readonly { readonly path: string; readonly bytes: number }[],
  { scratch, mostAtOnce: most = mostAtOnce }: CollisionOptions,
): Promise<number> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0) / keyHashBytes;
  if (total === 0) return 0;
  const buckets = Math.ceil(total / most);
  if (buckets === 1) return repeatedIn(files, total);
  const parts = await distribute(files, buckets, scratch);
  try {
    let repeated = 0;
    for (const part of parts) repeated += await repeatedIn([part], part.bytes / keyHashBytes);
    return repeated;
  } finally {
    await Promise.all(parts.map(({ path }) => rm(path, { force: true })));
  }
}

async function repeatedIn(files: readonly { readonly path: string }[], count: number): Promise<number> {
  const hashes = new BigUint64Array(count);
  let at = 0;
  for await (const chunk of hashesOf(files)) {
    for (let offset = 0; offset < chunk.length; offset += keyHashBytes) {
      hashes[at] = chunk.readBigUInt64BE(offset);
      at += 1;
    }
  }
  hashes.sort();
  let repeated = 0;
  for (let index = 1; index < at; index += 1) if (hashes[index] === hashes[index - 1]) repeated += 1;
  return repeated;
}

/** Puts equal hashes into the same file, so that each file can be counted by itself. */
async function distribute(
  files: readonly { readonly path: string }[],
  buckets: number,
  scratch: (number: number) => string,
): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
  const parts: { path: string; handle: FileHandle; held: Buffer[]; bytes: number }[] = [];
  for (let number = 0; number < buckets; number += 1) {
    const path = scratch(number);
    await mkdir(dirname(path), { recursive: true });
    parts.push({ path, handle: await open(path, 'w'), held: [], bytes: 0 });
  }
  const flush = async (): Promise<void> => {
    for (const part of parts) {
      await part.handle.appendFile(Buffer.concat(part.held));
      part.held = [];
    }
  };
  let held = 0;
  for await (const chunk of hashesOf(files)) {
    for (let offset = 0; offset < chunk.length; offset += keyHashBytes) {
      const part = parts[chunk.readUInt32BE(offset) % buckets];
      part?.held.push(chunk.subarray(offset, offset + keyHashBytes));
      if (part !== undefined) part.bytes += keyHashBytes;
    }
    held += chunk.length;
    if (held < 4 * 1024 * 1024) continue;
    await flush();
    held = 0;
  }
  await flush();
  await Promise.all(parts.map(({ handle }) => handle.close()));
  return parts;
}

/** The files' bytes in chunks of whole hashes. */
async function* hashesOf(files: readonly { readonly path: string }[]): AsyncGenerator<Buffer> {
  for (const { path } of files) {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(path)) {
      const bytes = Buffer.concat([rest, chunk as Buffer]);
      const whole = bytes.length - (bytes.length % keyHashBytes);
      yield bytes.subarray(0, whole);
      rest = bytes.subarray(whole);
    }
  }
}
