/** Rows that are made of records at once: few, so that most are gone before they grow old. */
export const rowsAtOnce = 128;

/** The bytes between two line ends that count, without the line end. */
export interface RawRecord {
  readonly bytes: Buffer;
  /** Line where it begins, from 1. */
  readonly line: number;
  /** Longer than the limit: `bytes` holds its beginning only. */
  readonly tooLong: boolean;
}

export interface Quoting {
  readonly quote: number;
  readonly escape: number;
  readonly delimiter: number;
}

export interface RecordLimits {
  readonly limit: number;
  readonly firstLine: number;
}

/** How much of a record over the limit is kept for the report. */
const keptOfTooLong = 1024;
const newline = 0x0a;
const carriageReturn = 0x0d;

/** What records took of a file, each with a sign that parts it from the next. */
export function bytesOfRecords(records: readonly { readonly bytes: Buffer }[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.length + 1, 0);
}

/** Cuts a stream of bytes into records at line ends, those inside quotes left alone; holds one record at most. */
export interface RecordCutter {
  push(chunk: Buffer, out: RawRecord[]): void;
  end(out: RawRecord[]): void;
  /** The line where a quote opened that is still open; null outside quotes. */
  readonly openQuote: number | null;
  /** Bytes of the record that has begun, also when more than the limit. */
  readonly begun: number;
}

class Pending {
  #parts: Buffer[] = [];
  #length = 0;
  #tooLong = false;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  add(part: Buffer): void {
    if (part.length === 0) return;
    this.#length += part.length;
    if (this.#tooLong) return;
    if (this.#length > this.#limit) {
      this.#tooLong = true;
      const start = Buffer.concat([...this.#parts.slice(0, 1), part]).subarray(0, keptOfTooLong);
      this.#parts = [Buffer.from(start)];
      return;
    }
    // A copy, because a carried slice would keep its whole chunk in memory.
    this.#parts.push(Buffer.from(part));
  }

  /** The record that ends with `last`; empties itself. */
  take(last: Buffer, line: number): RawRecord {
    let bytes = last;
    if (this.#parts.length > 0 || last.length > this.#limit) {
      this.add(last);
      bytes = this.#parts.length === 1 ? (this.#parts[0] ?? last) : Buffer.concat(this.#parts);
    }
    const tooLong = this.#tooLong;
    this.#parts = [];
    this.#length = 0;
    this.#tooLong = false;
    if (!tooLong && bytes[bytes.length - 1] === carriageReturn) bytes = bytes.subarray(0, -1);
    return { bytes, line, tooLong };
  }
}

export function cutLines({ limit, firstLine }: RecordLimits): RecordCutter {
  const pending = new Pending(limit);
  let line = firstLine;
  return {
    openQuote: null,
    get begun() {
      return pending.length;
    },
    push(chunk, out) {
      let from = 0;
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
        out.push(pending.take(chunk.subarray(from, at), line));
        line += 1;
        from = at + 1;
      }
      pending.add(chunk.subarray(from));
    },
    end(out) {
      if (pending.length > 0) out.push(pending.take(Buffer.alloc(0), line));
    },
  };
}

type State = 'field-start' | 'plain' | 'quoted' | 'escaped' | 'after-quote';

/** As `cutLines`, with fields in quotes that may hold line ends (RFC 4180). A quote inside a field that did not begin with one is a letter like any other. */
export function cutQuoted(quoting: Quoting, { limit, firstLine }: RecordLimits): RecordCutter {
  const { quote, escape: escapeByte, delimiter } = quoting;
  const pending = new Pending(limit);
  let state: State = 'field-start';
  let line = firstLine;
  let recordLine = firstLine;
  let quoteLine = firstLine;

  const step = (byte: number): State => {
    switch (state) {
      case 'field-start':
        if (byte === quote) quoteLine = line;
        return byte === quote ? 'quoted' : byte === delimiter ? 'field-start' : 'plain';
      case 'plain':
        return byte === delimiter ? 'field-start' : 'plain';
      case 'quoted':
        if (byte === escapeByte && escapeByte !== quote) return 'escaped';
        return byte === quote ? 'after-quote' : 'quoted';
      case 'escaped':
        return 'quoted';
      case 'after-quote':
        if (byte === quote && escapeByte === quote) return 'quoted';
        return byte === delimiter ? 'field-start' : 'plain';
    }
  };

  return {
    get openQuote() {
      return state === 'quoted' || state === 'escaped' ? quoteLine : null;
    },
    get begun() {
      return pending.length;
    },
    push(chunk, out) {
      let from = 0;
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at] ?? 0;
        if (byte === newline) {
          line += 1;
          if (state === 'quoted' || state === 'escaped') {
            state = 'quoted';
            continue;
          }
          out.push(pending.take(chunk.subarray(from, at), recordLine));
          from = at + 1;
          recordLine = line;
          state = 'field-start';
          continue;
        }
        if (state === 'plain' && byte !== delimiter) continue;
        if (state === 'quoted' && byte !== quote && byte !== escapeByte) continue;
        state = step(byte);
      }
      pending.add(chunk.subarray(from));
    },
    end(out) {
      if (pending.length > 0) out.push(pending.take(Buffer.alloc(0), recordLine));
    },
  };
}
