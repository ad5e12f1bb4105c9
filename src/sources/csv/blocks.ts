import { isUtf8 } from 'node:buffer';
import { hashOfBytes, type RowSink, unsetLength } from '../../cql/row-sink.ts';
import { CqlformError } from '../../kernel/errors.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { BlockColumn, BlockSource, BlockTarget } from '../../ports/source.ts';
import { readBytes } from '../files/bytes.ts';
import { assertUnchanged, locateFiles, type SourceFile } from '../files/locate.ts';
import type { FileSourceOptions } from '../json/source.ts';
import { dialectOf } from './dialect.ts';
import { type FieldEncoder, fieldEncoder, putLong } from './encode.ts';
import type { CsvDialect } from './fields.ts';
import { RecordSpans, unescaped } from './scan-record.ts';
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
    bytes: files.some(({ compression, bytes }) => compression !== 'none' || !Number.isFinite(bytes))
      ? null
      : files.reduce((sum, { bytes }) => sum + bytes, 0),
    read: async (target) => {
      const read = { rows: 0, bytes: 0 };
      for (const file of files) {
        const fields = await fieldsOf(file);
        const reader = new BlockReader(file, { dialect, fields, limit: options.rowLimit, target, read });
        for await (const chunk of readBytes(file)) await reader.push(chunk);
        await reader.end();
        await assertUnchanged(file, options.projectFolder);
      }
      target.onProgress(read);
      return read.rows;
    },
  };
}

interface PlannedColumn {
  readonly name: string;
  readonly index: number;
  readonly textual: boolean;
  readonly encode: FieldEncoder;
}

interface Statement {
  readonly columns: readonly PlannedColumn[];
  readonly keyParts: number;
}

interface ReaderOptions {
  readonly dialect: CsvDialect;
  readonly fields: readonly string[];
  readonly limit: number;
  readonly target: BlockTarget;
  /** Counted on. */
  readonly read: { rows: number; bytes: number };
}

