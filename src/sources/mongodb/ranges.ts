import type { BSON, Document } from 'mongodb';
import { CqlformError } from '../../kernel/errors.ts';
import type { Split } from '../../ports/source.ts';
import { loadDriver } from '../sql/driver.ts';

type Ejson = (typeof BSON)['EJSON'];

/** `_id`s of one type of BSON that lie after one and up to another; null: from the first, to the last. */
export interface IdRange {
  /** As `$type` has it; `!number,date` stands for all types but those; `all` for a collection that is read whole. */
  readonly type: string;
  readonly after: unknown;
  readonly upTo: unknown;
}

/** Types whose values have an order by which they can be cut; comparisons never cross from one to another. */
const orderedTypes: readonly string[] = ['number', 'string', 'objectId', 'date', 'binData'];
/** A piece is not made smaller than so many documents: each costs a query and a checkpoint. */
const smallestPiece = 1000;

/** The documents of a range. Every document is in one range of its type. */
export function filterOf({ type, after, upTo }: IdRange): Document {
  if (type === 'all') return {};
  if (type.startsWith('!')) return { _id: { $not: { $type: type.slice(1).split(',') } } };
  const conditions: Document[] = [{ _id: { $type: type } }];
  if (after !== null) conditions.push({ _id: { $gt: after } });
  // Beside what is less or equal this has NaN, which is neither.
  if (upTo !== null) conditions.push(after === null ? { _id: { $not: { $gt: upTo } } } : { _id: { $lte: upTo } });
  return { $and: conditions };
}

/** Whether the documents of a range come in the order of their `_id`, so that reading can go on behind the last one. */
export function isOrdered({ type }: IdRange): boolean {
  return orderedTypes.includes(type);
}

/** A collection that is read whole. */
export const everything: IdRange = { type: 'all', after: null, upTo: null };

/** The `_id` that comes so many documents behind the beginning of a range; null past its end. */
export type Step = (range: IdRange, documents: number) => Promise<unknown>;

/** Ranges that hold every document once, about as many as wanted. */
export async function idRanges(
  step: Step,
  { wanted, documents }: { readonly wanted: number; readonly documents: number },
): Promise<readonly IdRange[]> {
  if (wanted < 2 || documents < 2 * smallestPiece) return [everything];
  const stride = Math.max(smallestPiece, Math.ceil(documents / wanted));
  const ranges: IdRange[] = [];
  for (const type of orderedTypes) {
    const all = { type, after: null, upTo: null };
    if ((await step(all, 1)) === null) continue;
    let range: IdRange = all;
    // The number of documents is an estimate, so it ends after twice the pieces.
    for (let count = 0; count < wanted * 2; count += 1) {
      const upTo = await step(range, stride);
      if (upTo === null) break;
      ranges.push({ ...range, upTo });
      range = { type, after: upTo, upTo: null };
    }
    ranges.push(range);
  }
  const types = [...new Set(ranges.map(({ type }) => type))];
  return types.length === 0 ? [everything] : [...ranges, { ...everything, type: `!${types.join(',')}` }];
}

/** Ranges as text that keeps the types of their ends. */
export class RangeText {
  readonly #ejson: Ejson;

  private constructor(ejson: Ejson) {
    this.#ejson = ejson;
  }

  static async load(): Promise<RangeText> {
    const { BSON } = await loadDriver('mongodb', () => import('mongodb'));
    return new RangeText(BSON.EJSON);
  }

  splitOf(place: string, { type, after, upTo }: IdRange): Split {
    const detail = { type, after: this.#text(after), upTo: this.#text(upTo) };
    return { id: `${place}:${type}:${detail.after}..${detail.upTo}`, detail, bytes: null };
  }

  /** Throws `SOURCE_SPLIT_UNKNOWN` for a split that is not of this source. */
  rangeOf(split: Split): IdRange {
    const { type, after, upTo } = split.detail;
    if (typeof type === 'string' && typeof after === 'string' && typeof upTo === 'string') {
      return { type, after: this.#value(after), upTo: this.#value(upTo) };
    }
    throw new CqlformError('SOURCE_SPLIT_UNKNOWN', `${split.id} is no piece of this source`, {
      next: 'Plan and apply again.',
    });
  }

  #text(value: unknown): string {
    return value === null ? '' : this.#ejson.stringify({ v: value }, { relaxed: false });
  }
  #value(text: string): unknown {
    return text === '' ? null : this.#ejson.parse(text, { relaxed: false })['v'];
  }
}
