import type { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { TableDelta } from '../model/migration.ts';
import { type Column, keyColumns, type Schema, type Table } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import { columnDifference, columnText, keyText } from './matches.ts';
import { mistake } from './mistakes.ts';
import { columnOf, withObject } from './schema-objects.ts';
import { renameColumns } from './world.ts';

/** What a delta meets when part of it is so already; returns when that may be passed over, throws when not. */
export type PassOver = (found: {
  readonly object: string;
  readonly fact: string;
  readonly error: CqlformError;
}) => void;

export interface DeltaContext {
  readonly migration: string;
  readonly passOver: PassOver;
}

/** The schema after a delta to a table that is in it; indexes and views on a renamed column follow. Throws CqlformError. */
export function composeTable(schema: Schema, delta: TableDelta, context: DeltaContext): Schema {
  const table = own(schema.tables, delta.table);
  if (table === undefined) return schema;
  const renames = renamesOf(table, delta, context);
  const drops = dropsOf(table, delta, context);
  const retyped = retypedColumns(table, delta, context);
  const kept = retyped.filter((column) => !drops.includes(column.name));
  const shaped = withObject(schema, { ...table, columns: kept, ...droppedKey(table, delta) });
  const renamed = renameColumns(shaped, delta.table, renames);
  const after = own(renamed.tables, delta.table);
  if (after === undefined) return renamed;
  const added = addsOf(after, delta, context);
  const next: Table = {
    ...after,
    columns: [...after.columns, ...added],
    options: { ...after.options, ...delta.options },
    ...(delta.key ?? {}),
  };
  return withObject(renamed, next);
}

/** With a new key, the old one must not hold columns that are gone until the new one is set. */
function droppedKey(table: Table, delta: TableDelta): Partial<Table> {
  if (delta.key === null) return {};
  const kept = (name: string): boolean => !delta.drop.includes(name);
  return {
    partitionKey: table.partitionKey.filter(kept),
    clusteringKey: table.clusteringKey.filter((part) => kept(part.column)),
  };
}

function renamesOf(
  table: Table,
  delta: TableDelta,
  { migration, passOver }: DeltaContext,
): Readonly<Record<string, string>> {
  const wanted = Object.entries(delta.rename).filter(([from, to]) => {
    if (columnOf(table, from) !== undefined) return true;
    const object = `${table.name}.${from}`;
    const error = missingColumn(migration, object, 'rename');
    if (columnOf(table, to) === undefined) throw error;
    passOver({ object: `${table.name}.${to}`, fact: `${object} is already called ${to}`, error });
    return false;
  });
  // Only a rebuild can do both at once: in place, the new column is there before the old one goes.
  const inPlace = delta.key === null && Object.keys(delta.retype).length === 0;
  for (const [from, to] of wanted) {
    if (inPlace && delta.drop.includes(to) && columnOf(table, to) !== undefined)
      throw mistake(
        'COLUMN_EXISTS',
        { migration, object: `${table.name}.${to}` },
        {
          message: `${table.name}.${from} cannot be renamed to ${to} in the migration that drops ${to}`,
          next: 'Choose another name, or drop the column in a migration before this one.',
        },
      );
    const taken = columnOf(table, to) !== undefined && !delta.drop.includes(to) && own(delta.rename, to) === undefined;
    if (!taken) continue;
    throw mistake(
      'COLUMN_EXISTS',
      { migration, object: `${table.name}.${to}` },
      {
        message: `${table.name}.${from} cannot be renamed to ${to}, which is there already`,
        next: 'Choose another name.',
      },
    );
  }
  return Object.fromEntries(wanted);
}

function dropsOf(table: Table, delta: TableDelta, { migration, passOver }: DeltaContext): readonly string[] {
  return delta.drop.filter((name) => {
    const object = `${table.name}.${name}`;
    if (columnOf(table, name) === undefined) {
      passOver({ object, fact: `${object} is gone already`, error: missingColumn(migration, object, 'drop') });
      return false;
    }
    if (delta.key === null && keyColumns(table).includes(name))
      throw mistake(
        'KEY_COLUMN',
        { migration, object },
        {
          message: `${object} stands in the key ${keyText(table)} and cannot be dropped`,
          next: 'Give the table another key in the same alter(): that rebuilds the table.',
        },
      );
    return true;
  });
}

function retypedColumns(table: Table, delta: TableDelta, { migration }: DeltaContext): readonly Column[] {
  for (const name of Object.keys(delta.retype)) {
    if (columnOf(table, name) === undefined) throw missingColumn(migration, `${table.name}.${name}`, 'retype');
  }
  return table.columns.map((column) => ({ ...column, ...(own(delta.retype, column.name) ?? {}) }));
}

function addsOf(table: Table, delta: TableDelta, { migration, passOver }: DeltaContext): readonly Column[] {
  return delta.add.filter((column) => {
    const there = columnOf(table, column.name);
    if (there === undefined) return true;
    const object = `${table.name}.${column.name}`;
    const error = mistake(
      'COLUMN_EXISTS',
      { migration, object },
      {
        message: `column ${object} is there already, as ${columnText(there)}`,
        next:
          columnDifference(column, there) === null
            ? 'Take it out of `add`.'
            : `Choose another name, or use \`retype\` to make it ${typeText(column.type)}.`,
      },
    );
    if (columnDifference(column, there) !== null) throw error;
    passOver({ object, fact: `${object} ${columnText(there)} is there already`, error });
    return false;
  });
}

function missingColumn(migration: string, object: string, verb: string): CqlformError {
  return mistake(
    'COLUMN_MISSING',
    { migration, object },
    {
      message: `there is no column ${object} to ${verb}`,
      next: 'Look at `cqlform status` and migrations/schema.ts for what is there before this migration.',
    },
  );
}
