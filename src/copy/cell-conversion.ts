import { codecOf } from '../cql/codec/codec.ts';
import { isMultiCell } from '../cql/select.ts';
import { wholeValue } from '../cql/whole-value.ts';
import { own } from '../kernel/own.ts';
import { RowRejected } from '../model/data.ts';
import type { Bytes, Cell, CellElement, CellTime } from '../model/row.ts';
import { cellOfType } from './cell-of-type.ts';
import { timesOf } from './joined-row.ts';
import { fitsAsItIs, type TypeThere } from './same-type.ts';

/** How a column's cells become those of another type; null: of none. Throws `RowRejected` for a value that does not fit. */
export function cellConverter(
  from: TypeThere,
  into: TypeThere,
  encode: (value: unknown) => Bytes,
): (cell: Cell) => Cell | null {
  if (fitsAsItIs(from, into) && !isCounter(from)) return (cell) => cell;
  const byElement = elementConverter(from, into);
  const codec = codecOf(from.type, from.types);
  return (cell) => {
    if (cell.kind === 'elements' && byElement !== null) {
      return { kind: 'elements', elements: cell.elements.map(byElement) };
    }
    const value =
      cell.kind === 'counter'
        ? cell.value
        : codec.decode(cell.kind === 'value' ? cell.bytes : wholeValue(cell, from.type, from.types));
    // Empty bytes of a type that has no empty value.
    if (value === null) return null;
    return cellOfType(encode(value), into.type, { time: timeOfCell(cell), types: into.types });
  };
}

/** Where both sides have parts that are cells of their own, each keeps its time; null: they have not. */
function elementConverter(from: TypeThere, into: TypeThere): ((element: CellElement) => CellElement) | null {
  const [a, b] = [from.type, into.type];
  if (!isMultiCell(a) || !isMultiCell(b)) return null;
  if (a.kind === 'udt' && b.kind === 'udt') return fieldConverter(from, into);
  if (a.kind === 'map' && b.kind === 'map') {
    const key = bytesConverter({ ...from, type: a.key }, { ...into, type: b.key });
    const value = bytesConverter({ ...from, type: a.value }, { ...into, type: b.value });
    return (element) => ({ ...element, key: key(element.key), value: value(element.value) });
  }
  if (a.kind === 'set' && b.kind === 'set') {
    const key = bytesConverter({ ...from, type: a.element }, { ...into, type: b.element });
    return (element) => ({ ...element, key: key(element.key) });
  }
  if (a.kind !== 'list' || b.kind !== 'list') return null;
  const value = bytesConverter({ ...from, type: a.element }, { ...into, type: b.element });
  return (element) => ({ ...element, value: value(element.value) });
}

/** By the names of the fields, whatever their order. */
function fieldConverter(from: TypeThere, into: TypeThere): (element: CellElement) => CellElement {
  const [fields, others] = [fieldsOf(from), fieldsOf(into)];
  const converters = new Map(
    fields.map(({ name, type }) => {
      const target = others.find((other) => other.name === name);
      return [name, target === undefined ? null : bytesConverter({ ...from, type }, { ...into, type: target.type })];
    }),
  );
  return (element) => {
    const name = new TextDecoder().decode(element.key ?? new Uint8Array());
    const convert = converters.get(name);
    if (convert === undefined || convert === null) throw new RowRejected(`there is no field ${name} in its type`);
    return { ...element, value: convert(element.value) };
  };
}

function fieldsOf({ type, types }: TypeThere): readonly { readonly name: string; readonly type: TypeThere['type'] }[] {
  return type.kind === 'udt' ? (own(types, type.name)?.fields ?? []) : [];
}

function bytesConverter(from: TypeThere, into: TypeThere): (bytes: Bytes | null) => Bytes | null {
  if (fitsAsItIs(from, into)) return (bytes) => bytes;
  const [reader, writer] = [codecOf(from.type, from.types), codecOf(into.type, into.types)];
  return (bytes) => bytes && writer.encode(reader.decode(bytes));
}

function isCounter({ type }: TypeThere): boolean {
  return type.kind === 'scalar' && type.name === 'counter';
}

/** The newest time of a cell's parts; it ends when the longest-living part does. */
function timeOfCell(cell: Cell): CellTime {
  const row = { partitionKey: [], clusteringKey: [], statics: [], cells: [cell] };
  const { newest, expiresAt } = timesOf(row);
  return { writeTime: newest, expiresAt };
}
