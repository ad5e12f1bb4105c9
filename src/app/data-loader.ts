import { loadMigration } from '../analysis/load-migration.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { DataSpec } from '../model/data.ts';
import type { Migration } from '../model/migration.ts';
import type { Section } from '../model/plan.ts';
import { migrationFile } from './migration-files.ts';
import type { Project } from './project.ts';

/** Gives the row functions of a planned migration, after comparing the file's code with what was planned. */
export function dataLoader(project: Project): (section: Section, index: number) => Promise<DataSpec> {
  const loaded = new Map<string, Promise<Migration>>();
  return async (section, index) => {
    const { migration: id } = section;
    const pending = loaded.get(id) ?? loadMigration(await migrationFile(project, id));
    loaded.set(id, pending);
    const migration = await pending;
    if (migration.codeHash !== section.codeHash || migration.schemaHash !== section.schemaHash) throw codeChanged(id);
    const spec = migration.data[index];
    if (spec === undefined) throw codeChanged(id);
    return spec;
  };
}

function codeChanged(id: string): CqlformError {
  return new CqlformError(
    'CODE_CHANGED',
    `${id} is not the file that was planned: its declarations or row functions changed`,
    {
      next: 'Check out the commit that was planned; or take the migration back with `cqlform rollback`, then plan and apply the new one.',
      fields: { migration: id },
      exitCode: exitCodes.stalePlan,
    },
  );
}
