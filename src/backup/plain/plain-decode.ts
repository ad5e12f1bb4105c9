import { z } from 'zod';
import { writerOf } from '../../cql/codec/codec.ts';
import { viewOf } from '../../cql/codec/move-bytes.ts';
import { Sink } from '../../cql/codec/sink.ts';
import { RecordSpans, unescaped } from '../../cql/csv/scan-record.ts';
import { valueOfText } from '../../cql/from-json.ts';
import { type Part, partsOf } from '../../cql/whole-value.ts';
import { own } from '../../kernel/own.ts';
import type { Bytes, Cell, CellTime } from '../../model/row.ts';
import type { ByName, Column, UserType } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';
import { MalformedBytes } from '../binary.ts';
import { type CellKind, type ChunkRow, cellKindOf } from '../chunk-layout.ts';
import { type CellNote, csvDialect, isText, type PlainLayout } from './plain-layout.ts';

const hex = z.string().regex(/^0x(?:[0-9a-f]{2})*$/);
const digits = z.string().regex(/^-?\d{1,19}$/);
const notesShape: z.ZodType<Readonly<Record<string, CellNote>>> = z.record(
  z.string(),
  z.strictObject({
    raw: z.union([hex, z.array(z.tuple([hex.nullable(), hex.nullable()]))]).exactOptional(),
    writetime: z.union([digits.nullable(), z.array(digits.nullable())]).exactOptional(),
    expires: z.union([z.int().nullable(), z.array(z.int().nullable())]).exactOptional(),
  }),
);

interface PlainColumn extends Column {
  readonly cellKind: CellKind;
  readonly read: (text: Buffer) => Bytes;
}

interface PlainRecord {
  /** Null: the field is empty. */
  readonly fields: readonly (Buffer | null)[];
  readonly notes: Readonly<Record<string, CellNote>>;
  readonly time: CellTime;
  readonly anchored: boolean;
}

/** Rows of records, whose every byte was checked by its hash. Throws `MalformedBytes` or `RowRejected` for what `PlainEncoder` does not write. */
export class PlainDecoder {
  readonly #layout: PlainLayout;
  readonly #types: ByName<UserType>;
  readonly #columns: readonly PlainColumn[];

