import { writerOf } from '../../cql/codec/codec.ts';
import { viewOf } from '../../cql/codec/move-bytes.ts';
import { Sink } from '../../cql/codec/sink.ts';
import { csvField, type FieldWriter } from '../../cql/csv/field.ts';
import { valueOfText } from '../../cql/from-json.ts';
import { int64Bytes } from '../../cql/int64.ts';
import { partsOf, wholeValue } from '../../cql/whole-value.ts';
import { setOwn } from '../../kernel/own.ts';
import { RowRejected } from '../../model/data.ts';
import type { Bytes, Cell, CellTime } from '../../model/row.ts';
import type { ByName, Column, UserType } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';
import type { ChunkRow } from '../chunk-layout.ts';
import { type CellNote, csvForm, isText, type PlainLayout, type RawPart } from './plain-layout.ts';

interface PlainColumn extends Column {
  readonly write: FieldWriter;
  /** Whether the text gives back the very bytes. */
  readonly returns: (text: Buffer, bytes: Bytes) => boolean;
}

type Notes = Record<string, CellNote>;
type ElementsCell = Extract<Cell, { kind: 'elements' }>;

const comma = Buffer.from(',');
const newline = Buffer.from('\n');

/**
 * Makes records of rows: values as `unload` writes them. Each text is read again at once, and what it would not give back
 * bit for bit stands as bytes in the record's notes instead, so whatever the server holds comes back.
 */
export class PlainEncoder {
  readonly #layout: PlainLayout;
  readonly #types: ByName<UserType>;
  readonly #columns: readonly PlainColumn[];
  readonly #sink = new Sink(512 * 1024);

  constructor(layout: PlainLayout, types: ByName<UserType>) {
    this.#layout = layout;
    this.#types = types;
    this.#columns = layout.columns.map((column) => ({
      ...column,
      write: csvField(column.type, types, csvForm),
      returns: returning(column.type, types),
    }));
  }

  /** The same rows give the same bytes. */
  encode(rows: readonly ChunkRow[]): Uint8Array {
    const sink = this.#sink;
    sink.length = 0;
    for (const row of rows) this.#record(row);
    return sink.copy();
  }

  #record({ row, anchored }: ChunkRow): void {
    const { keys, statics, layout } = this.#layout;
    const sink = this.#sink;
    const notes: Notes = {};
    const time = timeOf(row.cells);
    const key = row.kind === 'row' ? [...row.partitionKey, ...row.clusteringKey] : row.partitionKey;
    const from = row.kind === 'static' ? keys : keys + statics;
    for (const [index, column] of this.#columns.entries()) {
      const bytes = index < keys ? key[index] : undefined;
      const cell = index < keys ? null : (row.cells[index - from] ?? null);
      if (bytes !== undefined && !this.#field(column, bytes))
        setOwn<CellNote>(notes, column.name, { raw: hexOf(bytes) });
      // cells before `from` are of the other kind of row
      if (cell !== null && index >= from) this.#cell(column, cell, { time, notes });
      sink.put(comma);
    }
    if (time.writeTime !== null) put(sink, String(time.writeTime));
    sink.put(comma);
    if (time.expiresAt !== null) put(sink, String(time.expiresAt));
    sink.put(comma);
    if (Object.keys(notes).length > 0) put(sink, quoted(JSON.stringify(notes)));
    if (layout.anchors) put(sink, `,${anchored}`);
    sink.put(newline);
  }

  #cell(column: PlainColumn, cell: Cell, { time, notes }: { readonly time: CellTime; readonly notes: Notes }): void {
    const raw = cell.kind === 'elements' ? this.#elements(column, cell) : this.#value(column, cell);
    const note = {
      ...(raw === null ? {} : { raw }),
      ...(cell.kind === 'counter' ? {} : timesNote(cell.kind === 'elements' ? cell.elements : [cell], time)),
    };
    if (Object.keys(note).length > 0) setOwn(notes, column.name, note);
  }

  /** Gives what has to stand in the notes; null: the field says it all. */
  #value(column: PlainColumn, cell: Exclude<Cell, ElementsCell>): string | null {
    const bytes = cell.kind === 'value' ? cell.bytes : int64Bytes(cell.value);
    return this.#field(column, bytes) ? null : hexOf(bytes);
  }

  #elements(column: PlainColumn, cell: ElementsCell): readonly RawPart[] | null {
    const whole = wholeValue(cell, column.type, this.#types);
    const parts = partsOf(whole, column.type, this.#types);
    const same =
      parts?.length === cell.elements.length &&
      parts.every(
        ({ key, value }, at) => isSame(key, cell.elements[at]?.key) && isSame(value, cell.elements[at]?.value),
      );
    if (same && this.#field(column, whole)) return null;
    return cell.elements.map(({ key, value }) => [hexOrNull(key), hexOrNull(value)]);
  }

  /** False: the field stays empty, because no text of it would give the bytes back. */
  #field({ write, returns }: PlainColumn, bytes: Bytes): boolean {
    const sink = this.#sink;
    const before = sink.length;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      write({ bytes: buffer, view: viewOf(buffer) }, 0, buffer.length, sink);
      if (returns(sink.bytes.subarray(before, sink.length), bytes)) return true;
    } catch (thrown) {
      if (!(thrown instanceof RowRejected)) throw thrown;
    }
    sink.length = before;
    return false;
  }
}

