import { filled } from './number.ts';
import { compareTimeUuids, compareUuids } from './order.ts';
import type { ValuePlan } from './plan.ts';
import { notA } from './reject.ts';

/** Every byte as two hex digits. */
const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** What a character is worth as a hex digit; 16 for all that are none. */
const worth: Uint8Array = new Uint8Array(128).fill(16);
for (let digit = 0; digit < 16; digit += 1) {
  worth[digit.toString(16).charCodeAt(0)] = digit;
  worth[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Where the two digits of each byte stand in a text of 36 characters. */
const positions: readonly number[] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/** UUIDs are the most frequent of keys, so neither patterns nor intermediate texts are used here. */
export function uuidPlan(name: 'uuid' | 'timeuuid'): ValuePlan {
  const needed = name === 'uuid' ? 'a UUID as a string is needed' : 'a version 1 UUID as a string is needed';
  return {
    name,
    vectorSize: 16,
    textual: true,
    read: (bytes, start, end) => {
      if (!filled(name, end - start, 16)) return null;
      let text = '';
      for (let index = 0; index < 16; index += 1) {
        if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
        text += hexOfByte[bytes[start + index] ?? 0];
      }
      return text;
    },
    write: (value, sink) => {
      if (typeof value !== 'string' || !isHyphenated(value)) throw notA(name, value, needed);
      if (name === 'timeuuid' && value[14] !== '1') throw notA(name, value, needed);
      const at = sink.reserve(16);
      for (let index = 0; index < 16; index += 1) {
        const position = positions[index] ?? 0;
        const high = worth[value.charCodeAt(position)] ?? 16;
        const low = worth[value.charCodeAt(position + 1)] ?? 16;
        if (high === 16 || low === 16) throw notA(name, value, needed);
        sink.bytes[at + index] = (high << 4) | low;
      }
    },
    compare: name === 'uuid' ? compareUuids : compareTimeUuids,
  };
}

function isHyphenated(text: string): boolean {
  return text.length === 36 && text[8] === '-' && text[13] === '-' && text[18] === '-' && text[23] === '-';
}
