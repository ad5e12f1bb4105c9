import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { RunEntry } from '../model/journal.ts';

/** A run that stopped is in the way of another one. */
export function unfinishedError(run: RunEntry): CqlformError {
  const step = run.error?.step ?? null;
  const where = step === null ? '' : ` at ${step}`;
  const why = run.error === null ? 'was interrupted' : `stopped${where}: ${run.error.message}`;
  const next =
    run.direction === 'apply'
      ? 'Go on with it: `cqlform apply`; or take it back: `cqlform rollback`.'
      : 'Go on with it: `cqlform rollback`.';
  return new CqlformError('RUN_UNFINISHED', `run ${run.id} (${run.direction} of ${run.migrations.join(', ')}) ${why}`, {
    next,
    fields: { run: run.id, step },
    exitCode: exitCodes.partlyApplied,
  });
}