/** By type: how many bytes a value has whose text is known to give it back. */
const certain: Readonly<Record<string, number>> = {
  int: 4,
  smallint: 2,
  tinyint: 1,
  bigint: 8,
  uuid: 16,
};

function returning(type: CqlType, types: ByName<UserType>): PlainColumn['returns'] {
  if (isText(type)) return () => true;
  const size = type.kind === 'scalar' ? certain[type.name] : undefined;
  const encode = writerOf(type, types);
  const sink = new Sink();
  return (field, bytes) => {
    if (bytes.length === size) return true;
    if (field.length === 0) return false;
    const text = field.toString('utf8');
    const value = text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
    sink.length = 0;
    encode(valueOfText(value, type, types), sink);
    return Buffer.compare(sink.bytes.subarray(0, sink.length), bytes) === 0;
  };
}

/** That of the first cell that has one. */
function timeOf(cells: readonly (Cell | null)[]): CellTime {
  for (const cell of cells) {
    if (cell === null || cell.kind === 'counter') continue;
    const first = cell.kind === 'value' ? cell : cell.elements[0];
    if (first !== undefined) return { writeTime: first.writeTime, expiresAt: first.expiresAt };
  }
  return { writeTime: null, expiresAt: null };
}

function timesNote(of: readonly CellTime[], row: CellTime): Pick<CellNote, 'writetime' | 'expires'> {
  const one = of[0];
  const textOf = ({ writeTime }: CellTime): string | null => (writeTime === null ? null : String(writeTime));
  const written = of.every(({ writeTime }) => writeTime === one?.writeTime);
  const ended = of.every(({ expiresAt }) => expiresAt === one?.expiresAt);
  return {
    ...(written && one?.writeTime === row.writeTime
      ? {}
      : { writetime: written && one !== undefined ? textOf(one) : of.map(textOf) }),
    ...(ended && one?.expiresAt === row.expiresAt
      ? {}
      : { expires: ended && one !== undefined ? one.expiresAt : of.map(({ expiresAt }) => expiresAt) }),
  };
}

function isSame(one: Bytes | null, other: Bytes | null | undefined): boolean {
  if (one === null || other === null || other === undefined) return one === (other ?? null);
  return Buffer.compare(one, other) === 0;
}

function hexOf(bytes: Bytes): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

function hexOrNull(bytes: Bytes | null): string | null {
  return bytes === null ? null : hexOf(bytes);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function put(sink: Sink, text: string): void {
  sink.put(Buffer.from(text));
}
