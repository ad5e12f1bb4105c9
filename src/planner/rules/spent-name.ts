import type { Column, Table } from '../../model/schema.ts';
import { typeText } from '../../model/type-text.ts';
import { isCounterTable } from '../schema-objects.ts';
import type { GoneColumn } from '../world.ts';
import { type Problem, problem } from './problem.ts';

/** Why a column cannot be added to a table from which these were dropped; null when nothing stands against it. */
export function spentName(table: Table, column: Column, gone: readonly GoneColumn[]): Problem | null {
  const was = gone.filter((one) => one.name === column.name).at(-1);
  if (was === undefined) return null;
  const name = `${table.name}.${column.name}`;
  const advice = 'Give the column another name.';
  if (isCounterTable(table))
    return problem('COLUMN_NAME_SPENT', `counter ${name} was dropped before and cannot come back`, advice);
  // The server remembers a user-defined type as a tuple, and takes the column back as nothing else.
  return was.static === column.static && typeText(was.type) === typeText(column.type)
    ? null
    : problem(
        'COLUMN_NAME_SPENT',
        `column ${name} was dropped as ${shape(was)} and cannot come back as ${shape(column)}`,
        advice,
      );
}

function shape({ type, static: isStatic }: Pick<Column, 'type' | 'static'>): string {
  return `${typeText(type)}${isStatic ? ' static' : ''}`;
}
