import { splitElements, splitEntries, splitFields } from '../cql/elements.ts';
import { isMultiCell } from '../cql/select.ts';
import { own } from '../kernel/own.ts';
import type { Bytes, Cell, CellElement, CellTime } from '../model/row.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';

/** A whole value as the cell, or the cells, of a column of that type. */
export function cellOfType(
  bytes: Bytes,
  type: CqlType,
  { time, types }: { readonly time: CellTime; readonly types: ByName<UserType> },
): Cell {
  if (!isMultiCell(type)) return { kind: 'value', bytes, ...time };
  const none = new Uint8Array();
  const elements = (): readonly Omit<CellElement, keyof CellTime>[] => {
    if (type.kind === 'set') return splitElements(bytes).map((key) => ({ key: key ?? none, value: null }));
    if (type.kind === 'map') {
      const parts = splitEntries(bytes);
      return parts.flatMap((key, at) => (at % 2 === 0 ? [{ key: key ?? none, value: parts[at + 1] ?? none }] : []));
    }
    if (type.kind !== 'udt') return splitElements(bytes).map((value) => ({ key: null, value: value ?? none }));
    const fields = splitFields(bytes);
    return (own(types, type.name)?.fields ?? []).flatMap(({ name }, at) => {
      const value = fields[at] ?? null;
      return value === null ? [] : [{ key: new TextEncoder().encode(name), value }];
    });
  };
  return { kind: 'elements', elements: elements().map((element) => ({ ...element, ...time })) };
}
