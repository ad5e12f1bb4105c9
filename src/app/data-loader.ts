import { loadMigration } from '../analysis/load-migration.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { DataSpec } from '../model/data.ts';
import type { Migration } from '../model/migration.ts';
import type { Section } from '../model/plan.ts';
import { listed } from '../planner/names.ts';
import { migrationFile } from './migration-files.ts';
import { packageChanges } from './packages.ts';
import { treatedSpec } from './privacy.ts';
import { keyChanges, keyFingerprints } from './privacy-keys.ts';
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
    const { packages = {} } = migration;
    const changes = packageChanges(section.packages ?? {}, (name) => own(packages, name) ?? null);
    if (changes.length > 0) throw packagesChanged(id, changes);
    const changed = keyChanges(section.keys ?? {}, keyFingerprints(project, Object.keys(section.keys ?? {})));
    if (changed.length > 0) throw keysChanged(id, changed);
    const spec = migration.data[index];
    if (spec === undefined) throw codeChanged(id);
    return treatedSpec(project, spec);
  };
}

/** Half of the rows would have been made by one version and half by another. */
function packagesChanged(id: string, changes: readonly string[]): CqlformError {
  return new CqlformError('PACKAGE_CHANGED', `${id} was planned with ${listed(changes)}`, {
    next: 'Install what was planned (`npm ci` in the commit that was planned); or take back what has run with `cqlform rollback`, and plan again.',
    fields: { migration: id },
    exitCode: exitCodes.stalePlan,
  });
}

/** Half of the tokens would not match the other half. */
function keysChanged(id: string, changed: readonly string[]): CqlformError {
  return new CqlformError('PRIVACY_KEY_CHANGED', `${id} was planned with another privacy key ${listed(changed)}`, {
    next: 'Set the key that was planned with; or take back what has run with `cqlform rollback`, and plan again.',
    fields: { migration: id, keys: changed },
    exitCode: exitCodes.stalePlan,
  });
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
