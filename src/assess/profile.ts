import type { Example, FieldProfile, FoundKind, ValueKind } from '../model/assessment.ts';
import { DecimalText } from '../model/decimal-text.ts';
import { Distinct, hashOfText } from './distinct.ts';
import { isNullWord, kindOfValue, type Texts } from './value-kind.ts';

const examplesKept = 3;
const shownLength = 60;
const wordsKept = 20;
/** Elements of an array that are looked at. */
const elementsSeen = 50;

interface Counted {
  count: number;
  readonly examples: Example[];
}

/** What is known of a field's values after some rows; its memory does not grow with them. */
export class FieldProfiler {
  readonly #texts: Texts;
  readonly #kinds = new Map<ValueKind, Counted>();
  readonly #nullWords = new Map<string, number>();
  readonly #elements = new Set<ValueKind>();
  readonly #distinct = new Distinct();
  readonly #empty = { count: 0, examples: [] as Example[] };
  #nulls = 0;
  #values = 0;
  #bytes = 0;
  #longest: number | null = null;
  #least: Bound | null = null;
  #greatest: Bound | null = null;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /** Counts a value; gives its bytes and the text that tells it from others. */
  add(value: unknown, place: () => string): { readonly bytes: number; readonly text: string | null } {
    if (value === null || value === undefined) {
      this.#nulls += 1;
      return { bytes: 0, text: null };
    }
    const kind = kindOfValue(value, this.#texts);
    const text = textOf(value);
    const bytes = bytesOf(value, kind, text);
    this.#values += 1;
    this.#bytes += bytes;
    this.#count(kind, text, place);
    this.#distinct.add(hashOfText(text));
    if (text === '' && (kind === 'text' || kind === 'bytes')) {
      this.#empty.count += 1;
      if (this.#empty.examples.length < examplesKept) this.#empty.examples.push({ place: place(), value: '' });
    }
    if (kind === 'array') this.#look(value);
    if (kind === 'text' || kind === 'bytes') this.#longest = Math.max(this.#longest ?? 0, bytes);
    if (kind === 'text' && isNullWord(text)) this.#addWord(text);
    this.#bound(kind, text);
    return { bytes, text };
  }

  get profile(): FieldProfile {
    const kinds = [...this.#kinds]
      .map(([kind, { count, examples }]): FoundKind => ({ kind, count, examples }))
      .sort((a, b) => b.count - a.count);
    return {
      nulls: this.#nulls,
      values: this.#values,
      kinds,
      nullWords: Object.fromEntries(this.#nullWords),
      least: this.#least?.text ?? null,
      greatest: this.#greatest?.text ?? null,
      longest: this.#longest,
      bytes: this.#bytes,
      distinct: this.#distinct.count,
      unique: this.#distinct.unique,
      elements: [...this.#elements],
      ...(this.#empty.count === 0 ? {} : { empty: this.#empty }),
    };
  }

  #count(kind: ValueKind, text: string, place: () => string): void {
    const counted = this.#kinds.get(kind);
    if (counted === undefined) this.#kinds.set(kind, { count: 1, examples: [{ place: place(), value: short(text) }] });
    else {
      counted.count += 1;
      if (counted.examples.length < examplesKept) counted.examples.push({ place: place(), value: short(text) });
    }
  }

  #addWord(word: string): void {
    const count = this.#nullWords.get(word);
    if (count !== undefined || this.#nullWords.size < wordsKept) this.#nullWords.set(word, (count ?? 0) + 1);
  }

  #look(value: unknown): void {
    const elements: readonly unknown[] = value instanceof Set ? [...value] : Array.isArray(value) ? value : [];
    for (const element of elements.slice(0, elementsSeen)) {
      this.#elements.add(element === null ? 'object' : kindOfValue(element, 'no numbers'));
    }
  }

  #bound(kind: ValueKind, text: string): void {
    const at = orderOf(kind, text);
    if (at === null) return;
    if (this.#least === null || at < this.#least.at) this.#least = { at, text };
    if (this.#greatest === null || at > this.#greatest.at) this.#greatest = { at, text };
  }
}

interface Bound {
  readonly at: number;
  readonly text: string;
}

/** Only numbers and times have a least and a greatest value that say something. */
function orderOf(kind: ValueKind, text: string): number | null {
  switch (kind) {
    case 'int':
    case 'bigint':
    case 'varint':
    case 'decimal':
    case 'double':
      return Number(text);
    case 'date':
    case 'timestamp':
      return Date.parse(text);
    case 'local-timestamp':
      return Date.parse(`${text.replace(' ', 'T')}Z`);
    default:
      return null;
  }
}

/** Equal values give equal texts, and others others: Cassandra tells −0 from 0. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof DecimalText) return value.text;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return JSON.stringify(value, (_key, inner: unknown) => structured(inner)) ?? '';
}

/** What JSON has no words for. */
function structured(value: unknown): unknown {
  if (typeof value === 'bigint' || Object.is(value, -0)) return textOf(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Set || value instanceof Map) return [...value];
  return value instanceof Uint8Array ? textOf(value) : value;
}

const fixed: Readonly<Partial<Record<ValueKind, number>>> = {
  int: 4,
  bigint: 8,
  double: 8,
  boolean: 1,
  uuid: 16,
  date: 4,
  time: 8,
  timestamp: 8,
  'local-timestamp': 8,
};

function bytesOf(value: unknown, kind: ValueKind, text: string): number {
  if (value instanceof Uint8Array) return value.length;
  const size = fixed[kind];
  if (size !== undefined) return size;
  return kind === 'varint' || kind === 'decimal' ? Math.ceil(text.length / 2) + 4 : Buffer.byteLength(text);
}

function short(text: string): string {
  return text.length > shownLength ? `${text.slice(0, shownLength - 1)}…` : text;
}
