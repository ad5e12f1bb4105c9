import { tokenOf } from '../cql/token.ts';
import type { Cell, StoredRow } from '../model/row.ts';
import type { Table } from '../model/schema.ts';
import { type PlacedRow, weightOf } from './cutter.ts';

/** Static and regular columns of a table, in the table's order. */
function dataColumns(table: Table): readonly { readonly name: string; readonly static: boolean }[] {
  const keys = new Set([...table.partitionKey, ...table.clusteringKey.map((part) => part.column)]);
  return table.columns.filter(({ name }) => !keys.has(name));
}

/**
 * What has to be read for a backup of these columns (null: the whole table). A backup of columns reads the others too:
 * only so can a restore tell a row that was deleted since from one that vanished because the columns were all it had.
 */
export function columnsToRead(table: Table): readonly string[] {
  return dataColumns(table).map(({ name }) => name);
}

/** The names of the columns in the order that cells of chunk rows follow: static ones, then regular ones. */
export function columnsOfScope(table: Table, columns: readonly string[] | null): readonly string[] {
  const wanted = dataColumns(table).filter(({ name }) => columns === null || columns.includes(name));
  return [...wanted.filter((each) => each.static), ...wanted.filter((each) => !each.static)].map(({ name }) => name);
}

/** True when nothing that ends by itself would have to be counted on for the cell to stay. */
function lasts(cell: Cell): boolean {
  if (cell.kind === 'value') return cell.expiresAt === null;
  if (cell.kind === 'counter') return true;
  return cell.elements.some((element) => element.expiresAt === null);
}

interface Placement {
  readonly row: StoredRow;
  readonly token: bigint;
  readonly size: number;
  anchored: boolean;
}

/**
 * Turns scanned rows (all columns of the table) into rows of the scope: with their token, without what is outside.
 * Rows of one token range, in order. A row without anything in the scope is left out of a backup of columns; a static
 * row without cells is always left out, because it says nothing.
 */
export class ScopeRows {
  readonly #whole: boolean;
  readonly #inScope: { readonly static: readonly boolean[]; readonly row: readonly boolean[] };
  #partition: StoredRow['partitionKey'] | null = null;
  #token = 0n;
  #static: Placement | null = null;

  constructor(table: Table, columns: readonly string[] | null) {
    const data = dataColumns(table);
    const marks = (isStatic: boolean): boolean[] =>
      data.filter((each) => each.static === isStatic).map(({ name }) => columns === null || columns.includes(name));
    this.#whole = columns === null;
    this.#inScope = { static: marks(true), row: marks(false) };
  }

  place(row: StoredRow): PlacedRow | null {
    this.#enter(row);
    // any row of a partition keeps its static row alive
    if (row.kind === 'row' && this.#static !== null) this.#static.anchored = true;
    if (this.#whole) {
      if (row.kind === 'static' && row.cells.every((cell) => cell === null)) return null;
      return { row, token: this.#token, size: weightOf(row), anchored: true };
    }
    const marks = this.#inScope[row.kind];
    const cells = row.cells.filter((_cell, index) => marks[index]);
    if (cells.every((cell) => cell === null)) return null;
    const anchored = row.cells.some((cell, index) => cell !== null && !marks[index] && lasts(cell));
    const scoped: StoredRow = { ...row, cells };
    const placed: Placement = { row: scoped, token: this.#token, size: weightOf(scoped), anchored };
    if (row.kind === 'static') this.#static = placed;
    return placed;
  }

  #enter(row: StoredRow): void {
    const last = this.#partition;
    if (last?.every((part, index) => Buffer.compare(part, row.partitionKey[index] ?? part) === 0) === true) return;
    this.#partition = row.partitionKey;
    this.#token = tokenOf(row.partitionKey);
    this.#static = null;
  }
}
