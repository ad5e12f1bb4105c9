import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Diagnostic } from '../analysis/diagnostic.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { standingOf } from '../runner/standing.ts';
import { writeGenerated } from './check.ts';
import { inspect } from './inspect.ts';
import { fileNamed, migrationFiles } from './migration-files.ts';
import { nextId } from './migration-id.ts';
import type { Session } from './session.ts';

export interface RebaseReport {
  readonly from: string;
  /** Equal to `from` when the file was the newest already. */
  readonly to: string;
  readonly path: string;
  /** What no longer fits in the new order. */
  readonly problems: readonly Diagnostic[];
}

/** Gives a migration that is not applied yet a time after all others, and brings cqlform.sum and schema.ts up to date. */
export async function rebase({ project, journal, clock }: Session, name: string): Promise<RebaseReport> {
  const files = await migrationFiles(project);
  const file = fileNamed(basename(name).replace(/\.ts$/, ''), files);
  const { applied, partial } = standingOf(await journal.entries());
  if (applied.some((entry) => entry.id === file.id) || partial?.id === file.id) throw isApplied(file.id);
  if (files.at(-1)?.id === file.id) return { from: file.id, to: file.id, path: file.path, problems: [] };
  const others = files.filter((one) => one !== file).map((one) => one.id);
  const to = nextId(file.id.slice(15), others, clock.now());
  const path = join(project.migrationsFolder, `${to}.ts`);
  await rename(file.path, path);
  const after = await inspect(project);
  await writeGenerated(project, after);
  const problems = after.diagnostics.filter((one) => one.severity === 'error' && !one.mechanical);
  return { from: file.id, to, path, problems };
}

function isApplied(id: string): CqlformError {
  return new CqlformError('MIGRATION_APPLIED', `${id} is applied: its place in the order is history`, {
    next: 'Take it back first with `cqlform rollback`, or leave it where it is.',
    fields: { migration: id },
    exitCode: exitCodes.blocked,
  });
}
