import { jsonNumber } from './raw-json.ts';

/**
 * A number of JSON, or of a source without types of its own, that no JavaScript number holds. `String` gives all of its
 * digits, `JSON.stringify` writes them as the number that they are, and arithmetic takes the nearest double.
 */
export class DecimalText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
  toJSON(): unknown {
    return jsonNumber(this.text);
  }
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === 'string' ? this.text : Number(this.text);
  }
}
