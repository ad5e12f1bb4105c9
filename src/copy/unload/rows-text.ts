import { type ViewedBytes, viewOf } from '../../cql/codec/move-bytes.ts';
import { Sink } from '../../cql/codec/sink.ts';
import { type CsvForm, csvField, type FieldWriter, jsonField, putAscii } from '../../cql/csv/field.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { RowRejected } from '../../model/data.ts';
import type { ByName, Column, UserType } from '../../model/schema.ts';
import type { RawRows } from '../../ports/cluster.ts';
import { rawCells, shownCells, type Unreadable } from './raw-cells.ts';

export type UnloadFormat =
  | ({ readonly kind: 'csv'; readonly header: boolean } & CsvForm)
  | { readonly kind: 'ndjson' }
  | { readonly kind: 'json' };

export interface PageText {
  readonly text: Buffer;
  readonly rows: number;
  readonly rejects: readonly Unreadable[];
}

interface Field {
  readonly name: string;
  readonly write: FieldWriter;
  /** JSON: `"name":`. */
  readonly label: string;
}

/** Makes text of pages, column by column, straight from their bytes where the type allows. */
export class RowsText {
  readonly #format: UnloadFormat;
  readonly #fields: readonly Field[];
  readonly #sink = new Sink(1024 * 1024);
  #begun = false;

  /** `columns` in the order of the pages' cells. */
  constructor(columns: readonly Column[], types: ByName<UserType>, format: UnloadFormat) {
    this.#format = format;
    this.#fields = columns.map(({ name, type }) => ({
      name,
      write: format.kind === 'csv' ? csvField(type, types, format) : jsonField(type, types),
      label: `${JSON.stringify(name)}:`,
    }));
  }

  /** What stands before the first row. */
  start(): Buffer {
    const { kind } = this.#format;
    if (kind === 'ndjson') return Buffer.alloc(0);
    if (this.#format.kind !== 'csv') return Buffer.from('[\n');
    if (!this.#format.header) return Buffer.alloc(0);
    const { delimiter, quote } = this.#format;
    const names = this.#fields.map(({ name }) =>
      /^\w+$/.test(name) ? name : `${quote}${name.replaceAll(quote, quote + quote)}${quote}`,
    );
    return Buffer.from(`${names.join(delimiter)}\n`);
  }

  end(): Buffer {
    return Buffer.from(this.#format.kind === 'json' ? `${this.#begun ? '\n' : ''}]\n` : '');
  }

  /** The text is a copy. */
  page({ bytes, count }: RawRows): PageText {
    const sink = this.#sink;
    sink.length = 0;
    const rejects: Unreadable[] = [];
    const page = { bytes, view: viewOf(bytes) };
    let at = 0;
    for (let row = 0; row < count; row += 1) {
      const before = sink.length;
      const wasBegun = this.#begun;
      const start = at;
      try {
        at = this.#row(page, at);
      } catch (thrown) {
        if (!(thrown instanceof RowRejected)) throw thrown;
        sink.length = before;
        this.#begun = wasBegun;
        const read = rawCells(bytes, start, this.#fields.length);
        at = read.end;
        const names = this.#fields.map(({ name }) => name);
        rejects.push({ reason: thrown.reason, cells: shownCells(names, read.cells) });
      }
    }
    return { text: Buffer.from(sink.bytes.subarray(0, sink.length)), rows: count, rejects };
  }

  #row(page: ViewedBytes, from: number): number {
    if (this.#format.kind === 'csv') return this.#csvRow(page, from, this.#format);
    if (this.#format.kind === 'json' && this.#begun) putAscii(',\n', this.#sink);
    this.#begun = true;
    const end = this.#jsonRow(page, from);
    if (this.#format.kind === 'ndjson') putAscii('\n', this.#sink);
    return end;
  }

  #csvRow(page: ViewedBytes, from: number, { delimiter, nullText }: CsvForm): number {
    const sink = this.#sink;
    let at = from;
    for (let index = 0; index < this.#fields.length; index += 1) {
      if (index > 0) putAscii(delimiter, sink);
      const length = page.view.getInt32(at);
      at += 4;
      if (length < 0) putAscii(nullText, sink);
      else this.#write(index, page, at, at + length);
      at += Math.max(0, length);
    }
    putAscii('\n', sink);
    return at;
  }

  /** A column without a value is left out. */
  #jsonRow(page: ViewedBytes, from: number): number {
    const sink = this.#sink;
    let at = from;
    let first = true;
    putAscii('{', sink);
    for (const [index, { label }] of this.#fields.entries()) {
      const length = page.view.getInt32(at);
      at += 4;
      if (length >= 0) {
        sink.put(Buffer.from(first ? label : `,${label}`));
        this.#write(index, page, at, at + length);
        first = false;
      }
      at += Math.max(0, length);
    }
    putAscii('}', sink);
    return at;
  }

  #write(index: number, page: ViewedBytes, start: number, end: number): void {
    const field = this.#fields[index];
    if (field === undefined) return;
    try {
      field.write(page, start, end, this.#sink);
    } catch (thrown) {
      if (thrown instanceof RowRejected) throw new RowRejected(`${field.name}: ${thrown.reason}`);
      throw thrown;
    }
  }
}

/** Throws `UNLOAD_SETTING` for delimiters, quotes and nulls that could not be read back. */
export function assertReadable({ delimiter, quote, nullText }: CsvForm): void {
  const one = (text: string): boolean => text.length === 1 && !/[\u0080-\uffff\r\n]/.test(text);
  const wrong = !one(delimiter)
    ? `the delimiter ${JSON.stringify(delimiter)} is not one ASCII character`
    : !one(quote)
      ? `the quote ${JSON.stringify(quote)} is not one ASCII character`
      : delimiter === quote
        ? 'delimiter and quote are the same'
        : [delimiter, quote, '\n', '\r'].some((sign) => nullText.includes(sign))
          ? 'the text for null holds a delimiter, a quote or a line end'
          : null;
  if (wrong === null) return;
  throw new CqlformError('UNLOAD_SETTING', wrong, {
    next: 'Choose signs that can be told apart when the file is read.',
    exitCode: exitCodes.usage,
  });
}
