/** One element of a top-level array, as bytes. */
export interface ScannedElement {
  readonly bytes: Buffer;
  /** From 1. */
  readonly index: number;
  /** Offset of its first byte, counted from where the scanner began. */
  readonly offset: number;
  /** Why the bytes are not the whole element; null when they are. */
  readonly problem: string | null;
}

/** The file is not a JSON array; nothing after this place can be trusted. */
export class BrokenArray extends Error {
  readonly line: number;
  constructor(what: string, line: number) {
    super(what);
    this.line = line;
  }
}

export interface ScannerOptions {
  readonly limit: number;
  readonly maxDepth: number;
  /** Index of the first element; above 1 the scanner begins inside the array, at an element. */
  readonly first: number;
  /** Whether the bytes of elements are kept; false when only places are wanted. */
  readonly keep: boolean;
}

const [quote, backslash, newline, comma] = [0x22, 0x5c, 0x0a, 0x2c];
const [openSquare, closeSquare, openCurly, closeCurly] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === newline || byte === 0x0d;

type State =
  | 'before'
  | 'element-or-end'
  | 'element'
  | 'inside'
  | 'string'
  | 'escape'
  | 'scalar'
  | 'separator'
  | 'after';

/**
 * Finds the elements of a JSON array in a stream of bytes, without parsing them: brackets and strings only. Holds one
 * element at most, and of one over the limit only its beginning. Throws `BrokenArray`.
 */
export class ArrayScanner {
  readonly #options: ScannerOptions;
  #state: State;
  #line = 1;
  #index: number;
  #offset = 0;
  /** Bracket kinds that are open, as far as `maxDepth`. */
  readonly #open: Uint8Array;
  #depth = 0;
  #deepest = 0;
  #elementOffset = 0;
  #elementLine = 1;
  #length = 0;
  #parts: Buffer[] = [];

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#index = options.first;
    this.#state = options.first === 1 ? 'before' : 'element';
    this.#open = new Uint8Array(options.maxDepth + 1);
  }

  push(chunk: Buffer, out: ScannedElement[]): void {
    let from = this.#inElement() ? 0 : -1;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === newline) this.#countLine();
      switch (this.#state) {
        case 'string':
          if (byte === quote) this.#leaveString();
          else if (byte === backslash) this.#state = 'escape';
          break;
        case 'escape':
          this.#state = 'string';
          break;
        case 'inside':
          if (byte === quote) this.#state = 'string';
          else if (byte === openCurly || byte === openSquare) this.#enter(byte);
          else if ((byte === closeCurly || byte === closeSquare) && this.#leave(byte)) {
            this.#finish(chunk.subarray(from, at + 1), out);
            from = -1;
          }
          break;
        case 'scalar':
          if (this.#depth === 0 && (byte === comma || byte === closeSquare || isSpace(byte))) {
            this.#finish(chunk.subarray(from, at), out);
            from = -1;
            this.#between(byte);
          } else if (byte === quote) this.#state = 'string';
          break;
        default:
          if (this.#between(byte)) from = this.#begin(byte, at);
      }
    }
    if (from !== -1) this.#carry(chunk.subarray(from));
    this.#offset += chunk.length;
  }

  /** `partial`: the bytes ended before another element of the same array. */
  end(partial: boolean): void {
    if (this.#state === 'after') return;
    if (partial && this.#state === 'element') return;
    const row = this.#inElement()
      ? `the file ends inside element ${this.#index}, which begins on line ${this.#elementLine}`
      : this.#state === 'before'
        ? 'the file is empty'
        : 'the file ends before the array is closed';
    throw new BrokenArray(row, this.#line);
  }

  #inElement(): boolean {
    return this.#state === 'inside' || this.#state === 'string' || this.#state === 'escape' || this.#state === 'scalar';
  }

  #countLine(): void {
    if (this.#state === 'string' || this.#state === 'escape') {
      const what = `a text is not closed at the end of the line (in element ${this.#index}, which begins on line ${this.#elementLine})`;
      throw new BrokenArray(what, this.#line);
    }
    this.#line += 1;
  }

  /** Handles a byte outside elements; true when an element begins with it. */
  #between(byte: number): boolean {
    if (isSpace(byte)) return false;
    switch (this.#state) {
      case 'before':
        if (byte !== openSquare) throw new BrokenArray('it does not begin with [', this.#line);
        this.#state = 'element-or-end';
        return false;
      case 'element-or-end':
        if (byte !== closeSquare) return this.#mayBegin(byte);
        this.#state = 'after';
        return false;
      case 'element':
        return this.#mayBegin(byte);
      case 'separator':
        if (byte === comma) this.#state = 'element';
        else if (byte === closeSquare) this.#state = 'after';
        else throw new BrokenArray(`a comma is missing after element ${this.#index - 1}`, this.#line);
        return false;
      default:
        throw new BrokenArray('something stands after the array', this.#line);
    }
  }

  #mayBegin(byte: number): boolean {
    if (byte !== comma && byte !== closeSquare && byte !== closeCurly) return true;
    throw new BrokenArray(`element ${this.#index} is missing`, this.#line);
  }

  #begin(byte: number, at: number): number {
    this.#elementOffset = this.#offset + at;
    this.#elementLine = this.#line;
    this.#deepest = 0;
    if (byte === openCurly || byte === openSquare) {
      this.#state = 'inside';
      this.#enter(byte);
    } else this.#state = byte === quote ? 'string' : 'scalar';
    return at;
  }

  #enter(byte: number): void {
    this.#depth += 1;
    this.#deepest = Math.max(this.#deepest, this.#depth);
    if (this.#depth <= this.#options.maxDepth) this.#open[this.#depth] = byte;
  }

  /** True when the element is complete. */
  #leave(byte: number): boolean {
    const opened = this.#depth <= this.#options.maxDepth ? this.#open[this.#depth] : byte - 2;
    if (opened !== byte - 2) {
      const what = `brackets do not match in element ${this.#index}, which begins on line ${this.#elementLine}`;
      throw new BrokenArray(what, this.#line);
    }
    this.#depth -= 1;
    return this.#depth === 0;
  }

  #leaveString(): void {
    this.#state = this.#depth === 0 ? 'scalar' : 'inside';
  }

  #carry(part: Buffer): void {
    this.#length += part.length;
    if (!this.#options.keep) return;
    // Copied, because a slice would keep its whole chunk in memory.
    if (this.#length <= this.#options.limit) this.#parts.push(Buffer.from(part));
    else this.#parts = [Buffer.from(Buffer.concat([...this.#parts.slice(0, 1), part]).subarray(0, 1024))];
  }

  #finish(last: Buffer, out: ScannedElement[]): void {
    let bytes = last;
    if (this.#parts.length > 0 || last.length > this.#options.limit) {
      this.#carry(last);
      bytes = this.#parts.length === 1 ? (this.#parts[0] ?? last) : Buffer.concat(this.#parts);
    }
    const { limit, maxDepth } = this.#options;
    const problem =
      this.#length > limit
        ? `it is longer than ${limit} bytes`
        : this.#deepest > maxDepth
          ? `it is nested deeper than ${maxDepth}`
          : null;
    out.push({ bytes, index: this.#index, offset: this.#elementOffset, problem });
    this.#parts = [];
    this.#length = 0;
    this.#index += 1;
    this.#depth = 0;
    this.#state = 'separator';
  }
}
