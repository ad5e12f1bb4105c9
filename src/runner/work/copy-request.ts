import { canonicalJson } from '../../kernel/hash.ts';
import type { DataSpec } from '../../model/data.ts';
import type { LiveKeyspace } from '../../model/live.ts';
import type { Column, Table } from '../../model/schema.ts';
import { newestDrop } from '../decide.ts';

/** Cells at or below it would be hidden: by what a rollback wrote, or by the drop of a column that is back now. */
export function floorOf(floors: ReadonlyMap<string, bigint>, live: LiveKeyspace, table: Table): bigint | null {
  const recorded = floors.get(table.name) ?? 0n;
  const columns = table.columns.map((column) => column.name);
  const dropped = newestDrop(columns, live, table.name);
  const floor = recorded > dropped ? recorded : dropped;
  return floor === 0n ? null : floor + 1n;
}

/** A table that is made anew by the user's `copy` keeps the columns that the migration does not name. */
export function carryingRest(spec: DataSpec, from: Table | null, into: Table): DataSpec {
  if (spec.kind !== 'copy' || spec.from.kind !== 'table' || spec.from.table.name !== spec.into.name) return spec;
  const named = new Set([...spec.into.columns, ...spec.from.table.columns].map((column) => column.name));
  const rest = into.columns.filter(
    (column) => !named.has(column.name) && from?.columns.some((old) => isSameColumn(old, column)),
  );
  const source = { ...spec.from.table, columns: [...spec.from.table.columns, ...rest] };
  const carried = rest.map(({ name }) => [name, { kind: 'column', from: name }] as const);
  return {
    ...spec,
    from: { kind: 'table', table: source },
    into: { ...spec.into, columns: [...spec.into.columns, ...rest] },
    columns: { ...spec.columns, ...Object.fromEntries(carried) },
  };
}

function isSameColumn(a: Column, b: Column): boolean {
  return a.name === b.name && a.static === b.static && canonicalJson(a.type) === canonicalJson(b.type);
}
