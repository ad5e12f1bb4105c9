/** Bytes that are read both as they are and several at once: two looks at the same memory. */
export interface ViewedBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** A call out of JavaScript costs more than so many bytes do. */
const movedByHand = 256;

/** Copies a few bytes, eight at a time, without leaving JavaScript; many by a call. The two must not overlap. */
export function moveBytes(source: ViewedBytes, from: number, length: number, target: ViewedBytes, to: number): void {
  if (length > movedByHand) {
    source.bytes.copy(target.bytes, to, from, from + length);
    return;
  }
  const [out, into] = [source.view, target.view];
  let at = 0;
  for (; at + 8 <= length; at += 8) into.setBigUint64(to + at, out.getBigUint64(from + at));
  for (; at < length; at += 1) into.setUint8(to + at, out.getUint8(from + at));
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