const longestKeyPart = 65_535;
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
  readonly #statements: readonly Statement[];
  readonly #clustering: readonly number[];
  readonly #nullText: Buffer | null;
  #rest: Buffer = Buffer.alloc(0);
  #line = 1;
  /** The header is still to come. */
  #heading: boolean;
  /** Inside a record over the limit: its rest is passed over. */
  #tooLong = false;
  #doubtful = false;

  constructor(file: SourceFile, options: ReaderOptions) {
    const { dialect, fields, target } = options;
    this.#file = file;
    this.#options = options;
    this.#spans = new RecordSpans(fields.length, dialect);
    this.#heading = dialect.header;
    this.#nullText = dialect.nullText === null ? null : Buffer.from(dialect.nullText);
    const { table } = target;
    const placed = (column: BlockColumn): PlannedColumn => planned(column, { file, fields, target });
    const keys = new Set([...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)]);
    this.#statements = target.statements.map((columns) => ({
      columns: columns.map(placed),
      keyParts: columns.filter(({ name }) => keys.has(name)).length,
    }));
    this.#clustering = (this.#statements[0]?.columns ?? [])
      .slice(table.partitionKey.length, table.partitionKey.length + table.clusteringKey.length)
      .map(({ index }) => index);
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
    bytes = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    await this.#records(bytes, false);
    this.#options.target.onProgress(this.#options.read);
  }

  async end(): Promise<void> {
    if (this.#rest.length > 0) await this.#records(this.#rest, true);
  }

  async #records(bytes: Buffer, last: boolean): Promise<void> {
    const spans = this.#spans;
    // whole lines only: a character that is cut by the end of the chunk is none yet
    const lines = last ? bytes : bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
    this.#doubtful = lines.includes(0) || !isUtf8(lines);
    let at = 0;
    while (at < bytes.length) {
      spans.scan(bytes, at, bytes.length, last);
      if (spans.next === -1) break;
      const pending = this.#record(bytes, at);
      if (pending !== null) await pending;
      this.#line += 1 + spans.linesInside;
      at = spans.next;
    }
    await this.#keep(bytes, at, last);
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
      this.#rest = Buffer.alloc(0);
      return;
    }
    // a copy, because a slice would keep its whole chunk in memory
    this.#rest = Buffer.from(bytes.subarray(at));
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
    const number = read.rows;
    read.rows += 1;
    const block = target.filling;
    if (block === null) return this.#recordLater(bytes, from, number);
    const problem = this.#problemOf(bytes, from) ?? this.#encode(bytes, block, number);
    if (problem === null) {
      target.filled();
      return null;
    }
    return this.#reject({ bytes, from, end }, problem);
  }

  async #recordLater(bytes: Buffer, from: number, number: number): Promise<void> {
    const { target } = this.#options;
    const block = await target.room();
    const problem = this.#problemOf(bytes, from) ?? this.#encode(bytes, block, number);
    if (problem === null) target.filled();
    else await this.#reject({ bytes, from, end: this.#spans.end }, problem);
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

  /** A row of static cells only: it has no clustering key. */
  #isAlone(bytes: Buffer, { columns, keyParts }: Statement): boolean {
    return (
      this.#clustering.every((index) => this.#isNull(bytes, index, false)) &&
      columns.slice(keyParts).some(({ index, textual }) => !this.#isNull(bytes, index, textual))
    );
  }

  /** Gives what is wrong with the row, which is then taken back. */
  #encode(bytes: Buffer, block: RowSink, number: number): string | null {
    const [whole, partition] = this.#statements;
    const alone = partition !== undefined && this.#isAlone(bytes, partition);
    const statement = alone ? partition : whole;
    if (statement === undefined) throw new TypeError('there is no statement to bind rows to');
    const { table, timeOf, ttl } = this.#options.target;
    const { sink } = block;
    block.begin();
    const start = sink.length;
    let hash = 0;
    for (let at = 0; at < statement.columns.length; at += 1) {
      const column = statement.columns[at];
      if (column === undefined) continue;
      const problem = this.#column(bytes, block, column, at < statement.keyParts);
      if (problem !== null) {
        block.discard();
        return problem;
      }
      if (at === table.partitionKey.length - 1) {
        if (at === 0 && sink.length - start === 4) {
          block.discard();
          return `key column ${column.name} is empty, which Cassandra refuses`;
        }
        hash = hashOfBytes(sink.bytes, start, sink.length);
      }
    }
    const times = sink.reserve(4);
    sink.bytes.writeInt32BE(8, times);
    putLong(timeOf(number), sink);
    const seconds = sink.reserve(8);
    sink.bytes.writeInt32BE(4, seconds);
    sink.bytes.writeInt32BE(ttl, seconds + 4);
    block.commit(hash, alone ? 1 : 0);
    return null;
  }

  #column(bytes: Buffer, { sink }: RowSink, column: PlannedColumn, key: boolean): string | null {
    const { index, name } = column;
    const at = sink.reserve(4);
    if (this.#isNull(bytes, index, column.textual)) {
      if (key) return `key column ${name} is missing`;
      sink.bytes.writeInt32BE(unsetLength, at);
      return null;
    }
    const spans = this.#spans;
    const [start, end] = [spans.starts[index] ?? 0, spans.ends[index] ?? 0];
    let problem: string | null;
    if (spans.escaped[index] === 1) {
      const text = unescaped(bytes, start, end, this.#options.dialect);
      problem = column.encode(text, 0, text.length, sink);
    } else problem = column.encode(bytes, start, end, sink);
    if (problem !== null) return `${name}: ${problem}`;
    const length = sink.length - at - 4;
    if (key && length > longestKeyPart) return `key column ${name} is longer than 65,535 bytes`;
    sink.bytes.writeInt32BE(length, at);
    return null;
  }

  /** An empty field is null, but `""` is an empty text. */
  #isNull(bytes: Buffer, index: number, textual: boolean): boolean {
    const spans = this.#spans;
    const [start, end] = [spans.starts[index] ?? 0, spans.ends[index] ?? 0];
    if (spans.quoted[index] === 1) return start === end && !textual;
    if (start === end) return true;
    const nullText = this.#nullText;
    return (
      nullText !== null &&
      end - start === nullText.length &&
      bytes.compare(nullText, 0, nullText.length, start, end) === 0
    );
  }
}

function planned(
  { name, type, field }: BlockColumn,
  {
    file,
    fields,
    target,
  }: { readonly file: SourceFile; readonly fields: readonly string[]; readonly target: BlockTarget },
): PlannedColumn {
  const index = fields.indexOf(field);
  if (index === -1) {
    throw new CqlformError('SOURCE_COLUMNS_MISSING', `${file.name} has no field ${field}`, {
      next: `Its header has: ${fields.join(', ')}. Correct the mapping, or the file.`,
      fields: { file: file.name, missing: [field] },
    });
  }
  if (fields.includes(field, index + 1)) throw malformed(file, 1, `two fields are named ${field}`);
  const textual = type.kind === 'scalar' && (type.name === 'text' || type.name === 'ascii');
  return { name, index, textual, encode: fieldEncoder(type, target.types) };
}
