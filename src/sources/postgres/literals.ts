/*
 * The server's texts of arrays (`{1,"a b",NULL}`) and ranges (`[1,10)`), taken apart into the texts of their elements.
 */

/** An element of an array: its text, null, or an array itself. */
export type ArrayElement = string | null | readonly ArrayElement[];

/** Null when the text is no array. */
export function arrayElements(text: string): readonly ArrayElement[] | null {
  // Arrays whose indexes do not begin at 1 say so: `[0:1]={a,b}`.
  const start = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  const reader = new ArrayReader(text, start);
  const elements = reader.array();
  return elements !== null && reader.atEnd ? elements : null;
}

class ArrayReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  array(): readonly ArrayElement[] | null {
    if (!this.#take('{')) return null;
    const elements: ArrayElement[] = [];
    if (this.#take('}')) return elements;
    for (;;) {
      const element = this.#text[this.#at] === '{' ? this.array() : this.#scalar();
      if (element === undefined) return null;
      elements.push(element);
      if (this.#take('}')) return elements;
      if (!this.#take(',')) return null;
    }
  }

  /** Undefined when a quote is never closed. */
  #scalar(): string | null | undefined {
    if (this.#text[this.#at] === '"') {
      const { value, end } = quoted(this.#text, this.#at);
      this.#at = end;
      return value ?? undefined;
    }
    const start = this.#at;
    while (this.#at < this.#text.length && !',}'.includes(this.#text[this.#at] ?? '')) this.#at += 1;
    const word = this.#text.slice(start, this.#at);
    return word === 'NULL' ? null : word;
  }

  #take(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }
}

/** A text in double quotes: `\` stands before a sign that counts as itself, and so does a quote before a quote. */
function quoted(text: string, start: number): { readonly value: string | null; readonly end: number } {
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '\\') {
      at += 1;
      value += text[at] ?? '';
    } else if (sign === '"') {
      if (text[at + 1] !== '"') return { value, end: at + 1 };
      at += 1;
      value += '"';
    } else value += sign;
  }
  return { value: null, end: text.length };
}

export interface RangeParts {
  readonly empty: boolean;
  /** Null: open. */
  readonly lower: string | null;
  readonly upper: string | null;
  readonly lowerIncluded: boolean;
  readonly upperIncluded: boolean;
}

/** Null when the text is no range. */
export function rangeParts(text: string): RangeParts | null {
  if (text === 'empty') return { empty: true, lower: null, upper: null, lowerIncluded: false, upperIncluded: false };
  const [open, close] = [text[0] ?? '', text.at(-1) ?? ''];
  if (!'[('.includes(open) || !'])'.includes(close) || text.length < 3) return null;
  const lower = bound(text, 1);
  if (lower === null || text[lower.end] !== ',') return null;
  const upper = bound(text, lower.end + 1);
  if (upper?.end !== text.length - 1) return null;
  return {
    empty: false,
    lower: lower.value,
    upper: upper.value,
    lowerIncluded: open === '[',
    upperIncluded: close === ']',
  };
}

function bound(text: string, start: number): { readonly value: string | null; readonly end: number } | null {
  if (text[start] === '"') {
    const found = quoted(text, start);
    return found.value === null ? null : found;
  }
  let end = start;
  while (end < text.length && !',])'.includes(text[end] ?? '')) end += 1;
  return { value: end === start ? null : text.slice(start, end), end };
}
