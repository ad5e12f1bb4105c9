import { own } from '../kernel/own.ts';
import type { Expectation, Migration } from '../model/migration.ts';
import type { Schema } from '../model/schema.ts';
import { columnDifference, columnText, keyText, sameKey } from './matches.ts';
import { mistake } from './mistakes.ts';
import { columnOf } from './schema-objects.ts';

/** Compares what a migration says it will find with what is there. Throws `EXPECTATION_MISMATCH` with the difference. */
export function checkExpectations(base: Schema, migration: Migration): void {
  for (const expected of migration.expects) {
    const found = expectationDifference(base, expected);
    if (found === null) continue;
    throw mistake(
      'EXPECTATION_MISMATCH',
      { migration: migration.id, object: expected.table },
      {
        message: `existing('${expected.table}', …) is not what is there: ${found}`,
        next: 'Write the block as the table is before this migration (see migrations/schema.ts); `cqlform check --fix` does it where it can.',
      },
    );
  }
}

function expectationDifference(base: Schema, expected: Expectation): string | null {
  const table = own(base.tables, expected.table);
  if (table === undefined) return 'there is no such table';
  for (const column of expected.columns) {
    const there = columnOf(table, column.name);
    if (there === undefined) return `it has no column ${column.name} ${columnText(column)}`;
    const difference = columnDifference({ ...column }, there);
    if (difference !== null) return difference.replace(': live ', ': there ').replace(', wanted ', ', here ');
  }
  return sameKey(expected, table) ? null : `its key is ${keyText(table)}, here ${keyText(expected)}`;
}
