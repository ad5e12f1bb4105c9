import type { ViewedBytes } from '../codec/move-bytes.ts';
import type { CsvDialect } from './fields.ts';

/** Where the fields of one record stand in a buffer, found in one pass over its bytes; used again for each record. */
export class RecordSpans {
  /** Bytes of the text between quotes, or of the whole field. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly quoted: Uint8Array;
  /** The text holds escapes that must be taken out. */
  readonly escaped: Uint8Array;
  /** Fields found, also those beyond the width. */
  count = 0;
  /** What stands behind the record's line end; -1: the record does not end in this buffer. */
  next = -1;
  /** Where its last byte stands, without the line end. */
  end = 0;
  /** Line ends inside quotes. */
  linesInside = 0;
  problem: string | null = null;
  /** The record does not end in this buffer because a quote is open; how many line ends stood before that quote. */
  openQuote: number | null = null;
  readonly #width: number;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;

  constructor(width: number, dialect: CsvDialect) {
    this.#width = width;
    this.starts = new Int32Array(width);
    this.ends = new Int32Array(width);
    this.quoted = new Uint8Array(width);
    this.escaped = new Uint8Array(width);
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    // no byte is -1
    this.#quote = dialect.quote === null ? -1 : dialect.quote.charCodeAt(0);
    this.#escape = dialect.quote === null ? -1 : dialect.escape.charCodeAt(0);
  }

  /** Reads the record that begins at `from`; `last`: nothing comes after `to`. */
  scan({ bytes, view }: ViewedBytes, from: number, to: number, last: boolean): void {
    this.count = 0;
    this.next = -1;
    this.linesInside = 0;
    this.problem = null;
    this.openQuote = null;
    const delimiter = this.#delimiter;
    const delimiters = this.#delimiter * 0x01_01_01_01;
    const quote = this.#quote;
    let at = from;
    for (;;) {
      if (bytes[at] === quote && at < to) at = this.#quotedField(bytes, at, to);
      else {
        const start = at;
        let found = 0;
        for (; found === 0 && at + 4 <= to; at += 4) {
          const four = view.getInt32(at, true);
          found = zeroesIn(four ^ delimiters) | zeroesIn(four ^ newlines);
        }
        // the first byte that is one of them is marked right, and stands lowest
        if (found !== 0) at += ((31 - Math.clz32(found & -found)) >> 3) - 4;
        else while (at < to && bytes[at] !== delimiter && bytes[at] !== newline) at += 1;
        this.#field(start, at, 0, 0);
      }
      if (at >= to) {
        if (last && this.openQuote === null) this.#close(bytes, from, to, to);
        return;
      }
      if (bytes[at] === newline) {
        this.#close(bytes, from, at, at + 1);
        return;
      }
      at += 1;
    }
  }

  /** Gives where the field's delimiter or line end stands, or `to`. */
  #quotedField(bytes: Buffer, start: number, to: number): number {
    const [quote, before] = [this.#quote, this.#escape];
    const linesBefore = this.linesInside;
    let escaped = 0;
    let at = start + 1;
    for (; at < to; at += 1) {
      const byte = bytes[at];
      if (byte === newline) this.linesInside += 1;
      if (byte !== quote && byte !== before) continue;
      const next = at + 1 < to ? bytes[at + 1] : undefined;
      if (byte === before && (before !== quote || next === quote)) {
        if (next === quote || next === before) escaped = 1;
        if (next === newline) continue;
        at += 1;
        continue;
      }
      break;
    }
    if (at >= to) {
      this.openQuote = linesBefore;
      return to;
    }
    this.#field(start + 1, at, 1, escaped);
    at += 1;
    const { count } = this;
    while (at < to && bytes[at] !== this.#delimiter && bytes[at] !== newline) {
      const ending = bytes[at] === carriageReturn && (at + 1 === to || bytes[at + 1] === newline);
      if (!ending) this.problem ??= `something stands after the closing quote of field ${count}`;
      at += 1;
    }
    return at;
  }

  #field(start: number, end: number, quoted: number, escaped: number): void {
    const { count } = this;
    if (count < this.#width) {
      this.starts[count] = start;
      this.ends[count] = end;
      this.quoted[count] = quoted;
      this.escaped[count] = escaped;
    }
    this.count = count + 1;
  }

  #close(bytes: Buffer, from: number, end: number, next: number): void {
    this.next = next;
    this.end = end;
    if (end === from || bytes[end - 1] !== carriageReturn) return;
    this.end = end - 1;
    const final = this.count - 1;
    if (final < this.#width && this.quoted[final] === 0) this.ends[final] = end - 1;
  }
}

/** The text of a field without its escapes. */
export function unescaped(bytes: Buffer, start: number, end: number, dialect: CsvDialect): Buffer {
  const quote = dialect.quote?.charCodeAt(0);
  const before = dialect.escape.charCodeAt(0);
  const text = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const next = bytes[at + 1];
    if (bytes[at] === before && at + 1 < end && (next === quote || next === before)) at += 1;
    text[length] = bytes[at] ?? 0;
    length += 1;
  }
  return text.subarray(0, length);
}

/** Marks each byte that is zero by its highest bit; one after such a byte may be marked wrongly. */
function zeroesIn(four: number): number {
  return (four - 0x01_01_01_01) & ~four & 0x80_80_80_80;
}

const newline = 0x0a;
const newlines = 0x0a_0a_0a_0a;
const carriageReturn = 0x0d;
