import type { Bytes, Cell, StoredRow } from '../model/row.ts';
import type { Table } from '../model/schema.ts';

/** A row with its partition's static cells; `clusteringKey` null: the partition has static cells only. */
export interface JoinedRow {
  readonly partitionKey: readonly Bytes[];
  readonly clusteringKey: readonly Bytes[] | null;
  /** The same array for all rows of a partition. */
  readonly statics: readonly (Cell | null)[];
  readonly cells: readonly (Cell | null)[];
}

/** Where a column stands in a joined row. */
export type Access =
  | { readonly kind: 'partition'; readonly index: number }
  | { readonly kind: 'clustering'; readonly index: number }
  | { readonly kind: 'static'; readonly index: number }
  | { readonly kind: 'regular'; readonly index: number };

/** Where the key columns and the columns asked for of a scan stand in its rows. */
export function accessOf(table: Table, columns: readonly string[]): ReadonlyMap<string, Access> {
  const access = new Map<string, Access>();
  table.partitionKey.forEach((name, index) => {
    access.set(name, { kind: 'partition', index });
  });
  table.clusteringKey.forEach(({ column }, index) => {
    access.set(column, { kind: 'clustering', index });
  });
  const isStatic = (name: string): boolean => table.columns.some((column) => column.name === name && column.static);
  columns.filter(isStatic).forEach((name, index) => {
    access.set(name, { kind: 'static', index });
  });
  columns
    .filter((name) => !isStatic(name))
    .forEach((name, index) => {
      access.set(name, { kind: 'regular', index });
    });
  return access;
}

/** Joins static cells into the rows of their partition; a partition with only static cells gives one row without clustering key. */
export async function* joinRows(
  pages: AsyncIterable<readonly StoredRow[]>,
): AsyncGenerator<readonly JoinedRow[], void, undefined> {
  let partition: Extract<StoredRow, { kind: 'static' }> | null = null;
  let alone = false;
  const staticOnly = (row: Extract<StoredRow, { kind: 'static' }>): JoinedRow => ({
    partitionKey: row.partitionKey,
    clusteringKey: null,
    statics: row.cells,
    cells: [],
  });
  for await (const page of pages) {
    const rows: JoinedRow[] = [];
    for (const row of page) {
      if (row.kind === 'static') {
        if (partition !== null && alone) rows.push(staticOnly(partition));
        partition = row;
        alone = true;
        continue;
      }
      const belongs: boolean = partition !== null && sameKey(partition.partitionKey, row.partitionKey);
      if (partition !== null && !belongs) {
        if (alone) rows.push(staticOnly(partition));
        partition = null;
      }
      alone = false;
      rows.push({ ...row, statics: partition?.cells ?? [] });
    }
    if (rows.length > 0) yield rows;
  }
  if (partition !== null && alone) yield [staticOnly(partition)];
}

export function sameKey(a: readonly Bytes[], b: readonly Bytes[]): boolean {
  return a.length === b.length && a.every((part, index) => Buffer.compare(part, b[index] ?? new Uint8Array()) === 0);
}

/** The cell of a column that is not part of the key. */
export function cellAt(row: JoinedRow, access: Access): Cell | null {
  if (access.kind === 'static') return row.statics[access.index] ?? null;
  return access.kind === 'regular' ? (row.cells[access.index] ?? null) : null;
}

/** The bytes of a key column; null in static-only rows. */
export function keyAt(row: JoinedRow, access: Access): Bytes | null {
  if (access.kind === 'partition') return row.partitionKey[access.index] ?? null;
  return access.kind === 'clustering' ? (row.clusteringKey?.[access.index] ?? null) : null;
}

/** The write times and expiry of a row as a whole. */
export interface RowTimes {
  readonly newest: bigint | null;
  /** When the longest-living cell ends; null when there is no cell or one that never ends. */
  readonly expiresAt: number | null;
}

export function timesOf(row: JoinedRow): RowTimes {
  let newest: bigint | null = null;
  let expiresAt: number | null = null;
  let lasting = false;
  let seen = false;
  const take = (writeTime: bigint | null, end: number | null): void => {
    seen = true;
    if (writeTime !== null && (newest === null || writeTime > newest)) newest = writeTime;
    if (end === null) lasting = true;
    else if (expiresAt === null || end > expiresAt) expiresAt = end;
  };
  for (const cells of [row.statics, row.cells]) {
    for (const cell of cells) {
      if (cell === null) continue;
      if (cell.kind === 'counter') take(null, null);
      else if (cell.kind === 'value') take(cell.writeTime, cell.expiresAt);
      else for (const element of cell.elements) take(element.writeTime, element.expiresAt);
    }
  }
  return { newest, expiresAt: seen && !lasting ? expiresAt : null };
}
