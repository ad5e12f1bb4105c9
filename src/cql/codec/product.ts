import { setOwn } from '../../kernel/own.ts';
import { isPlainObject } from './collection.ts';
import type { Span, ValuePlan } from './plan.ts';
import { notA, unreadable } from './reject.ts';
import type { Sink } from './sink.ts';

/** An array with a value or null for each element. */
export function tuplePlan(elements: readonly ValuePlan[]): ValuePlan {
  const name = `tuple<${elements.map((element) => element.name).join(', ')}>`;
  return {
    name,
    vectorSize: null,
    textual: false,
    read: (bytes, start, end) => {
      const spans = componentsOf({ name, count: elements.length }, bytes, { start, end });
      return elements.map((element, index) => readComponent(element, bytes, spans[index]));
    },
    write: (value, sink) => {
      if (!Array.isArray(value) || value.length !== elements.length) {
        throw notA(name, value, `an array of ${elements.length} is needed`);
      }
      elements.forEach((element, index) => void writeComponent(element, value[index], sink));
    },
    compare: (bytes, one, other) => compareComponents({ name, elements }, bytes, [one, other]),
  };
}

/** An object with a value or null for each field; left out is null. */
export function udtPlan(name: string, fields: readonly (readonly [name: string, plan: ValuePlan])[]): ValuePlan {
  const elements = fields.map(([, plan]) => plan);
  const known = new Set(fields.map(([field]) => field));
  return {
    name,
    vectorSize: null,
    textual: false,
    read: (bytes, start, end) => {
      const spans = componentsOf({ name, count: elements.length }, bytes, { start, end });
      const value: Record<string, unknown> = {};
      fields.forEach(([field, plan], index) => {
        setOwn(value, field, readComponent(plan, bytes, spans[index]));
      });
      return value;
    },
    write: (value, sink) => {
      if (!isPlainObject(value)) throw notA(name, value, 'an object with its fields is needed');
      for (const field of Object.keys(value)) {
        if (!known.has(field)) throw notA(name, value, `it has no field ${field}`);
      }
      for (const [field, plan] of fields) writeComponent(plan, Object.hasOwn(value, field) ? value[field] : null, sink);
    },
    compare: (bytes, one, other) => compareComponents({ name, elements }, bytes, [one, other]),
  };
}

function readComponent(plan: ValuePlan, bytes: Buffer, span: Span | null | undefined): unknown {
  return span === null || span === undefined ? null : plan.read(bytes, span.start, span.end);
}

function writeComponent(plan: ValuePlan, value: unknown, sink: Sink): void {
  const at = sink.reserve(4);
  if (value === null || value === undefined) {
    sink.bytes.writeInt32BE(-1, at);
    return;
  }
  plan.write(value, sink);
  sink.close(at);
}

/** Null for a component without a value. Values written before a field was added end early: what is missing is left out. */
function componentsOf(of: { name: string; count: number }, bytes: Buffer, span: Span): readonly (Span | null)[] {
  const components: (Span | null)[] = [];
  let at = span.start;
  while (at < span.end) {
    if (components.length === of.count) throw unreadable(of.name, `they hold more than ${of.count} values`);
    const start = at + 4;
    const length = start > span.end ? Number.NaN : bytes.readInt32BE(at);
    const end = start + Math.max(length, 0);
    if (!(end <= span.end)) throw unreadable(of.name, `value ${components.length} is cut short`);
    components.push(length < 0 ? null : { start, end });
    at = end;
  }
  return components;
}

function compareComponents(
  of: { name: string; elements: readonly ValuePlan[] },
  bytes: Buffer,
  [one, other]: readonly [Span, Span],
): number {
  const count = of.elements.length;
  const ones = componentsOf({ name: of.name, count }, bytes, one);
  const others = componentsOf({ name: of.name, count }, bytes, other);
  for (const [index, element] of of.elements.entries()) {
    const left = ones[index] ?? null;
    const right = others[index] ?? null;
    if (left === null && right === null) continue;
    if (left === null || right === null) return left === null ? -1 : 1;
    const order = element.compare(bytes, left, right);
    if (order !== 0) return order;
  }
  return 0;
}
