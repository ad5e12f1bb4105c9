import { type ViewedBytes, viewOf } from '../../cql/codec/move-bytes.ts';
import type { CsvDialect } from '../../cql/csv/fields.ts';
import { type RecordSpans, unescaped } from '../../cql/csv/scan-record.ts';
import { hashOfBytes, type RowSink, unsetLength } from '../../cql/row-sink.ts';
import { CqlformError } from '../../kernel/errors.ts';
import type { BlockColumn, BlockTarget } from '../../ports/source.ts';
import type { SourceFile } from '../files/locate.ts';
import { type FieldEncoder, fieldEncoder, putLong } from './encode.ts';
import { malformed } from './source.ts';

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

export interface RowEncoderOptions {
  readonly file: SourceFile;
  readonly dialect: CsvDialect;
  readonly fields: readonly string[];
  readonly target: BlockTarget;
  /** Of the record at hand. */
  readonly spans: RecordSpans;
}

const longestKeyPart = 65_535;

/** Writes records, one after another, as rows in wire form. */
export class RowEncoder {
  readonly #options: RowEncoderOptions;
  readonly #spans: RecordSpans;
  readonly #statements: readonly Statement[];
  readonly #clustering: readonly number[];
  readonly #nullTexts: readonly Buffer[];

  constructor(options: RowEncoderOptions) {
    const { dialect, target, spans } = options;
    this.#options = options;
    this.#spans = spans;
    this.#nullTexts = dialect.nullTexts.map((text) => Buffer.from(text));
    const { table } = target;
    const placed = (column: BlockColumn): PlannedColumn => planned(column, options);
    const keys = new Set([...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)]);
    this.#statements = target.statements.map((columns) => ({
      columns: columns.map(placed),
      keyParts: columns.filter(({ name }) => keys.has(name)).length,
    }));
    this.#clustering = (this.#statements[0]?.columns ?? [])
      .slice(table.partitionKey.length, table.partitionKey.length + table.clusteringKey.length)
      .map(({ index }) => index);
  }

  /** A row of static cells only: it has no clustering key. */
  #isAlone(bytes: Buffer, { columns, keyParts }: Statement): boolean {
    return (
      this.#clustering.every((index) => this.#isNull(bytes, index, false)) &&
      columns.slice(keyParts).some(({ index, textual }) => !this.#isNull(bytes, index, textual))
    );
  }

  /** Gives what is wrong with the row, which is then taken back. */
  encode(text: ViewedBytes, block: RowSink, number: number): string | null {
    const [whole, partition] = this.#statements;
    const alone = partition !== undefined && this.#isAlone(text.bytes, partition);
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
      const problem = this.#column(text, block, column, at < statement.keyParts);
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
    sink.view.setInt32(times, 8);
    putLong(timeOf(number), sink);
    const seconds = sink.reserve(8);
    sink.view.setInt32(seconds, 4);
    sink.view.setInt32(seconds + 4, ttl);
    block.commit(hash, alone ? 1 : 0);
    return null;
  }

  #column(text: ViewedBytes, { sink }: RowSink, column: PlannedColumn, key: boolean): string | null {
    const { index, name } = column;
    const at = sink.reserve(4);
    if (this.#isNull(text.bytes, index, column.textual)) {
      if (key) return `key column ${name} is missing`;
      sink.view.setInt32(at, unsetLength);
      return null;
    }
    const spans = this.#spans;
    const [start, end] = [spans.starts[index] ?? 0, spans.ends[index] ?? 0];
    let problem: string | null;
    if (spans.escaped[index] === 1) {
      const plain = unescaped(text.bytes, start, end, this.#options.dialect);
      problem = column.encode({ bytes: plain, view: viewOf(plain) }, 0, plain.length, sink);
    } else problem = column.encode(text, start, end, sink);
    if (problem !== null) return `${name}: ${problem}`;
    const length = sink.length - at - 4;
    if (key && length > longestKeyPart) return `key column ${name} is longer than 65,535 bytes`;
    sink.view.setInt32(at, length);
    return null;
  }

  /** An empty field is null, but `""` is an empty text. */
  #isNull(bytes: Buffer, index: number, textual: boolean): boolean {
    const spans = this.#spans;
    const [start, end] = [spans.starts[index] ?? 0, spans.ends[index] ?? 0];
    if (spans.quoted[index] === 1) return start === end && !textual;
    if (start === end) return true;
    for (const text of this.#nullTexts) {
      if (end - start === text.length && bytes.compare(text, 0, text.length, start, end) === 0) return true;
    }
    return false;
  }
}

function planned({ name, type, field }: BlockColumn, { file, fields, target }: RowEncoderOptions): PlannedColumn {
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
