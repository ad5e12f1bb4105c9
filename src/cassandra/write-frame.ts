import type { OwnFrame } from './own-requests.ts';

/*
 * Rows stand in memory as a batch of protocol versions 3 and 4 has them: the kind of what follows (1: a prepared
 * statement), its id with its length in two bytes, how many values there are, and the values.
 */

const opcodes = { execute: 0x0a, batch: 0x0d } as const;
const headerBytes = 9;
const unlogged = 1;
const prepared = 1;
const withValues = 0x01;

/** What stands before the values of a row of a statement. */
export function rowHead(id: Buffer, values: number): Buffer {
  const head = Buffer.alloc(1 + 2 + id.length + 2);
  head[0] = prepared;
  head.writeUInt16BE(id.length, 1);
  id.copy(head, 3);
  head.writeUInt16BE(values, 3 + id.length);
  return head;
}

/** Rows that travel as one request. */
export interface FramedRows {
  readonly rows: number;
  /** Of all rows. */
  readonly bytes: number;
  copy(target: Buffer, at: number): void;
}

/** The frame of an unlogged batch of prepared statements, or of one statement alone; its memory is used again, see below. */
export function writeFrame(rows: FramedRows, consistency: number): OwnFrame {
  return {
    frame: (version, stream) =>
      rows.rows === 1
        ? executeFrame(rows, { consistency, version, stream })
        : batchFrame(rows, { consistency, version, stream }),
  };
}

interface Heading {
  readonly consistency: number;
  readonly version: number;
  readonly stream: number;
}

function batchFrame(rows: FramedRows, heading: Heading): Buffer {
  const frame = begun(opcodes.batch, 1 + 2 + rows.bytes + 2 + 1, heading);
  let at = headerBytes;
  frame[at] = unlogged;
  at = frame.writeUInt16BE(rows.rows, at + 1);
  rows.copy(frame, at);
  at = frame.writeUInt16BE(heading.consistency, at + rows.bytes);
  frame[at] = 0;
  return frame;
}

function executeFrame(rows: FramedRows, heading: Heading): Buffer {
  // consistency and flags stand between the id and the values, and there is no kind
  const shift = 2 + 1 - 1;
  const frame = begun(opcodes.execute, rows.bytes + shift, heading);
  const at = headerBytes + shift;
  rows.copy(frame, at);
  const idBytes = 2 + frame.readUInt16BE(at + 1);
  frame.copyWithin(headerBytes, at + 1, at + 1 + idBytes);
  const flags = frame.writeUInt16BE(heading.consistency, headerBytes + idBytes);
  frame[flags] = withValues;
  return frame;
}

function begun(opcode: number, bodyBytes: number, { version, stream }: Heading): Buffer {
  const frame = memoryFor(headerBytes + bodyBytes);
  frame[0] = version;
  frame[1] = 0;
  frame.writeInt16BE(stream, 2);
  frame[4] = opcode;
  frame.writeInt32BE(bodyBytes, 5);
  return frame;
}

/*
 * Memory outside of V8's heap for each frame would make it collect its garbage all the time. The driver copies the frames
 * that it writes at once together, about 64 KiB of them, as soon as it has them; so their memory is used again, by frames
 * that come much later.
 */
const reusedBytes = 1024 * 1024;
const longestReused = 128 * 1024;
let reused: Buffer | null = null;
let reusedTo = 0;

function memoryFor(bytes: number): Buffer {
  if (bytes > longestReused) return Buffer.allocUnsafeSlow(bytes);
  reused ??= Buffer.allocUnsafeSlow(reusedBytes);
  if (reusedTo + bytes > reusedBytes) reusedTo = 0;
  const from = reusedTo;
  reusedTo += bytes;
  return reused.subarray(from, reusedTo);
}

/** Where the values of a row begin. */
export function valuesOf(rows: Buffer, row: number): number {
  return row + 1 + 2 + rows.readUInt16BE(row + 1) + 2;
}

/** Where the row after it begins. */
export function endOfRow(rows: Buffer, row: number): number {
  let at = valuesOf(rows, row);
  for (let left = rows.readUInt16BE(at - 2); left > 0; left -= 1) at += 4 + Math.max(0, rows.readInt32BE(at));
  return at;
}
