import { readFile } from 'node:fs/promises';
import { replaceFile } from '../analysis/write-file.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import type { Plan } from '../model/plan.ts';
import { noState, standingOf } from '../runner/standing.ts';
import { parsePlan, planFileText } from './plan-file.ts';
import type { Session } from './session.ts';

/** Reads and checks a plan file. */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = absent ? 'there is no such file' : reasonOf(cause);
    throw new CqlformError('PLAN_UNREADABLE', `${path} cannot be read as a plan: ${why}`, {
      next: 'Name a file that `cqlform plan --out FILE` wrote; `cqlform apply` without a name runs what is pending.',
      cause,
      exitCode: exitCodes.usage,
    });
  });
  return parsePlan(text, path);
}

/** Keeps a plan in a file. Throws `FILE_UNWRITABLE`. */
export async function writePlan(plan: Plan, path: string): Promise<void> {
  await replaceFile(path, planFileText(plan));
}

/** The plan that a run ran, or by which a migration was last applied or rolled back, from the ledger. */
export async function storedPlan(session: Session, name: string): Promise<Plan> {
  const standing = standingOf(await session.journal.entries());
  const run = standing.runs.find((one) => one.id === name);
  const hash = run?.planHash ?? standing.migrations.find((one) => one.id === name)?.planHash;
  if (hash === noState) throw keptNothing(name);
  if (hash !== undefined) return (await session.journal.getDocument(hash)) as Plan;
  throw new CqlformError(
    'NOT_IN_LEDGER',
    `the ledger of ${session.project.keyspace} knows neither a run nor a migration ${name}`,
    {
      next: 'See `cqlform history` for the runs and `cqlform status` for the migrations.',
      exitCode: exitCodes.usage,
    },
  );
}

function keptNothing(name: string): CqlformError {
  return new CqlformError('PLAN_NOT_KEPT', `${name} was baselined by an older version, which kept no plan of it`, {
    next: 'Look at the file of the migration; `cqlform introspect` writes what is live.',
    exitCode: exitCodes.usage,
  });
}
