import { inOrder } from '../dsl/column.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { own } from '../kernel/own.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { keyColumns, type Table, type View } from '../model/schema.ts';
import { columnDifference, columnText, keyText, sameKey } from '../planner/matches.ts';

/** The table or view that a declaration means, as a table, and what tells it from another of its name. */
export function readableTable(
  { connection, table: { name } }: { readonly connection: string; readonly table: Pick<Table, 'name'> },
  live: LiveKeyspace,
): { readonly table: Table; readonly identity: string } {
  const { tables, views } = live.schema;
  const table = own(tables, name);
  if (table !== undefined) return { table, identity: `${live.name}.${name} ${own(live.facts, name)?.id ?? ''}` };
  const view = own(views, name);
  const base = view === undefined ? undefined : own(tables, view.table);
  if (view !== undefined && base !== undefined) {
    return {
      table: viewAsTable(view, base),
      identity: `${live.name}.${name} on ${own(live.facts, base.name)?.id ?? ''}`,
    };
  }
  const near = nearNames(name, [...Object.keys(tables), ...Object.keys(views)]);
  const what = live.exists ? `table ${live.name}.${name}` : `keyspace ${live.name}`;
  throw new CqlformError('SOURCE_TABLE_MISSING', `source ${connection} has no ${what}`, {
    next:
      near.length === 0
        ? 'Correct the name, or the keyspace that the configuration or the declaration names.'
        : `Did you mean ${near.join(' or ')}?`,
    fields: { connection, keyspace: live.name, table: name },
    exitCode: exitCodes.usage,
  });
}

function viewAsTable(view: View, base: Table): Table {
  const keys = keyColumns(view);
  const { partitionKey, clusteringKey, options, name } = view;
  const columns = base.columns.filter(
    (column) =>
      !column.static && (view.columns === '*' || view.columns.includes(column.name) || keys.includes(column.name)),
  );
  return {
    kind: 'table',
    name,
    columns: inOrder([...columns], { partitionKey, clusteringKey }),
    partitionKey,
    clusteringKey,
    options,
  };
}

/** Why the declared columns and key are not those of the table; null: they are. */
export function declaredDifference(declared: Table, there: Table): string | null {
  for (const column of declared.columns) {
    const found = there.columns.find(({ name }) => name === column.name);
    if (found === undefined) return `it has no column ${column.name} ${columnText(column)}`;
    const { mask: _, ...shape } = column;
    const difference = columnDifference(shape, found);
    if (difference !== null) return difference;
  }
  if (sameKey(declared, there)) return null;
  return `its key is ${keyText(there)}, declared ${keyText(declared)}`;
}
