import type { CqlformError } from '../kernel/errors.ts';
import type { DataSpec } from '../model/data.ts';
import type { Migration } from '../model/migration.ts';
import type { Schema, Table } from '../model/schema.ts';
import { dataTitle } from './data-steps.ts';
import { mistake } from './mistakes.ts';
import { listed } from './names.ts';
import { typesNeeded } from './references.ts';

/**
 * A row function sees the fields of a type under the names that they have when it runs. In the migration that renames
 * them nobody can tell which names it was written with, and a wrong one reads and writes nulls: `FIELD_RENAME_WITH_DATA`
 * for the first such step. Null: there is none. `schema` has the types of before and after
 * the migration.
 */
export function renamedFieldProblem(migration: Migration, schema: Pick<Schema, 'types'>): CqlformError | null {
  for (const declaration of migration.declarations) {
    if (declaration.kind !== 'alter-type') continue;
    const { type, rename } = declaration;
    const [field] = Object.keys(rename);
    const spec = migration.data.find((one) => typesOf(one, schema).has(type));
    if (field === undefined || spec === undefined) continue;
    const renames = Object.entries(rename).map(([from, to]) => `${from} to ${to}`);
    return mistake(
      'FIELD_RENAME_WITH_DATA',
      { migration: migration.id, object: `${type}.${field}` },
      {
        message: `it renames ${listed(renames)} in type ${type}, and ${dataTitle(spec)} reads or writes values of that type: under a name that does not hold when it runs, it would read and write nulls`,
        next: 'Rename the fields in a migration of its own: before this one, with the new names in the data functions, or after it, with the old ones.',
      },
    );
  }
  return null;
}

/** The user-defined types of the columns that a data step declares, also those inside others. */
function typesOf(spec: DataSpec, schema: Pick<Schema, 'types'>): ReadonlySet<string> {
  const tables: readonly Table[] = spec.from.kind === 'table' ? [spec.from.table, spec.into] : [spec.into];
  return new Set(tables.flatMap((table) => typesNeeded(table, schema)));
}
