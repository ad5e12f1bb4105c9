import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { hashOf } from '../kernel/hash.ts';
import type { Emit } from '../model/event.ts';
import type { RunEntry } from '../model/journal.ts';
import { consentsOf, type Plan } from '../model/plan.ts';
import { fingerprintDifference, fingerprintOf } from '../planner/fingerprint.ts';
import type { RunnerDeps } from '../runner/deps.ts';
import { preflight } from '../runner/preflight.ts';
import { runPlan } from '../runner/run.ts';
import { type Standing, standingOf, stepsOfRun } from '../runner/standing.ts';
import { actorOf, newRunId } from './actor.ts';
import { dataLoader } from './data-loader.ts';
import { withLease } from './lease.ts';
import type { Session } from './session.ts';

export interface RunFlags {
  /** Addresses whose loss is consented to. */
  readonly allowDestructive: readonly string[];
  /** Nodes that may be down, by address. */
  readonly allowDown: readonly string[];
  readonly allowStillWritten: boolean;
  readonly backupConsistency: 'ALL' | 'QUORUM';
  readonly leaseTimeoutMs: number;
  readonly agreementTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** Runs a plan, or goes on with the run of it that stopped. Everything is checked again under the lease. */
export async function applyPlan(plan: Plan, session: Session, options: RunFlags): Promise<void> {
  assertApplyable(plan);
  assertConsent(plan, options.allowDestructive);
  await session.journal.prepare();
  await withLease(session, options, async (lease) => {
    const standing = standingOf(await session.journal.entries());
    const run = runOf(plan, standing);
    if (run.fresh) await assertFresh(plan, standing, session);
    await preflight({ cluster: session.cluster, ...options });
    await supersede(plan, standing, { run: run.id, session });
    const earlier = run.fresh ? new Map() : stepsOfRun(standing, run.id);
    const { floors, head } = standing;
    const { signal, emit, ...settings } = options;
    const request = { plan, run: run.id, lease, earlier, actor: actorOf(), settings, signal, floors, head };
    await runPlan(request, runnerDeps(session, emit));
  });
}

export function runnerDeps(session: Session, emit: Emit): RunnerDeps {
  const { cluster, rows, journal, copier, backupsAt, clock, project } = session;
  return {
    cluster,
    rows,
    journal,
    copier,
    backups: session.backups,
    backupsAt,
    clock,
    emit,
    loadData: dataLoader(project),
    rejectsFile: (run, step) => `${project.stateFolder}/rejects/${run}/${step.replaceAll('/', '-')}.ndjson`,
  };
}

/** A plan that a run has begun goes on in that run; a finished one never runs twice. */
function runOf(plan: Plan, standing: Standing): { readonly id: string; readonly fresh: boolean } {
  const same = standing.runs.filter((run) => run.planHash === hashOf(plan)).at(-1);
  if (same === undefined || same.status === 'superseded') return { id: newRunId(), fresh: true };
  if (same.status !== 'done') return { id: same.id, fresh: false };
  throw new CqlformError('PLAN_ALREADY_APPLIED', `plan ${plan.id} was applied by run ${same.id}`, {
    next: 'Make a new plan: `cqlform plan`.',
    exitCode: exitCodes.stalePlan,
  });
}

async function assertFresh(plan: Plan, standing: Standing, session: Session): Promise<void> {
  const live = await session.cluster.describe(plan.target.keyspace);
  const now = fingerprintOf(Object.keys(plan.fingerprint.objects), live, standing.head);
  const differences = fingerprintDifference(plan.fingerprint, now);
  if (differences.length === 0) return;
  const words = differences.map((one) => `${one.address}: planned against ${one.planned}, now ${one.now}`);
  throw new CqlformError('STALE_PLAN', `the keyspace has changed since the plan was made: ${words.join('; ')}`, {
    next: 'Make a new plan with `cqlform plan`, read it, and apply that.',
    fields: { addresses: differences.map((one) => one.address) },
    exitCode: exitCodes.stalePlan,
  });
}

/** A run that did not end well is in the way of any other plan; only taking it back replaces it. */
async function supersede(
  plan: Plan,
  standing: Standing,
  { run, session }: { run: string; session: Session },
): Promise<void> {
  const { unfinished } = standing;
  if (unfinished === null || unfinished.id === run) return;
  if (plan.kind === 'rollback' && unfinished.direction === 'apply') {
    return session.journal.write({
      ...unfinished,
      status: 'superseded',
      finishedAt: session.clock.now().toISOString(),
    });
  }
  throw unfinishedError(unfinished);
}

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

export function assertApplyable(plan: Plan): void {
  if (plan.applyable) return;
  const errors = plan.notices.filter((notice) => notice.severity === 'error');
  throw new CqlformError('PLAN_BLOCKED', errors.map((one) => `${one.code} ${one.address}: ${one.message}`).join('; '), {
    next: errors[0]?.next ?? 'See the errors of `cqlform plan`.',
    fields: { codes: errors.map((one) => one.code) },
    exitCode: exitCodes.blocked,
  });
}

function assertConsent(plan: Plan, allowed: readonly string[]): void {
  const missing = consentsOf(plan).filter((address) => !allowed.includes(address));
  if (missing.length === 0) return;
  const flags = missing.map((address) => `--allow-destructive=${address}`).join(' ');
  throw new CqlformError('CONSENT_MISSING', `the plan destroys or overwrites data at ${missing.join(', ')}`, {
    next: `Read the plan; if that is what you want, add ${flags}. A backup is taken before each.`,
    fields: { addresses: missing },
    exitCode: exitCodes.consentMissing,
  });
}
