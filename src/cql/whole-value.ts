import { own } from '../kernel/own.ts';
import type { Bytes, Cell } from '../model/row.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';
import { joinElements, splitElements, splitEntries, splitFields } from './elements.ts';

const none = new Uint8Array();

type ElementsCell = Extract<Cell, { kind: 'elements' }>;

/** An unfrozen collection or UDT as the one value that a frozen one is. */
export function wholeValue(cell: ElementsCell, type: CqlType, types: ByName<UserType>): Bytes {
  switch (type.kind) {
    case 'set':
      return joinElements(cell.elements.map(({ key }) => key ?? none));
    case 'map':
      return joinElements(
        cell.elements.flatMap(({ key, value }) => [key ?? none, value ?? none]),
        2,
      );
    case 'udt': {
      const byName = new Map(cell.elements.map(({ key, value }) => [new TextDecoder().decode(key ?? none), value]));
      return joinFields((own(types, type.name)?.fields ?? []).map(({ name }) => byName.get(name) ?? null));
    }
    default:
      return joinElements(cell.elements.map(({ value }) => value ?? none));
  }
}

/** Fields in wire form: each an int32 length (-1: null) and its bytes. */
function joinFields(fields: readonly (Bytes | null)[]): Bytes {
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(field?.length ?? -1);
      return field === null ? [length] : [length, field];
    }),
  );
}

/** A key (`CellElement.key`) and a value, as `wholeValue` takes them. */
export interface Part {
  readonly key: Bytes | null;
  readonly value: Bytes | null;
}

/** The elements that `wholeValue` has joined; null: it would join none so. */
export function partsOf(bytes: Bytes, type: CqlType, types: ByName<UserType>): readonly Part[] | null {
  switch (type.kind) {
    case 'set':
      return splitElements(bytes).map((key) => ({ key: key ?? none, value: null }));
    case 'list':
      return splitElements(bytes).map((value) => ({ key: null, value: value ?? none }));
    case 'map': {
      const parts = splitEntries(bytes);
      return Array.from({ length: parts.length / 2 }, (_none, at) => ({
        key: parts[2 * at] ?? none,
        value: parts[2 * at + 1] ?? none,
      }));
    }
    case 'udt': {
      const fields = own(types, type.name)?.fields ?? [];
      return splitFields(bytes).flatMap((value, at) => {
        const name = fields[at]?.name;
        return value === null || name === undefined ? [] : [{ key: Buffer.from(name), value }];
      });
    }
    default:
      return null;
  }
}
