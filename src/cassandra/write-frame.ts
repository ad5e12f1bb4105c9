import type { RowBlock } from '../cql/row-block.ts';
import type { OwnFrame } from './own-requests.ts';

/** A prepared statement as rows of a block name it by number. */
export interface Prepared {
  readonly id: Buffer;
  /** How many values a row binds. */
  readonly values: number;
}

/** Rows of a block that travel as one request: `order[from]` to `order[to]`, exclusive. */
export interface Rows {
  readonly block: RowBlock;
  readonly order: Uint32Array;
  readonly from: number;
  readonly to: number;
}

const opcodes = { execute: 0x0a, batch: 0x0d } as const;
const headerBytes = 9;
const unlogged = 1;
const prepared = 1;
const withValues = 0x01;
/** A call out of JavaScript costs more than a few bytes do. */
const copiedByHand = 24;

/** The frame of an unlogged batch of prepared statements, or of one statement alone, copied together out of the block. */
export function writeFrame(rows: Rows, statements: (number: number) => Prepared, consistency: number): OwnFrame {
  return {
    frame: (version, stream) =>
      rows.to - rows.from === 1
        ? executeFrame(rows, statements, { consistency, version, stream })
        : batchFrame(rows, statements, { consistency, version, stream }),
  };
}

interface Heading {
  readonly consistency: number;
  readonly version: number;
  readonly stream: number;
}

function batchFrame(
  { block, order, from, to }: Rows,
  statements: (number: number) => Prepared,
  heading: Heading,
): Buffer {
  let size = 1 + 2 + 2 + 1;
  for (let index = from; index < to; index += 1) {
    const row = order[index] ?? 0;
    size += 1 + 2 + statements(block.statement(row)).id.length + 2 + block.end(row) - block.start(row);
  }
  const frame = begun(opcodes.batch, size, heading);
  let at = headerBytes;
  frame[at] = unlogged;
  at = frame.writeUInt16BE(to - from, at + 1);
  const source = block.sink.bytes;
  for (let index = from; index < to; index += 1) {
    const row = order[index] ?? 0;
    const { id, values } = statements(block.statement(row));
    frame[at] = prepared;
    at = frame.writeUInt16BE(id.length, at + 1);
    at = copied(frame, at, id, 0, id.length);
    at = frame.writeUInt16BE(values, at);
    at = copied(frame, at, source, block.start(row), block.end(row));
  }
  at = frame.writeUInt16BE(heading.consistency, at);
  frame[at] = 0;
  return frame;
}

function executeFrame(
  { block, order, from }: Rows,
  statements: (number: number) => Prepared,
  heading: Heading,
): Buffer {
  const row = order[from] ?? 0;
  const { id, values } = statements(block.statement(row));
  const [start, end] = [block.start(row), block.end(row)];
  const frame = begun(opcodes.execute, 2 + id.length + 2 + 1 + 2 + end - start, heading);
  let at = frame.writeUInt16BE(id.length, headerBytes);
  at = copied(frame, at, id, 0, id.length);
  at = frame.writeUInt16BE(heading.consistency, at);
  frame[at] = withValues;
  at = frame.writeUInt16BE(values, at + 1);
  copied(frame, at, block.sink.bytes, start, end);
  return frame;
}

function begun(opcode: number, bodyBytes: number, { version, stream }: Heading): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + bodyBytes);
  frame[0] = version;
  frame[1] = 0;
  frame.writeInt16BE(stream, 2);
  frame[4] = opcode;
  frame.writeInt32BE(bodyBytes, 5);
  return frame;
}

/** Gives where the copy ends. */
function copied(frame: Buffer, at: number, source: Buffer, start: number, end: number): number {
  if (end - start > copiedByHand) source.copy(frame, at, start, end);
  else for (let index = start; index < end; index += 1) frame[at + index - start] = source[index] ?? 0;
  return at + end - start;
}
