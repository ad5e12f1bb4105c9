import { moveBytes, type ViewedBytes } from '../cql/codec/move-bytes.ts';
import { Sink } from '../cql/codec/sink.ts';

/** Grows as bytes are appended. Numbers are LEB128 varints; signed ones are zigzag coded first. */
export class ByteWriter {
  readonly #sink: Sink;

  /** `size`: what it can hold before it must grow. */
  constructor(size = 4096) {
    this.#sink = new Sink(size);
  }

  get length(): number {
    return this.#sink.length;
  }

  /** Forgets what was written, and keeps the room for it. */
  restart(): void {
    this.#sink.length = 0;
  }

  byte(value: number): void {
    const at = this.#sink.reserve(1);
    this.#sink.bytes[at] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#sink.put(bytes);
  }

  /** As `raw`, of bytes that stand elsewhere. */
  move(source: ViewedBytes, from: number, length: number): void {
    const at = this.#sink.reserve(length);
    moveBytes(source, from, length, this.#sink, at);
  }

  /** A whole number from 0 to 2^53 - 1. */
  unsigned(value: number): void {
    const sink = this.#sink;
    let at = sink.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      sink.bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    sink.bytes[at++] = rest;
    sink.length = at;
  }

  /** Any bigint, of either sign. */
  signed(value: bigint): void {
    let rest = value < 0n ? -value * 2n - 1n : value * 2n;
    while (rest > 0x1f_ffff_ffff_ffffn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.unsigned(Number(rest));
  }

  /** As `signed`, of a whole number of at most 52 bits. */
  signedNumber(value: number): void {
    this.unsigned(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** The bytes so far; valid until the next append. */
  view(): Uint8Array {
    return this.#sink.bytes.subarray(0, this.#sink.length);
  }
}

/** Thrown by `ByteReader` when the bytes end too early or say something impossible. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes';
}

/** Reads what `ByteWriter` wrote; every read is checked against the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new MalformedBytes('the bytes end too early');
    this.#at += 1;
    return value;
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    if (length > this.remaining) throw new MalformedBytes('the bytes end too early');
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBytes('a number is too large');
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** A count of things that each take at least one bit of what remains or are repeated; bounded so that damage cannot exhaust memory. */
  count(): number {
    const value = this.unsigned();
    if (value > 0x7fff_ffff) throw new MalformedBytes('a count is too large');
    return value;
  }

  signed(): bigint {
    let low = 0;
    let scale = 1;
    for (let index = 0; index < 7; index += 1) {
      const byte = this.byte();
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return zigzag(BigInt(low));
      scale *= 0x80;
    }
    let value = BigInt(low);
    let shift = 49n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return zigzag(value);
      shift += 7n;
      if (shift > 140n) throw new MalformedBytes('a number is too large');
    }
  }
}

function zigzag(coded: bigint): bigint {
  return (coded & 1n) === 0n ? coded >> 1n : -((coded + 1n) >> 1n);
}
