import { compareBytes } from './order.ts';
import type { ValuePlan } from './plan.ts';
import { notA } from './reject.ts';

/** Bytes as they are: of a blob, or of a Java class that has no CQL name. What is read is a copy. */
export function blobPlan(name: string): ValuePlan {
  return {
    name,
    vectorSize: null,
    textual: false,
    read: (bytes, start, end) => Uint8Array.from(bytes.subarray(start, end)),
    write: (value, sink) => {
      if (!(value instanceof Uint8Array)) throw notA(name, value, 'a Uint8Array is needed');
      sink.put(value);
    },
    compare: compareBytes,
  };
}
