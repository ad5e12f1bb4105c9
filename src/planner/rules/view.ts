import { own } from '../../kernel/own.ts';
import { keyColumns, type Schema, type Table, type View } from '../../model/schema.ts';
import { columnOf, isCounterTable } from '../schema-objects.ts';
import { nameProblem, type Problem, problem } from './problem.ts';
import { unfitForKey } from './table.ts';

/** Null when Cassandra would build the view as it is written. */
export function viewProblem(view: View, schema: Schema): Problem | null {
  const named = nameProblem('materialized view', view.name);
  if (named !== null) return named;
  const name = `materialized view ${view.name}`;
  const table = own(schema.tables, view.table);
  if (table === undefined)
    return problem('OBJECT_MISSING', `${name} is on ${view.table}, which is no table`, 'Drop the view too.');
  if (own(schema.tables, view.name) !== undefined)
    return problem('OBJECT_EXISTS', `${name} has the name of a table`, 'Choose another name.');
  const why = missingColumn(view, table) ?? unfit(view, table);
  return why === null ? null : problem(why.code, `${name}: ${why.message}`, why.next);
}

function missingColumn(view: View, table: Table): Problem | null {
  const stated = [...keyColumns(view), ...(view.columns === '*' ? [] : view.columns)];
  const missing = stated.find((column) => columnOf(table, column) === undefined);
  return missing === undefined
    ? null
    : problem(
        'COLUMN_IN_VIEW',
        `it selects ${missing}, which ${table.name} does not have`,
        'Drop the view, or state it again without the column.',
      );
}

function unfit(view: View, table: Table): Problem | null {
  const invalid = (message: string): Problem => problem('VIEW_INVALID', message, 'Change the view.');
  const key = keyColumns(view);
  const baseKey = keyColumns(table);
  const left = baseKey.find((column) => !key.includes(column));
  if (left !== undefined) return invalid(`its key lacks ${left}, a key column of ${table.name}`);
  const extra = key.filter((column) => !baseKey.includes(column));
  if (extra.length > 1)
    return invalid(`its key has ${extra.join(' and ')}; one column more than the table's is allowed`);
  for (const name of key) {
    const column = columnOf(table, name);
    const why = column === undefined ? null : unfitForKey(column);
    if (why !== null) return invalid(`its key has ${name}, which is ${why}`);
  }
  if (isCounterTable(table)) return invalid(`${table.name} has counters, which no view can show`);
  const stated = view.columns === '*' ? key : [...key, ...view.columns];
  const fixed = table.columns.find((column) => column.static && (view.columns === '*' || stated.includes(column.name)));
  if (fixed !== undefined) return invalid(`it selects ${fixed.name}, which is static`);
  const open = key.find((column) => !isRestricted(view.where, column));
  if (open !== undefined) return invalid(`its condition lacks ${open} IS NOT NULL`);
  if (Number(view.options['default_time_to_live'] ?? 0) !== 0)
    return invalid('a view cannot have default_time_to_live');
  if (table.options['gc_grace_seconds'] !== undefined && Number(table.options['gc_grace_seconds']) === 0)
    return invalid(`${table.name} has gc_grace_seconds = 0, which no table with views may have`);
  return null;
}

/** The condition names the column at all; what the server makes of the rest is its own. */
function isRestricted(where: string, column: string): boolean {
  const quotedName = `"${column.replaceAll('"', '""')}"`;
  return where.includes(quotedName) || new RegExp(`(^|[^\\w"])${escaped(column)}([^\\w"]|$)`, 'i').test(where);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
