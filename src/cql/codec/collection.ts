import { RowRejected } from '../../model/data.ts';
import type { Span, ValuePlan } from './plan.ts';
import { notA, shown, unreadable } from './reject.ts';
import type { Sink } from './sink.ts';
import { arrange, type Piece } from './sorted.ts';

export function listPlan(element: ValuePlan): ValuePlan {
  const name = `list<${element.name}>`;
  return {
    name,
    vectorSize: null,
    textual: false,
    read: (bytes, start, end) => {
      const values: unknown[] = [];
      eachItem(name, bytes, { start, end }, ({ start: from, end: to }) => values.push(element.read(bytes, from, to)));
      return values;
    },
    write: (value, sink) => {
      if (!Array.isArray(value)) throw notA(name, value, 'an array is needed');
      const countAt = sink.reserve(4);
      for (const item of value) writeItem(element, item, { name, sink });
      sink.bytes.writeInt32BE(value.length, countAt);
    },
    compare: (bytes, one, other) =>
      compareItems([element], bytes, [itemsOf(name, bytes, one), itemsOf(name, bytes, other)]),
  };
}

/** Elements are sent in Cassandra's order, so that equal sets are equal bytes at any depth. `asArray`: read as one. */
export function setPlan(element: ValuePlan, asArray: boolean): ValuePlan {
  const name = `set<${element.name}>`;
  return {
    name,
    vectorSize: null,
    textual: false,
    read: (bytes, start, end) => {
      const values: unknown[] = [];
      eachItem(name, bytes, { start, end }, ({ start: from, end: to }) => values.push(element.read(bytes, from, to)));
      return asArray ? values : new Set(values);
    },
    write: (value, sink) => {
      if (!(value instanceof Set) && !Array.isArray(value)) throw notA(name, value, 'a Set or an array is needed');
      const countAt = sink.reserve(4);
      const pieces: Piece[] = [];
      for (const item of value as Iterable<unknown>) {
        const from = writeItem(element, item, { name, sink });
        pieces.push({ start: from + 4, end: sink.length, from, to: sink.length });
      }
      const count = arrange(pieces, (one, other) => element.compare(sink.bytes, one, other), sink);
      sink.bytes.writeInt32BE(count, countAt);
    },
    compare: (bytes, one, other) =>
      compareItems([element], bytes, [itemsOf(name, bytes, one), itemsOf(name, bytes, other)]),
  };
}

/** Entries are sent in Cassandra's order of their keys. `asPairs`: read as an array of them. */
export function mapPlan(key: ValuePlan, value: ValuePlan, asPairs: boolean): ValuePlan {
  const name = `map<${key.name}, ${value.name}>`;
  return {
    name,
    vectorSize: null,
    textual: false,
    read: (bytes, start, end) => {
      const items = itemsOf(name, bytes, { start, end, per: 2 });
      const pairs: (readonly [unknown, unknown])[] = [];
      for (let index = 0; index + 1 < items.length; index += 2) {
        const [at, of] = [items[index], items[index + 1]] as [Span, Span];
        pairs.push([key.read(bytes, at.start, at.end), value.read(bytes, of.start, of.end)]);
      }
      return asPairs ? pairs : new Map(pairs);
    },
    write: (given, sink) => {
      const countAt = sink.reserve(4);
      const pieces: Piece[] = [];
      for (const [one, other] of entriesOf(name, key, given)) {
        const from = writeItem(key, one, { name, sink });
        const end = sink.length;
        writeItem(value, other, { name, sink });
        pieces.push({ start: from + 4, end, from, to: sink.length });
      }
      const count = arrange(pieces, (one, other) => key.compare(sink.bytes, one, other), sink);
      if (count < pieces.length) throw notA(name, given, 'two of its keys are the same');
      sink.bytes.writeInt32BE(count, countAt);
    },
    compare: (bytes, one, other) =>
      compareItems([key, value], bytes, [
        itemsOf(name, bytes, { ...one, per: 2 }),
        itemsOf(name, bytes, { ...other, per: 2 }),
      ]),
  };
}

function entriesOf(name: string, key: ValuePlan, given: unknown): Iterable<readonly [unknown, unknown]> {
  if (given instanceof Map) return given as Map<unknown, unknown>;
  if (!key.textual && isPairs(given)) return given;
  if (key.textual && isPlainObject(given)) return Object.entries(given).filter(([, value]) => value !== undefined);
  throw notA(name, given, key.textual ? 'a Map or a plain object is needed' : 'a Map is needed');
}

function isPairs(value: unknown): value is readonly (readonly [unknown, unknown])[] {
  return Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2);
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Length and value; gives where they begin. */
function writeItem(plan: ValuePlan, item: unknown, into: { name: string; sink: Sink }): number {
  if (item === null || item === undefined) {
    throw new RowRejected(`${shown(item)} cannot stand in a ${into.name}: Cassandra keeps no null there`);
  }
  const at = into.sink.reserve(4);
  plan.write(item, into.sink);
  into.sink.close(at);
  return at;
}

function itemsOf(name: string, bytes: Buffer, span: Span & { per?: number }): readonly Span[] {
  const items: Span[] = [];
  eachItem(name, bytes, span, (item) => items.push(item));
  return items;
}

function eachItem(name: string, bytes: Buffer, span: Span & { per?: number }, take: (item: Span) => void): void {
  if (span.end - span.start < 4) throw unreadable(name, 'their count is missing');
  const count = bytes.readInt32BE(span.start) * (span.per ?? 1);
  let at = span.start + 4;
  for (let index = 0; index < count; index += 1) {
    const start = at + 4;
    const length = start > span.end ? -1 : bytes.readInt32BE(at);
    if (length < 0 || start + length > span.end) throw unreadable(name, `element ${index} is cut short`);
    take({ start, end: start + length });
    at = start + length;
  }
  if (at !== span.end) throw unreadable(name, 'they go on after the last element');
}

function compareItems(
  plans: readonly ValuePlan[],
  bytes: Buffer,
  [one, other]: readonly [readonly Span[], readonly Span[]],
): number {
  const shorter = Math.min(one.length, other.length);
  for (let index = 0; index < shorter; index += 1) {
    const order = plans[index % plans.length]?.compare(bytes, one[index] as Span, other[index] as Span) ?? 0;
    if (order !== 0) return order;
  }
  return one.length - other.length;
}
