import { Sink } from '../../cql/codec/sink.ts';
import { int64Bytes } from '../../cql/int64.ts';
import { putValue } from '../../cql/row-sink.ts';
import { wholeValue } from '../../cql/whole-value.ts';
import type { Bytes, Cell, StoredRow } from '../../model/row.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../../model/schema.ts';
import type { RawRows } from '../../ports/cluster.ts';
import { type Access, accessOf, cellAt, type JoinedRow, joinRows, keyAt } from '../joined-row.ts';

interface PlacedColumn extends Column {
  readonly access: Access;
}

export interface StoredTable {
  readonly table: Table;
  readonly types: ByName<UserType>;
  /** Of the cells in the rows, besides the key, in the order of the table. */
  readonly stored: readonly string[];
}

/** Stored rows as a server would send them, without their times: a row has its partition's static cells. */
export async function* storedPages(
  pages: AsyncIterable<readonly StoredRow[]>,
  { table, types, stored }: StoredTable,
  columns: readonly string[],
): AsyncGenerator<RawRows> {
  const access = accessOf(table, stored);
  const placed = (names: readonly string[], isStatic: boolean | null): readonly PlacedColumn[] =>
    names.flatMap((name) => {
      const column = table.columns.find((one) => one.name === name);
      const place = access.get(name);
      if (column === undefined || place === undefined) return [];
      return isStatic === null || column.static === isStatic ? [{ ...column, access: place }] : [];
    });
  const order = [...placed(keyColumns(table), null), ...placed(columns, true), ...placed(columns, false)];
  const sink = new Sink(1024 * 1024);
  for await (const rows of joinRows(pages)) {
    sink.length = 0;
    for (const row of rows) for (const column of order) putValue(sink, bytesOf(row, column, types));
    yield { count: rows.length, bytes: Buffer.from(sink.bytes.subarray(0, sink.length)) };
  }
}

function bytesOf(row: JoinedRow, { access, type }: PlacedColumn, types: ByName<UserType>): Bytes | null {
  const key = keyAt(row, access);
  if (key !== null) return key;
  const cell = cellAt(row, access);
  return cell === null ? null : cellBytes(cell, type, types);
}

function cellBytes(cell: Cell, type: Column['type'], types: ByName<UserType>): Bytes {
  if (cell.kind === 'value') return cell.bytes;
  if (cell.kind === 'elements') return wholeValue(cell, type, types);
  return int64Bytes(cell.value);
}
