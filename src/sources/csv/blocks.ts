import { isUtf8 } from 'node:buffer';
import type { CsvDialect } from '../../cql/csv/fields.ts';
import { RecordSpans } from '../../cql/csv/scan-record.ts';
import type { RowSink } from '../../cql/row-sink.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { BlockSource, BlockTarget } from '../../ports/source.ts';
import { readBytesAgain } from '../files/bytes.ts';
import { assertUnchanged, bytesOf, locateFiles, type SourceFile } from '../files/locate.ts';
import type { FileSourceOptions } from '../json/source.ts';
import { dialectOf } from './dialect.ts';
import { RecordBuffer } from './record-buffer.ts';
import { RowEncoder } from './row-encoder.ts';
import { headerOf, malformed, notClosedWithin } from './source.ts';

/** CSV files read straight into wire form; the columns of the declaration give the fields' order where there is no header. */
export async function openCsvBlocks(declared: ForeignSource, options: FileSourceOptions): Promise<BlockSource> {
  const files = await locateFiles(declared.place, options.projectFolder);
  const dialect = dialectOf(declared);
  const names = Object.values(declared.columns).map(({ field }) => field);
  const fieldsOf = (file: SourceFile): Promise<readonly string[]> =>
    headerOf(file, { dialect, limit: options.rowLimit, names });
  const [first] = files;
  return {
    fields: async () => (first === undefined ? [] : fieldsOf(first)),
    bytes: files.every(({ compression }) => compression === 'none') ? bytesOf(files) : null,
    read: async (target) => {
      const read = { rows: 0, bytes: 0 };
      for (const file of files) {
        const fields = await fieldsOf(file);
        const reader = new BlockReader(file, { dialect, fields, limit: options.rowLimit, target, read });
        for await (const chunk of readBytesAgain(file)) await reader.push(chunk);
        await reader.end();
        await assertUnchanged(file, options.projectFolder);
      }
      target.onProgress(read);
      return read.rows;
    },
  };
}

interface ReaderOptions {
  readonly dialect: CsvDialect;
  readonly fields: readonly string[];
  readonly limit: number;
  readonly target: BlockTarget;
  /** Counted on. */
  readonly read: { rows: number; bytes: number };
}

/** A rejected record is kept whole up to here, so that it can be mended and loaded again. */
const rawKept = 64 * 1024;
/** Of one that is longer than the limit, only so much is shown. */
const rawShown = 1000;
const newline = 0x0a;

/** One file's records, in their order. */
class BlockReader {
  readonly #file: SourceFile;
  readonly #options: ReaderOptions;
  readonly #spans: RecordSpans;
  readonly #encoder: RowEncoder;
  readonly #text = new RecordBuffer();
  #line = 1;
  /** The header is still to come. */
  #heading: boolean;
  /** Inside a record over the limit: its rest is passed over. */
  #tooLong = false;
  #doubtful = false;
  #pending: Promise<void> | null = null;

  constructor(file: SourceFile, options: ReaderOptions) {
    const { dialect, fields, target } = options;
    this.#file = file;
    this.#options = options;
    this.#spans = new RecordSpans(fields.length, dialect);
    this.#heading = dialect.header;
    this.#encoder = new RowEncoder({ file, dialect, fields, target, spans: this.#spans });
  }

  async push(chunk: Buffer): Promise<void> {
    this.#options.read.bytes += chunk.length;
    let bytes = chunk;
    if (this.#tooLong) {
      const end = chunk.indexOf(newline);
      if (end === -1) return;
      this.#tooLong = false;
      this.#line += 1;
      bytes = chunk.subarray(end + 1);
    }
    this.#text.append(bytes);
    await this.#records(false);
    this.#options.target.onProgress(this.#options.read);
  }

