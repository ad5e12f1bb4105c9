import { own } from '../kernel/own.ts';
import type { Cell, CellElement, StoredRow } from '../model/row.ts';
import type { Column } from '../model/schema.ts';

/** A row of the backup beside the live one of its key, cell by cell in the order of `columns`. */
export interface Filled {
  /** What the live row lacks; null: nothing. */
  readonly missing: StoredRow | null;
  /** The live row with it. */
  readonly after: StoredRow;
}

/**
 * What of a row is not there: cells of columns without one, and elements of sets and maps and fields of user types that
 * the live cell does not have. A list that is there is left as it is.
 */
export function onlyMissing(row: StoredRow, live: StoredRow, columns: readonly Column[]): Filled {
  const missing: (Cell | null)[] = [];
  const after: (Cell | null)[] = [];
  columns.forEach(({ type }, index) => {
    const [wanted, there] = [row.cells[index] ?? null, live.cells[index] ?? null];
    const lacking = there === null ? wanted : type.kind === 'list' ? null : elementsLacking(wanted, there);
    missing.push(lacking);
    after.push(there === null ? wanted : withElements(there, lacking));
  });
  const nothing = missing.every((cell) => cell === null);
  return { missing: nothing ? null : { ...row, cells: missing }, after: { ...live, cells: after } };
}

function elementsLacking(wanted: Cell | null, there: Cell): Cell | null {
  if (wanted?.kind !== 'elements' || there.kind !== 'elements') return null;
  const keys = new Set(there.elements.map(keyText));
  const elements = wanted.elements.filter((element) => !keys.has(keyText(element)));
  return elements.length === 0 ? null : { kind: 'elements', elements };
}

function withElements(there: Cell, more: Cell | null): Cell {
  if (there.kind !== 'elements' || more?.kind !== 'elements') return there;
  return { kind: 'elements', elements: [...there.elements, ...more.elements] };
}

function keyText({ key }: CellElement): string {
  return Buffer.from(key ?? []).toString('latin1');
}

/** The row with write times of at least its columns' floors. */
export function raised(
  row: StoredRow,
  columns: readonly Column[],
  floors: Readonly<Record<string, bigint>>,
): StoredRow {
  if (columns.every(({ name }) => own(floors, name) === undefined)) return row;
  const cells = row.cells.map((cell, index): Cell | null => {
    const floor = own(floors, columns[index]?.name ?? '');
    if (cell === null || floor === undefined || cell.kind === 'counter') return cell;
    const lift = <T extends { readonly writeTime: bigint | null }>(one: T): T =>
      one.writeTime !== null && one.writeTime >= floor ? one : { ...one, writeTime: floor };
    return cell.kind === 'value' ? lift(cell) : { ...cell, elements: cell.elements.map(lift) };
  });
  return { ...row, cells };
}
