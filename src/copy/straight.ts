import { isMultiCell } from '../cql/select.ts';
import type { ColumnMapping } from '../model/data.ts';
import { type Column, keyColumns, type Table } from '../model/schema.ts';
import type { PassThrough } from '../ports/cluster.ts';
import { fitsAsItIs, type TypedTable } from './same-type.ts';

/** A copy whose rows can go from one table to the other without being decoded. */
export interface StraightCopy {
  /** Columns that are written, the key first. */
  readonly columns: readonly string[];
  readonly values: PassThrough['values'];
  readonly floor: bigint | null;
}

/**
 * Null where rows need more than to be carried over: functions, other types, collections and types with parts of their
 * own, static columns, counters, or a key that is not made of the source's key.
 */
export function straightCopy({
  from,
  into,
  columns,
  mappings,
  floor,
}: {
  readonly from: TypedTable;
  readonly into: TypedTable;
  /** Those that are read, besides the key. */
  readonly columns: readonly string[];
  readonly mappings: Readonly<Record<string, ColumnMapping>>;
  readonly floor: bigint | null;
}): StraightCopy | null {
  const columnOf = (table: Table, name: string): Column | undefined =>
    table.columns.find((column) => column.name === name);
  if (!columns.every((name) => isPlain(columnOf(from.table, name)))) return null;
  const keys = keyColumns(from.table);
  const targetKeys = keyColumns(into.table);
  const others = into.table.columns
    .map(({ name }) => name)
    .filter((name) => !targetKeys.includes(name) && name in mappings);
  const written: string[] = [];
  const values: PassThrough['values'][number][] = [];
  for (const name of [...targetKeys, ...others]) {
    const mapping = mappings[name];
    if (mapping?.kind === 'unset' && !targetKeys.includes(name)) continue;
    if (mapping?.kind !== 'column') return null;
    const [source, target] = [columnOf(from.table, mapping.from), columnOf(into.table, name)];
    if (source === undefined || target === undefined || target.static) return null;
    const [read, wanted] = [
      { ...from, type: source.type },
      { ...into, type: target.type },
    ];
    if (!fitsAsItIs(read, wanted)) return null;
    const [key, regular] = [keys.indexOf(mapping.from), columns.indexOf(mapping.from)];
    // a key has no write time of its own, so it is not carried into a cell here
    if (targetKeys.includes(name) !== key >= 0) return null;
    written.push(name);
    values.push(key >= 0 ? { kind: 'key', index: key } : { kind: 'regular', index: regular });
  }
  return values.some(({ kind }) => kind === 'regular') ? { columns: written, values, floor } : null;
}

function isPlain(column: Column | undefined): boolean {
  if (column === undefined || column.static || isMultiCell(column.type)) return false;
  return !(column.type.kind === 'scalar' && column.type.name === 'counter');
}
