import type { DataSpec } from '../model/data.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import { columnDifference, columnText } from './matches.ts';
import { listed } from './names.ts';
import { columnOf, isCounterTable } from './schema-objects.ts';

/** Why a data step cannot be planned. */
export interface DataProblem {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export interface DataTables {
  /** As they are when the step runs; `from` null for a foreign source. */
  readonly from: Table | null;
  readonly into: Table;
  /** As they were before the migration; null: there was none. */
  readonly intoBefore: Table | null;
  /** The table is made anew and its rows staged. */
  readonly rebuilt: boolean;
}

/** Null when the step can run as it stands. */
export function dataProblem(spec: DataSpec, tables: DataTables): DataProblem | null {
  return (
    counterProblem(spec, tables) ??
    columnsProblem(spec, tables) ??
    (spec.kind === 'backfill' ? backfillProblem(spec, tables) : ownProblem(spec, tables))
  );
}

/**
 * A new table is one that nobody counts in yet: what it has can be read, and the difference added, also a second time.
 * When changes are brought later, somebody may count there already.
 */
function counterProblem(spec: DataSpec, { into, intoBefore }: DataTables): DataProblem | null {
  const once = intoBefore === null && spec.kind !== 'backfill' && spec.since === undefined;
  if (!isCounterTable(into) || once) return null;
  return {
    code: 'COUNTER_TARGET',
    message: `table ${into.name} holds counters, and somebody may count there while rows are copied`,
    next: 'Copy into a table of counters that this migration makes, let the application count, or use bigint columns.',
  };
}

function columnsProblem(spec: DataSpec, { from, into }: DataTables): DataProblem | null {
  if (spec.from.kind === 'table' && from !== null) {
    const found = declaredDifference(spec.from.table, from);
    if (found !== null) return { code: 'SOURCE_COLUMNS', message: `from ${from.name}: ${found}`, next: declareAdvice };
  }
  const written = spec.kind === 'backfill' ? Object.keys(spec.columns) : null;
  const declared =
    written === null
      ? spec.into
      : { ...spec.into, columns: spec.into.columns.filter((column) => written.includes(column.name)) };
  const found = declaredDifference(declared, into);
  return found === null
    ? null
    : { code: 'TARGET_COLUMNS', message: `into ${into.name}: ${found}`, next: declareAdvice };
}

const declareAdvice =
  'Declare the table as it is when the step runs: after what the migration adds, before what it takes away. If one step needs the old shape and another the new one, split the migration in two.';

function declaredDifference(declared: Table, there: Table): string | null {
  for (const column of declared.columns) {
    const found = columnOf(there, column.name);
    if (found === undefined) return `it has no column ${column.name} ${columnText(column)} at this point`;
    const { mask: _, ...shape } = column;
    const difference = columnDifference(shape, found);
    if (difference !== null) return difference;
  }
  return null;
}

function ownProblem(spec: DataSpec, { into, rebuilt }: DataTables): DataProblem | null {
  if (rebuilt || spec.from.kind !== 'table' || spec.from.table.name !== into.name) return null;
  return {
    code: 'COPY_INTO_ITSELF',
    message: `${spec.kind} reads ${into.name} and writes it: it would meet its own rows`,
    next: 'Use backfill() for new columns, or write into another table.',
  };
}

function backfillProblem(
  spec: Extract<DataSpec, { readonly kind: 'backfill' }>,
  { into, intoBefore, rebuilt }: DataTables,
): DataProblem | null {
  const name = into.name;
  if (spec.from.kind !== 'table' || spec.from.table.name !== spec.into.name)
    return {
      code: 'BACKFILL_OTHER_TABLE',
      message: `backfill of ${spec.into.name} reads something else`,
      next: 'Use copy() or transform() to bring rows from elsewhere.',
    };
  if (rebuilt)
    return {
      code: 'BACKFILL_IN_REBUILD',
      message: `${spec.into.name} is made anew in this migration, so a backfill would write what is thrown away`,
      next: 'Put the values into the copy() that moves the rows, or the backfill into the next migration.',
    };
  const written = Object.keys(spec.columns);
  const key = written.find((column) => keyColumns(into).includes(column));
  if (key !== undefined)
    return { code: 'KEY_COLUMN', message: `backfill writes ${name}.${key}, a key column`, next: 'Take it out.' };
  const both = readColumns(spec).filter(
    (column) => written.includes(column) && intoBefore !== null && columnOf(intoBefore, column) !== undefined,
  );
  if (both.length === 0) return null;
  return {
    code: 'BACKFILL_READS_WHAT_IT_WRITES',
    message: `backfill reads and writes ${listed(both.map((column) => `${name}.${column}`))}: resumed, it would change values twice`,
    next: "Write into a new column and drop the old one, or leave the column out of `from`'s existing() block when it is not read.",
  };
}

/** What a function reads is not known, so all that it could counts. */
function readColumns(spec: Extract<DataSpec, { readonly kind: 'backfill' }>): readonly string[] {
  const mappings = Object.values(spec.columns);
  if (mappings.some((mapping) => mapping.kind === 'function') && spec.from.kind === 'table')
    return spec.from.table.columns.map((column) => column.name);
  return mappings.flatMap((mapping) => (mapping.kind === 'column' ? [mapping.from] : []));
}
