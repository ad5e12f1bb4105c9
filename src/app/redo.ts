import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { MigrationEntry } from '../model/journal.ts';
import { type Standing, standingOf } from '../runner/standing.ts';
import { check, checkFailed, errorsAmong } from './check.ts';
import { migrationFile } from './migration-files.ts';
import type { Session } from './session.ts';

/**
 * The migration that `redo` takes back and applies again: the newest. Its file is checked first, and cqlform.sum and
 * schema.ts are brought up to date, so that nothing is taken back that could not be applied again.
 */
export async function prepareRedo(session: Session): Promise<{ readonly id: string }> {
  const { project, journal } = session;
  if (project.protected) throw isProtected(project.environment ?? project.keyspace);
  const newest = newestOf(standingOf(await journal.entries()));
  await migrationFile(project, newest.id);
  const report = await check(project, { fix: true });
  const wrong = errorsAmong(report.diagnostics);
  if (wrong.length > 0) throw checkFailed(wrong, project);
  return { id: newest.id };
}

function newestOf(standing: Standing): MigrationEntry {
  const newest = standing.partial ?? standing.applied.at(-1);
  if (newest !== undefined) return newest;
  throw new CqlformError('NOTHING_TO_REDO', 'no migration is applied', {
    next: 'Run `cqlform apply`.',
    exitCode: exitCodes.usage,
  });
}

function isProtected(name: string): CqlformError {
  return new CqlformError('PROTECTED', `${name} is protected: migrations are not taken back there to be edited`, {
    next: 'Put the change into a new migration: `cqlform new NAME`. `cqlform rollback` works where it has to.',
    exitCode: exitCodes.blocked,
  });
}
