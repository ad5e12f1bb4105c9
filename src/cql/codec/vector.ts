import type { Span, ValuePlan } from './plan.ts';
import { notA, unreadable } from './reject.ts';
import { Sink } from './sink.ts';
import { readUnsignedVint, writeUnsignedVint } from './vint.ts';

/** Elements without lengths when all have one size, else each behind its length. Floats read as Float32Array. */
export function vectorPlan(element: ValuePlan, dimension: number): ValuePlan {
  const name = `vector<${element.name}, ${dimension}>`;
  const { vectorSize } = element;
  const spansOf = (bytes: Buffer, span: Span): readonly Span[] =>
    vectorSize === null
      ? variableSpans(name, bytes, { ...span, dimension })
      : fixedSpans(name, vectorSize, { ...span, dimension });
  const whole = element.name === 'float' ? readFloats(name, dimension) : undefined;
  const inner = new Sink();
  return {
    name,
    vectorSize: vectorSize === null ? null : vectorSize * dimension,
    textual: false,
    read: (bytes, start, end) =>
      whole?.(bytes, start, end) ??
      spansOf(bytes, { start, end }).map((span) => element.read(bytes, span.start, span.end)),
    write: (value, sink) => {
      const values = value instanceof Float32Array || Array.isArray(value) ? (value as ArrayLike<unknown>) : null;
      if (values?.length !== dimension) throw notA(name, value, `an array of ${dimension} is needed`);
      if (whole !== undefined && value instanceof Float32Array) {
        writeFloats(value, sink);
        return;
      }
      for (let index = 0; index < dimension; index += 1) {
        const item = values[index];
        if (item === null || item === undefined) throw notA(name, value, `element ${index} is ${String(item)}`);
        if (vectorSize !== null) {
          element.write(item, sink);
          continue;
        }
        inner.length = 0;
        element.write(item, inner);
        writeUnsignedVint(BigInt(inner.length), sink);
        sink.put(inner.bytes.subarray(0, inner.length));
      }
    },
    compare: (bytes, one, other) => {
      const others = spansOf(bytes, other);
      for (const [index, span] of spansOf(bytes, one).entries()) {
        const order = element.compare(bytes, span, others[index] as Span);
        if (order !== 0) return order;
      }
      return 0;
    },
  };
}

/** Floats are copied as a block; the wire has the larger byte first, most machines the smaller. */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function readFloats(name: string, dimension: number): (bytes: Buffer, start: number, end: number) => Float32Array {
  return (bytes, start, end) => {
    if (end - start !== dimension * 4) throw unreadable(name, `${end - start} bytes instead of ${dimension * 4}`);
    const floats = new Float32Array(dimension);
    const block = Buffer.from(floats.buffer);
    bytes.copy(block, 0, start, end);
    if (littleEndian) block.swap32();
    return floats;
  };
}

function writeFloats(floats: Float32Array, sink: Sink): void {
  const at = sink.reserve(floats.byteLength);
  const block = sink.bytes.subarray(at, sink.length);
  block.set(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  if (littleEndian) block.swap32();
}

function fixedSpans(name: string, size: number, of: Span & { dimension: number }): readonly Span[] {
  const length = of.end - of.start;
  if (length !== size * of.dimension) throw unreadable(name, `${length} bytes instead of ${size * of.dimension}`);
  return Array.from({ length: of.dimension }, (_, index) => {
    const start = of.start + index * size;
    return { start, end: start + size };
  });
}

function variableSpans(name: string, bytes: Buffer, of: Span & { dimension: number }): readonly Span[] {
  const spans: Span[] = [];
  let at = of.start;
  for (let index = 0; index < of.dimension; index += 1) {
    const length = readUnsignedVint(bytes, at, of.end);
    const end = length === undefined ? Number.NaN : length.next + Number(length.value);
    if (length === undefined || !(end <= of.end)) throw unreadable(name, `element ${index} is cut short`);
    spans.push({ start: length.next, end });
    at = end;
  }
  if (at !== of.end) throw unreadable(name, 'they go on after the last element');
  return spans;
}
