import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { MigrationEntry, StepEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Plan, Section } from '../model/plan.ts';
import type { Recorded, TakeBack } from '../planner/input.ts';
import { planRollback } from '../planner/plan-rollback.ts';
import { backupsOfRun, type Standing, standingOf, stepsOfRun } from '../runner/standing.ts';
import { isDone } from '../runner/work/ddl.ts';
import { planBasis } from './plan.ts';
import type { Session } from './session.ts';
import { chooseStore, withPlaceNotice } from './store.ts';
import { unfinishedError } from './unfinished.ts';
import { withWaitNotices } from './wait-notices.ts';

export interface RollbackOptions {
  /** Take back everything newer than this migration, `0` for all; null: only the newest. */
  readonly to: string | null;
  /** Addresses of changes that cannot be undone and may stay. */
  readonly leave: readonly string[];
  /** Where backups would go, when not where the configuration says. */
  readonly backupStore?: string | undefined;
}

/** The stored plan of a rollback that stopped; else a new one. */
export async function planRollbackOrUnfinished(session: Session, options: RollbackOptions): Promise<Plan> {
  const standing = standingOf(await session.journal.entries());
  const { unfinished } = standing;
  if (unfinished?.direction === 'rollback') return (await session.journal.getDocument(unfinished.planHash)) as Plan;
  if (unfinished !== null && unfinished.direction !== 'apply') throw unfinishedError(unfinished);
  const entries = toTakeBack(standing, options.to);
  const live = await session.cluster.describe(session.project.keyspace);
  const takeBack = await Promise.all(entries.map((entry) => takeBackOf(entry, { session, standing, live })));
  assertKnown(options.leave, takeBack);
  const tables = Object.keys(live.schema.tables);
  const estimates = await session.cluster.estimate(
    live.name,
    tables.filter((table) => touched(takeBack, table)),
  );
  const basis = await planBasis(session, standing, { ...live, estimates });
  const recorded = withMadeTables(basis.recorded, standing, takeBack);
  const plan = planRollback({ ...basis, recorded, takeBack, leave: options.leave });
  const waiting = withWaitNotices(plan, live, session.clock);
  return withPlaceNotice(waiting, chooseStore(session.project, options.backupStore));
}

function assertKnown(leave: readonly string[], takeBack: readonly TakeBack[]): void {
  const steps = takeBack.flatMap(({ section }) => section.steps);
  const unknown = leave.find((one) => !steps.some((step) => step.address === one || step.id === one));
  if (unknown === undefined) return;
  throw new CqlformError('LEAVE_UNKNOWN', `nothing that is taken back is at ${unknown}`, {
    next: 'Give --leave an address or a step of the migration, as `cqlform rollback --plan` names them.',
    fields: { address: unknown },
    exitCode: exitCodes.usage,
  });
}

function touched(takeBack: readonly TakeBack[], table: string): boolean {
  return takeBack.some(({ section }) =>
    section.changes.some((change) => change.kind === 'object' && change.name === table),
  );
}

/** Newest first. A half-way migration always comes first, and alone unless more is asked for. */
function toTakeBack(standing: Standing, to: string | null): readonly MigrationEntry[] {
  const inForce = [...standing.applied, ...(standing.partial === null ? [] : [standing.partial])];
  const newestFirst = inForce.toReversed();
  const [newest] = newestFirst;
  if (newest === undefined) {
    throw new CqlformError('NOTHING_TO_ROLL_BACK', 'no migration is applied', {
      next: 'See `cqlform status`.',
      exitCode: exitCodes.usage,
    });
  }
  if (to === null) return [newest];
  const stop = to === '0' ? newestFirst.length : newestFirst.findIndex((entry) => entry.id === to);
  if (stop >= 0) return newestFirst.slice(0, stop);
  throw new CqlformError('MIGRATION_NOT_APPLIED', `${to} is not applied, so nothing can be rolled back to it`, {
    next: 'See `cqlform status` for what is; `--to 0` takes back all.',
    exitCode: exitCodes.usage,
  });
}

interface Around {
  readonly session: Session;
  readonly standing: Standing;
  readonly live: LiveKeyspace;
}

async function takeBackOf(entry: MigrationEntry, around: Around): Promise<TakeBack> {
  const { session, standing, live } = around;
  if (entry.status === 'baselined') {
    throw new CqlformError(
      'BASELINED',
      `${entry.id} was recorded by baseline, not applied: there is nothing to undo it with`,
      {
        next: 'Roll back to it or to a newer one: `cqlform rollback --to`.',
        exitCode: exitCodes.blocked,
      },
    );
  }
  const plan = (await session.journal.getDocument(entry.planHash)) as Plan;
  const section = plan.sections.find((one) => one.migration === entry.id);
  if (section === undefined) throw new TypeError(`the plan of ${entry.id} does not name it`);
  const steps = stepsOfRun(standing, entry.run);
  const done = section.steps.filter((step) => hasHappened(section, steps.get(step.id), live)).map((step) => step.id);
  const labels = new Map(
    section.steps.flatMap(({ id, work }) => (work.kind === 'backup' ? [[id, work.label] as const] : [])),
  );
  return { section, done, backups: backupsOfRun(standing, entry.run, labels) };
}

/** While a migration is half-way the recorded state is the one before it, which knows nothing of the tables that it made. */
function withMadeTables(recorded: Recorded | null, standing: Standing, takeBack: readonly TakeBack[]): Recorded | null {
  const { partial } = standing;
  const section = takeBack.find((one) => one.section.migration === partial?.id)?.section;
  if (recorded === null || partial === null || section === undefined) return recorded;
  const steps = stepsOfRun(standing, partial.run);
  const made = section.steps.flatMap(({ id, work }): readonly (readonly [string, string])[] => {
    const tableId = steps.get(id)?.decisions.tableId ?? null;
    return work.kind === 'ddl' && work.ddl.kind === 'create-table' && tableId !== null
      ? [[work.ddl.table.name, tableId]]
      : [];
  });
  return { ...recorded, tableIds: { ...recorded.tableIds, ...Object.fromEntries(made) } };
}

/**
 * Whether a step left something to undo. A schema statement that was begun is looked up on the cluster; rows may have
 * been written as soon as their step was begun.
 */
function hasHappened(section: Section, entry: StepEntry | undefined, live: LiveKeyspace): boolean {
  if (entry === undefined) return false;
  if (entry.state === 'done') return true;
  if (entry.state === 'reverted') return false;
  const work = section.steps.find((step) => step.id === entry.step)?.work;
  if (work?.kind === 'ddl') return isDone({ work, decisions: entry.decisions }, live);
  return work?.kind === 'data' || work?.kind === 'copy-table';
}
