import { codecOf } from '../../cql/codec/codec.ts';
import type { Sink } from '../../cql/codec/sink.ts';
import { type Json, jsonOf } from '../../cql/json-value.ts';
import type { ByName, UserType } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';

/** Writes a value that is not null, in wire form from `start` to `end`. Throws RowRejected for bytes that are no value. */
export type FieldWriter = (bytes: Buffer, start: number, end: number, sink: Sink) => void;

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
      return sized(4, slow, (bytes, start, sink) => putAscii(String(bytes.readInt32BE(start)), sink));
    case 'smallint':
      return sized(2, slow, (bytes, start, sink) => putAscii(String(bytes.readInt16BE(start)), sink));
    case 'tinyint':
      return sized(1, slow, (bytes, start, sink) => putAscii(String(bytes.readInt8(start)), sink));
    case 'double':
      return sized(8, slow, (bytes, start, sink) => putAscii(String(bytes.readDoubleBE(start)), sink));
    case 'bigint':
      return sized(8, slow, (bytes, start, sink) => {
        const high = bytes.readInt32BE(start);
        // what a number holds exactly is written as one
        const small = high >= -0x20_0000 && high < 0x20_0000;
        const whole = small ? high * 0x1_0000_0000 + bytes.readUInt32BE(start + 4) : bytes.readBigInt64BE(start);
        putAscii(String(whole), sink);
      });
    case 'uuid':
    case 'timeuuid':
      return sized(16, slow, putUuid);
    default:
      return slow;
  }
}

/** A value as JSON has it, see `jsonOf`. */
export function jsonField(type: CqlType, types: ByName<UserType>): FieldWriter {
  const value = jsonReader(type, types);
  return (bytes, start, end, sink) => putText(JSON.stringify(value(bytes, start, end)), sink);
}

function slowField(type: CqlType, types: ByName<UserType>, form: CsvForm): FieldWriter {
  const value = jsonReader(type, types);
  const quoted = textField(form);
  return (bytes, start, end, sink) => {
    const json = value(bytes, start, end);
    // an empty value of a type that has none in JavaScript
    if (json === null) return;
    const text = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
    quoted(text, 0, text.length, sink);
  };
}

function jsonReader(type: CqlType, types: ByName<UserType>): (bytes: Buffer, start: number, end: number) => Json {
  const codec = codecOf(type, types);
  return (bytes, start, end) => jsonOf(codec.decode(bytes.subarray(start, end)), type);
}

function sized(size: number, slow: FieldWriter, put: (bytes: Buffer, start: number, sink: Sink) => void): FieldWriter {
  return (bytes, start, end, sink) => {
    if (end - start === size) put(bytes, start, sink);
    else slow(bytes, start, end, sink);
  };
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Empty text is in quotes, because an empty field is null; so is text that would be taken for null. */
function textField({ delimiter, quote, nullText }: CsvForm): FieldWriter {
  const [delimiterByte, quoteByte] = [delimiter.charCodeAt(0), quote.charCodeAt(0)];
  const asNull = Buffer.from(nullText);
  return (bytes, start, end, sink) => {
    const at = sink.reserve(end - start);
    const target = sink.bytes;
    let plain = end > start;
    for (let index = start; index < end && plain; index += 1) {
      const byte = bytes[index] ?? 0;
      const special = byte === delimiterByte || byte === quoteByte || byte === newline || byte === carriageReturn;
      if (special || byte === 0) plain = false;
      target[at + index - start] = byte;
    }
    const isNull = end - start === asNull.length && bytes.compare(asNull, 0, asNull.length, start, end) === 0;
    if (plain && !isNull) return;
    sink.length = at;
    putQuoted(bytes, { start, end, quoteByte }, sink);
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

const hexDigits = Buffer.from('0123456789abcdef');

function putUuid(bytes: Buffer, start: number, sink: Sink): void {
  let at = sink.reserve(36);
  const target = sink.bytes;
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) target[at++] = 0x2d;
    const byte = bytes[start + index] ?? 0;
    target[at++] = hexDigits[byte >> 4] ?? 0;
    target[at++] = hexDigits[byte & 15] ?? 0;
  }
}
