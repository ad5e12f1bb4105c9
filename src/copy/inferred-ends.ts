import type { Cell, StoredRow } from '../model/row.ts';
import type { Table } from '../model/schema.ts';
import type { Rows } from '../ports/cluster.ts';

/**
 * Rows of a server that does not tell the TTLs of what collections and types hold: where every cell of a row that it
 * does tell of ends, these end with the last of them, because most such rows were written by one statement.
 */
export async function* withInferredEnds(
  pages: AsyncIterable<readonly StoredRow[]>,
): AsyncGenerator<readonly StoredRow[]> {
  for await (const page of pages) yield page.map(inferred);
}

/** True where the server leaves out the times of some of these columns. */
export function leavesOutTimes(rows: Rows, table: Table, columns: readonly string[]): boolean {
  return rows.untimedColumns(table).some((name) => columns.includes(name));
}

function inferred(row: StoredRow): StoredRow {
  const end = endOf(row.cells);
  if (end === null || !row.cells.some(isUntold)) return row;
  return { ...row, cells: row.cells.map((cell) => (isUntold(cell) ? endingAt(cell, end) : cell)) };
}

type Elements = Extract<Cell, { kind: 'elements' }>;

function isUntold(cell: Cell | null): cell is Elements {
  return cell?.kind === 'elements' && cell.elements.some(({ writeTime }) => writeTime === null);
}

/** When the last of the cells ends whose times are told; null: there is none, or one that never ends. */
function endOf(cells: readonly (Cell | null)[]): number | null {
  let end: number | null = null;
  for (const cell of cells) {
    if (cell?.kind !== 'value') continue;
    if (cell.expiresAt === null) return null;
    if (end === null || cell.expiresAt > end) end = cell.expiresAt;
  }
  return end;
}

function endingAt({ elements }: Elements, expiresAt: number): Elements {
  return { kind: 'elements', elements: elements.map((element) => ({ ...element, expiresAt })) };
}