  async end(): Promise<void> {
    if (this.#text.length > 0) await this.#records(true);
  }

  async #records(last: boolean): Promise<void> {
    const spans = this.#spans;
    const { length } = this.#text;
    const bytes = this.#text.bytes.subarray(0, length);
    // whole lines only: a character that is cut by the end of the chunk is none yet
    const lines = last ? bytes : bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
    this.#doubtful = lines.includes(0) || !isUtf8(lines);
    for (let at = 0; ; ) {
      at = this.#recordsFrom(bytes, at, last);
      if (this.#pending === null) return this.#keep(bytes, at, last);
      await this.#pending;
      this.#line += 1 + spans.linesInside;
      at = spans.next;
    }
  }

  /** Gives where what is not taken begins: at a record that is `#pending`, or at what has begun and not ended. */
  #recordsFrom(bytes: Buffer, from: number, last: boolean): number {
    const spans = this.#spans;
    let at = from;
    this.#pending = null;
    while (at < bytes.length) {
      spans.scan(this.#text, at, bytes.length, last);
      if (spans.next === -1) break;
      this.#pending = this.#record(bytes, at);
      if (this.#pending !== null) break;
      this.#line += 1 + spans.linesInside;
      at = spans.next;
    }
    return at;
  }

  /** What has begun and not ended in this buffer. */
  async #keep(bytes: Buffer, at: number, last: boolean): Promise<void> {
    const { openQuote } = this.#spans;
    const begun = bytes.length - at;
    if (begun > 0 && openQuote !== null && (last || begun > this.#options.limit)) {
      const line = this.#line + openQuote;
      const { limit } = this.#options;
      const what = last ? `the quote that opens on line ${line} is never closed` : notClosedWithin(line, limit);
      throw malformed(this.#file, line, what);
    }
    if (begun > this.#options.limit) {
      this.#options.read.rows += 1;
      await this.#reject(
        { bytes, from: at, end: bytes.length },
        `it is longer than ${this.#options.limit} bytes`,
        rawShown,
      );
      this.#tooLong = true;
      this.#text.keep(bytes.length);
      return;
    }
    this.#text.keep(at);
  }

  /** Null when the row was taken or passed over at once. */
  #record(bytes: Buffer, from: number): Promise<void> | null {
    const { end } = this.#spans;
    if (end === from) return null;
    if (this.#heading) {
      this.#heading = false;
      return null;
    }
    const { target, read } = this.#options;
    read.rows += 1;
    const block = target.filling;
    if (block !== null) return this.#put(block, bytes, from);
    return target.room().then((room) => this.#put(room, bytes, from) ?? undefined);
  }

  #put(block: RowSink, bytes: Buffer, from: number): Promise<void> | null {
    const { target, read } = this.#options;
    const problem = this.#problemOf(bytes, from) ?? this.#encoder.encode(this.#text, block, read.rows - 1);
    if (problem !== null) return this.#reject({ bytes, from, end: this.#spans.end }, problem);
    target.filled();
    return null;
  }

  async #reject(
    { bytes, from, end }: { readonly bytes: Buffer; readonly from: number; readonly end: number },
    reason: string,
    kept: number = rawKept,
  ): Promise<void> {
    const { target, read } = this.#options;
    const raw = bytes.toString('utf8', from, Math.min(end, from + kept));
    const cut = end - from > kept;
    await target.reject({ place: `${this.#file.name}:${this.#line}`, reason, raw, cut, read: read.rows });
  }

  #problemOf(bytes: Buffer, from: number): string | null {
    const { count, end, problem } = this.#spans;
    const { fields, limit } = this.#options;
    if (end - from > limit) return `it is longer than ${limit} bytes`;
    if (this.#doubtful && !isUtf8(bytes.subarray(from, end))) return 'it is not valid UTF-8';
    if (problem !== null) return problem;
    if (count !== fields.length) return `it has ${count} fields instead of ${fields.length}`;
    return this.#doubtful && this.#hasBareNul(bytes) ? 'it has a NUL byte outside quotes' : null;
  }

  /** Outside quotes a NUL is a sign of another encoding, or of a damaged file. */
  #hasBareNul(bytes: Buffer): boolean {
    const { quoted, starts, ends, count } = this.#spans;
    for (let index = 0; index < count; index += 1) {
      if (quoted[index] === 0 && bytes.subarray(starts[index], ends[index]).includes(0)) return true;
    }
    return false;
  }
}
