import type { ByName, UserType } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';
import { readerOf } from '../codec/codec.ts';
import { moveBytes, type ViewedBytes, viewOf } from '../codec/move-bytes.ts';
import type { Sink } from '../codec/sink.ts';
import { type Json, jsonOf, jsonText } from '../json-value.ts';
import { putDouble, putMoment, putUuid, putWhole } from './scalar-text.ts';

/** Writes a value that is not null, in wire form from `start` to `end`. Throws RowRejected for bytes that are no value. */
export type FieldWriter = (page: ViewedBytes, start: number, end: number, sink: Sink) => void;

export interface CsvForm {
  readonly delimiter: string;
  readonly quote: string;
  /** What stands for null. */
  readonly nullText: string;
}

/** A value as CSV has it: text in quotes where it needs them, what is neither text nor a scalar as JSON. */
export function csvField(type: CqlType, types: ByName<UserType>, form: CsvForm): FieldWriter {
  const slow = slowField(type, types, form);
  if (type.kind !== 'scalar') return slow;
  switch (type.name) {
    case 'text':
    case 'ascii':
      return textField(form);
    case 'int':
      return sized(4, slow, ({ view }, start, sink) => putWhole(view.getInt32(start), sink));
    case 'smallint':
      return sized(2, slow, ({ view }, start, sink) => putWhole(view.getInt16(start), sink));
    case 'tinyint':
      return sized(1, slow, ({ view }, start, sink) => putWhole(view.getInt8(start), sink));
    case 'double':
      return sized(8, slow, ({ view }, start, sink) => putDouble(view.getFloat64(start), sink));
    case 'bigint':
      return sized(8, slow, ({ view }, start, sink) => {
        const high = view.getInt32(start);
        // what a number holds exactly is written as one
        const small = high >= -0x20_0000 && high < 0x20_0000;
        if (small) putWhole(high * 0x1_0000_0000 + view.getUint32(start + 4), sink);
        else putAscii(String(view.getBigInt64(start)), sink);
      });
    case 'timestamp':
      return sized(8, slow, (page, start, sink) => {
        const { view } = page;
        const milliseconds = view.getInt32(start) * 0x1_0000_0000 + view.getUint32(start + 4);
        if (!putMoment(milliseconds, sink)) slow(page, start, start + 8, sink);
      });
    case 'uuid':
    case 'timeuuid':
      return sized(16, slow, ({ bytes }, start, sink) => putUuid(bytes, start, sink));
    default:
      return slow;
  }
}

/** A value as JSON has it, see `jsonOf`. */
export function jsonField(type: CqlType, types: ByName<UserType>): FieldWriter {
  const value = jsonReader(type, types);
  return ({ bytes }, start, end, sink) => putText(jsonText(value(bytes, start, end)), sink);
}

function slowField(type: CqlType, types: ByName<UserType>, form: CsvForm): FieldWriter {
  const value = jsonReader(type, types);
  const quoted = textField(form);
  return ({ bytes }, start, end, sink) => {
    const json = value(bytes, start, end);
    // an empty value of a type that has none in JavaScript
    if (json === null) return;
    const text = Buffer.from(typeof json === 'string' ? json : jsonText(json));
    quoted({ bytes: text, view: viewOf(text) }, 0, text.length, sink);
  };
}

function jsonReader(type: CqlType, types: ByName<UserType>): (bytes: Buffer, start: number, end: number) => Json {
  const read = readerOf(type, types);
  return (bytes, start, end) => jsonOf(read(bytes.subarray(start, end)), type);
}

function sized(
  size: number,
  slow: FieldWriter,
  put: (page: ViewedBytes, start: number, sink: Sink) => void,
): FieldWriter {
  return (page, start, end, sink) => {
    if (end - start === size) put(page, start, sink);
    else slow(page, start, end, sink);
  };
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Empty text is in quotes, because an empty field is null; so is text that would be taken for null. */
function textField({ delimiter, quote, nullText }: CsvForm): FieldWriter {
  const quoteByte = quote.charCodeAt(0);
  const asNull = Buffer.from(nullText);
  const special = new Uint8Array(256);
  for (const byte of [delimiter.charCodeAt(0), quoteByte, newline, carriageReturn, 0]) special[byte] = 1;
  return (page, start, end, sink) => {
    const { bytes } = page;
    let plain = end > start;
    for (let index = start; index < end && plain; index += 1) plain = special[bytes[index] ?? 0] === 0;
    const isNull = end - start === asNull.length && bytes.compare(asNull, 0, asNull.length, start, end) === 0;
    if (plain && !isNull) moveBytes(page, start, end - start, sink, sink.reserve(end - start));
    else putQuoted(bytes, { start, end, quoteByte }, sink);
  };
}

function putQuoted(
  bytes: Buffer,
  { start, end, quoteByte }: { readonly start: number; readonly end: number; readonly quoteByte: number },
  sink: Sink,
): void {
  const from = sink.reserve(2 * (end - start) + 2);
  const target = sink.bytes;
  let at = from;
  target[at++] = quoteByte;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === quoteByte) target[at++] = quoteByte;
    target[at++] = byte;
  }
  target[at++] = quoteByte;
  sink.length = at;
}

export function putAscii(text: string, sink: Sink): void {
  const at = sink.reserve(text.length);
  const target = sink.bytes;
  for (let index = 0; index < text.length; index += 1) target[at + index] = text.charCodeAt(index);
}

function putText(text: string, sink: Sink): void {
  const at = sink.reserve(Buffer.byteLength(text));
  sink.bytes.write(text, at);
}
