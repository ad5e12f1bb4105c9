import type { Bytes } from '../model/row.ts';

/** Elements of a list or set in wire form: an int32 count, then each as an int32 length (-1: null) and its bytes. */
export function splitElements(bytes: Bytes): (Bytes | null)[] {
  const view = viewOf(bytes);
  const count = view.getInt32(0);
  return readParts(bytes, { offset: 4, count });
}

/** Entries of a map in wire form, keys and values taking turns. */
export function splitEntries(bytes: Bytes): (Bytes | null)[] {
  const view = viewOf(bytes);
  return readParts(bytes, { offset: 4, count: view.getInt32(0) * 2 });
}

/** Fields of a UDT or tuple in wire form; a value written before the type grew has fewer than the type. */
export function splitFields(bytes: Bytes): (Bytes | null)[] {
  const parts: (Bytes | null)[] = [];
  let offset = 0;
  const view = viewOf(bytes);
  while (offset < bytes.length) {
    const length = view.getInt32(offset);
    offset += 4;
    parts.push(length < 0 ? null : bytes.subarray(offset, offset + length));
    offset += Math.max(length, 0);
  }
  return parts;
}

/** The wire form of a list or set of these elements, or of a map of these keys and values taking turns (`width` 2). */
export function joinElements(parts: readonly Bytes[], width: 1 | 2 = 1): Bytes {
  let size = 4;
  for (const part of parts) size += 4 + part.length;
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  view.setInt32(0, parts.length / width);
  let offset = 4;
  for (const part of parts) {
    view.setInt32(offset, part.length);
    bytes.set(part, offset + 4);
    offset += 4 + part.length;
  }
  return bytes;
}

function readParts(bytes: Bytes, at: { offset: number; count: number }): (Bytes | null)[] {
  const view = viewOf(bytes);
  const parts: (Bytes | null)[] = [];
  let offset = at.offset;
  for (let index = 0; index < at.count; index++) {
    const length = view.getInt32(offset);
    offset += 4;
    parts.push(length < 0 ? null : bytes.subarray(offset, offset + length));
    offset += Math.max(length, 0);
  }
  return parts;
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