  constructor(layout: PlainLayout, types: ByName<UserType>) {
    this.#layout = layout;
    this.#types = types;
    this.#columns = layout.columns.map((column) => ({
      ...column,
      cellKind: cellKindOf(column.type),
      read: readerOfText(column.type, types),
    }));
  }

  decode(content: Uint8Array): readonly ChunkRow[] {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
    const width = this.#columns.length + this.#layout.extra.length;
    const spans = new RecordSpans(width, csvDialect);
    const page = { bytes, view: viewOf(bytes) };
    const rows: ChunkRow[] = [];
    for (let at = 0; at < bytes.length; at = spans.next) {
      spans.scan(page, at, bytes.length, true);
      const problem = spans.problem ?? (spans.next < 0 ? 'a quote is not closed' : null);
      if (problem !== null) throw new MalformedBytes(problem);
      if (spans.count !== width) throw new MalformedBytes(`a record has ${spans.count} fields instead of ${width}`);
      rows.push(this.#row(this.#record(bytes, spans)));
    }
    return rows;
  }

  #record(bytes: Buffer, spans: RecordSpans): PlainRecord {
    const fieldAt = (index: number): Buffer | null => {
      const [start = 0, end = 0] = [spans.starts[index], spans.ends[index]];
      if (end === start && spans.quoted[index] === 0) return null;
      return spans.escaped[index] === 1 ? unescaped(bytes, start, end, csvDialect) : bytes.subarray(start, end);
    };
    const extraAt = (index: number): string | null => fieldAt(this.#columns.length + index)?.toString('utf8') ?? null;
    const [written, expires, notes, anchored] = [extraAt(0), extraAt(1), extraAt(2), extraAt(3)];
    return {
      fields: Array.from(this.#columns, (_none, index) => fieldAt(index)),
      notes: notes === null ? {} : notesShape.parse(JSON.parse(notes)),
      time: {
        writeTime: written === null ? null : BigInt(written),
        expiresAt: expires === null ? null : Number(expires),
      },
      anchored: anchored !== 'false',
    };
  }

  #row(record: PlainRecord): ChunkRow {
    const { layout, keys, statics } = this.#layout;
    const parts = layout.partitionKey.length;
    const key = this.#columns.slice(0, keys).map((column, index) => this.#bytes(column, index, record));
    const partitionKey = key.slice(0, parts).map(present);
    const clustering = key.slice(parts);
    const cellsFrom = (from: number, to: number): readonly (Cell | null)[] =>
      this.#columns.slice(from, to).map((column, index) => this.#cell(column, from + index, record));
    const { anchored } = record;
    if (clustering.length > 0 && clustering.every((one) => one === null)) {
      return { row: { kind: 'static', partitionKey, cells: cellsFrom(keys, keys + statics) }, anchored };
    }
    const clusteringKey = clustering.map(present);
    const cells = cellsFrom(keys + statics, this.#columns.length);
    return { row: { kind: 'row', partitionKey, clusteringKey, cells }, anchored };
  }

  /** A value's wire form; null: there is none. */
  #bytes({ name, read }: PlainColumn, index: number, { fields, notes }: PlainRecord): Bytes | null {
    const raw = own(notes, name)?.raw;
    if (typeof raw === 'string') return bytesOf(raw);
    const field = fields[index] ?? null;
    return field === null ? null : read(field);
  }

  #cell(column: PlainColumn, index: number, record: PlainRecord): Cell | null {
    const note = own(record.notes, column.name);
    if (column.cellKind === 'elements') return this.#elements(column, index, record);
    const bytes = this.#bytes(column, index, record);
    if (bytes === null) return null;
    if (column.cellKind === 'counter') return { kind: 'counter', value: Buffer.from(bytes).readBigInt64BE() };
    return { kind: 'value', bytes, ...timeAt(note, 0, record.time) };
  }

  #elements(column: PlainColumn, index: number, record: PlainRecord): Cell | null {
    const note = own(record.notes, column.name);
    const parts = this.#parts(column, index, record);
    if (parts === null) return null;
    const elements = parts.map(({ key, value }, at) => ({ key, value, ...timeAt(note, at, record.time) }));
    return { kind: 'elements', elements };
  }

  #parts(column: PlainColumn, index: number, record: PlainRecord): readonly Part[] | null {
    const raw = own(record.notes, column.name)?.raw;
    if (typeof raw === 'object')
      return raw.map(([key, value]) => ({ key: bytesOrNull(key), value: bytesOrNull(value) }));
    const whole = this.#bytes(column, index, record);
    return whole === null ? null : partsOf(whole, column.type, this.#types);
  }
}

function readerOfText(type: CqlType, types: ByName<UserType>): PlainColumn['read'] {
  if (isText(type)) return (text) => text;
  const encode = writerOf(type, types);
  const sink = new Sink();
  return (text) => {
    sink.length = 0;
    encode(valueOfText(text.toString('utf8'), type, types), sink);
    return sink.copy();
  };
}

function timeAt(note: CellNote | undefined, index: number, row: CellTime): CellTime {
  const { writetime, expires } = note ?? {};
  const written = Array.isArray(writetime) ? elementOf<string | null>(writetime, index) : writetime;
  const ended = Array.isArray(expires) ? elementOf<number | null>(expires, index) : expires;
  return {
    writeTime: written === undefined ? row.writeTime : written === null ? null : BigInt(String(written)),
    expiresAt: ended === undefined ? row.expiresAt : ended === null ? null : Number(ended),
  };
}

function elementOf<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new MalformedBytes('a cell has fewer times than elements');
  return one;
}

function present(bytes: Bytes | null): Bytes {
  if (bytes === null) throw new MalformedBytes('a key component is missing');
  return bytes;
}

function bytesOf(text: string): Bytes {
  return Buffer.from(text.slice(2), 'hex');
}

function bytesOrNull(text: string | null): Bytes | null {
  return text === null ? null : bytesOf(text);
}
