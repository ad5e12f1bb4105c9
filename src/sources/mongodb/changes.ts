import type { Document } from 'mongodb';
import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { SourceLag, SourceMark } from '../../model/since.ts';
import type { SourceChanges } from '../../ports/source.ts';
import { loadDriver } from '../sql/driver.ts';
import type { MongoConnection } from './connection.ts';

/** The field by which changes of a collection are told. */
interface ChangeField {
  readonly path: string;
  /** Else its values are numbers. */
  readonly isTime: boolean;
}

export function changeField(declared: ForeignSource, name: string): ChangeField {
  const column = own(declared.columns, name);
  if (column === undefined) throw new TypeError(`${declared.place} declares no column ${name}`);
  return { path: column.field, isTime: column.type === 'mongo.date' };
}

/** Documents whose field is not less; values of other types are never among them. */
export async function changedFilter({ path, isTime }: ChangeField, from: bigint): Promise<Document> {
  return { [path]: { $gte: await boundOf(from, isTime) } };
}

/** A date has milliseconds: the rest of a bound is taken away, so that it lies rather before than behind. */
async function boundOf(value: bigint, isTime: boolean): Promise<unknown> {
  if (isTime) return new Date(Number(value / 1000n));
  const { Long } = await loadDriver('mongodb', () => import('mongodb'));
  return Long.fromBigInt(value);
}

export class DocumentChanges implements SourceChanges {
  readonly #connection: MongoConnection;
  readonly #collection: string;
  readonly #field: ChangeField;
  /** Whether it has indexes that can be asked for, which views have not. */
  readonly #listed: boolean;

  constructor(
    connection: MongoConnection,
    {
      collection,
      field,
      listed,
    }: { readonly collection: string; readonly field: ChangeField; readonly listed: boolean },
  ) {
    this.#listed = listed;
    this.#connection = connection;
    this.#collection = collection;
    this.#field = field;
  }

  async isIndexed(): Promise<boolean | null> {
    if (!this.#listed) return null;
    const { cursor } = await this.#connection.command({ listIndexes: this.#collection });
    const indexes = (cursor as { readonly firstBatch: readonly Document[] }).firstBatch;
    return indexes.some(
      (one) =>
        one['partialFilterExpression'] === undefined && Object.keys(one['key'] as Document)[0] === this.#field.path,
    );
  }

  async mark(): Promise<SourceMark> {
    const { path, isTime } = this.#field;
    const { localTime } = await this.#connection.command({ hello: 1 });
    const clock = localTime instanceof Date ? localTime.getTime() : Date.now();
    const now = BigInt(clock) * 1000n;
    const type = isTime ? { $type: 'date' } : { $type: 'number' };
    const conditions = [{ [path]: type }, ...(isTime ? [{ [path]: { $lte: await boundOf(now, true) } }] : [])];
    const find = { collection: this.#collection, filter: { $and: conditions }, projection: { [path]: 1 }, at: null };
    // Read as its documents are, because commands round numbers of 64 bits.
    for await (const [found] of this.#connection.pages({ ...find, sorted: false, greatest: path, limit: 1 }, 1)) {
      return { now, newest: found === undefined ? null : watermarkIn(valueAt(found, path)) };
    }
    return { now, newest: null };
  }

  async lag(after: bigint): Promise<SourceLag> {
    const { path, isTime } = this.#field;
    const mark = await this.mark();
    const above = { $gt: await boundOf(after, isTime) };
    const now = await boundOf(mark.now, true);
    const count = async (query: Document): Promise<number> => {
      const { n } = await this.#connection.command({ count: this.#collection, query });
      return Number(n);
    };
    const without = await count({ [path]: { $not: { $type: isTime ? 'date' : 'number' } } });
    if (!isTime) return { ...mark, pending: await count({ [path]: above }), without, ahead: 0 };
    return {
      ...mark,
      pending: await count({ $and: [{ [path]: above }, { [path]: { $lte: now } }] }),
      without,
      ahead: await count({ [path]: { $gt: now } }),
    };
  }
}

function valueAt(document: Document, path: string): unknown {
  return path.split('.').reduce<unknown>((value, part) => {
    return typeof value === 'object' && value !== null
      ? own(value as Readonly<Record<string, unknown>>, part)
      : undefined;
  }, document);
}

/** Microseconds of a date, else a whole number. */
function watermarkIn(value: unknown): bigint | null {
  if (value instanceof Date) return BigInt(value.getTime()) * 1000n;
  if (value === undefined || value === null) return null;
  const text = String(value);
  return /^-?\d+$/.test(text) ? BigInt(text) : BigInt(Math.trunc(Number(text)));
}
