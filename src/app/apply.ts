import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { hashOf } from '../kernel/hash.ts';
import { shellWord } from '../kernel/shell.ts';
import type { Emit } from '../model/event.ts';
import type { VerifyLevel } from '../model/journal.ts';
import { consentsOf, type Plan } from '../model/plan.ts';
import { type FingerprintDifference, fingerprintDifference, fingerprintOf } from '../planner/fingerprint.ts';
import { settingsHold } from '../planner/holds.ts';
import type { ThreadsWanted } from '../ports/engines.ts';
import type { RunnerDeps } from '../runner/deps.ts';
import { preflight } from '../runner/preflight.ts';
import { preflightPlan } from '../runner/preflight-plan.ts';
import { rejectsName } from '../runner/rejects-name.ts';
import { runPlan } from '../runner/run.ts';
import { type Standing, standingOf, stepsOfRun } from '../runner/standing.ts';
import { actorOf, newRunId } from './actor.ts';
import { recordSources } from './check-ledger.ts';
import { dataLoader } from './data-loader.ts';
import { type Engines, enginesOf } from './engines.ts';
import { withLease } from './lease.ts';
import { ledgerSettings, sharedKeyspace } from './ledger-home.ts';
import { rowThreads } from './row-threads.ts';
import type { Session } from './session.ts';
import { assertPlaceStays, chooseStore } from './store.ts';
import { unfinishedError } from './unfinished.ts';

export interface RunFlags {
  /** Addresses whose loss is consented to. */
  readonly allowDestructive: readonly string[];
  /** Nodes that may be down, by address. */
  readonly allowDown: readonly string[];
  readonly allowStillWritten: boolean;
  readonly backupConsistency: 'ALL' | 'QUORUM';
  readonly leaseTimeoutMs: number;
  readonly agreementTimeoutMs: number;
  /** Where backups go, when not where the configuration says. */
  readonly backupStore?: string | undefined;
  /** How closely copied rows are looked at, when not as the configuration says. */
  readonly verifyCopies?: VerifyLevel | undefined;
  /** How many threads run the functions of rows, when not as the configuration says. */
  readonly threads?: ThreadsWanted | undefined;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** Runs a plan, or goes on with the run of it that stopped. Everything is checked again under the lease. */
export async function applyPlan(plan: Plan, session: Session, options: RunFlags): Promise<void> {
  assertApplyable(plan);
  assertConsent(plan, options.allowDestructive);
  warnOfUnused(plan, options);
  const store = chooseStore(session.project, options.backupStore);
  assertPlaceStays(plan, store);
  await assertTarget(plan, session);
  await session.journal.prepare(ledgerSettings(session.project, plan));
  await withLease(session, options, async (lease) => {
    const standing = standingOf(await session.journal.entries());
    const run = runOf(plan, standing, session);
    if (run.fresh) await assertFresh(plan, standing, session);
    await preflight({ cluster: session.cluster, ...options });
    const engines = enginesOf(session);
    if (run.fresh) {
      const { cluster, rows, clock } = session;
      await preflightPlan(plan, { cluster, rows, clock, emit: options.emit });
      await assertBackupsWhole(plan, engines, options.emit);
    }
    await supersede(plan, standing, { run: run.id, session });
    if (run.fresh) await recordSources(session, plan);
    const earlier = run.fresh ? new Map() : stepsOfRun(standing, run.id);
    const { floors, head } = standing;
    const { signal, emit, ...flags } = options;
    const { verifyCopies, threads, dropMarginMicros } = session.project;
    const settings = {
      ...flags,
      dropMarginMicros,
      verifyCopies: flags.verifyCopies ?? verifyCopies,
      threads: flags.threads ?? threads,
    };
    const request = { plan, run: run.id, lease, earlier, actor: actorOf(), settings, signal, floors, head };
    await runPlan(request, runnerDeps(session, { engines, store: store.name, emit }));
  });
}

interface RunParts {
  readonly engines: Engines;
  readonly store: string;
  readonly emit: Emit;
}

function runnerDeps(session: Session, { engines, store, emit }: RunParts): RunnerDeps {
  const { cluster, rows, journal, clock, project } = session;
  const { copier, backupsAt } = engines;
  return {
    cluster,
    rows,
    journal,
    copier,
    backups: backupsAt(store),
    backupsAt,
    clock,
    emit,
    loadData: dataLoader(project),
    rowThreads: ({ migration }, index, wanted) => rowThreads(project, { migration, index }, wanted),
    rejectsFile: (run, step) => rejectsName(project.stateFolder, { run, step }),
  };
}

/** A plan that a run has begun goes on in that run; a finished one never runs twice. */
function runOf(plan: Plan, standing: Standing, { clock }: Session): { readonly id: string; readonly fresh: boolean } {
  const same = standing.runs.filter((run) => run.planHash === hashOf(plan)).at(-1);
  if (same === undefined || same.status === 'superseded') return { id: newRunId(clock, standing), fresh: true };
  if (same.status !== 'done') return { id: same.id, fresh: false };
  throw new CqlformError('PLAN_ALREADY_APPLIED', `plan ${plan.id} was applied by run ${same.id}`, {
    next: 'Make a new plan: `cqlform plan`.',
    exitCode: exitCodes.stalePlan,
  });
}

/** A plan is bound to its keyspace and cluster; a fingerprint alone may fit a twin of them. */
export async function assertTarget({ target }: Plan, { cluster, project }: Session): Promise<void> {
  const live = await cluster.describe(project.keyspace);
  const planned = `keyspace ${target.keyspace} on cluster ${target.cluster}`;
  const here = `keyspace ${project.keyspace} on cluster ${live.cluster}`;
  if (planned === here) return;
  throw new CqlformError('PLAN_ELSEWHERE', `the plan was made for ${planned}, and this is ${here}`, {
    next: 'Name the place it was made for (--env, --keyspace, --contact-points), or make a plan for this one: `cqlform plan`.',
    fields: { plannedCluster: target.cluster, plannedKeyspace: target.keyspace },
    exitCode: exitCodes.stalePlan,
  });
}

async function assertFresh(plan: Plan, standing: Standing, session: Session): Promise<void> {
  const live = await session.cluster.describe(plan.target.keyspace);
  const now = fingerprintOf(Object.keys(plan.fingerprint.objects), live, standing.head);
  const made = sharedKeyspace(plan);
  const asPlanned = live.exists && made !== undefined && settingsHold(made, live.schema.keyspace) === null;
  const differences = fingerprintDifference(plan.fingerprint, now).filter(
    ({ address }) => !(asPlanned && address === live.name),
  );
  if (differences.length === 0) return;
  const words = differences.map(differenceText).join('; ');
  throw new CqlformError('STALE_PLAN', `the keyspace has changed since the plan was made: ${words}`, {
    next: 'Make a new plan with `cqlform plan`, read it, and apply that.',
    fields: {
      addresses: differences.map((one) => one.address),
      ...textsOf(plan, differences),
    },
    exitCode: exitCodes.stalePlan,
  });
}

/** As CQL, one for each address, empty where there is nothing; a plan of an older version does not tell what was. */
function textsOf(
  { fingerprint }: Plan,
  differences: readonly FingerprintDifference[],
): { readonly before?: readonly string[]; readonly after?: readonly string[] } {
  if (fingerprint.texts === undefined) return {};
  return {
    before: differences.map((one) => one.before ?? ''),
    after: differences.map((one) => one.after ?? ''),
  };
}

/** A rollback that stopped for a damaged backup would leave the keyspace half-way: every byte is read before the first step. */
async function assertBackupsWhole(plan: Plan, engines: Engines, emit: Emit): Promise<void> {
  const needed = new Map(Object.values(plan.backups).map((one) => [`${one.store} ${one.id}`, one]));
  for (const { store, id } of needed.values()) {
    const { damage } = await engines.backupsAt(store).verify(id, () => undefined);
    const [first] = damage;
    emit({ kind: 'preflight', check: `backup ${id}`, ok: first === undefined, detail: first?.problem ?? 'whole' });
    if (first === undefined) continue;
    throw new CqlformError(
      'BACKUP_DAMAGED',
      `backup ${id} in ${store} is damaged: ${first.problem} (${first.object})`,
      {
        next: 'Nothing was changed. Bring the files back from a copy of the store; `cqlform backup verify` names each that is damaged.',
        fields: { backup: id, store, damages: damage.length },
        exitCode: exitCodes.integrity,
      },
    );
  }
}

/** Objects are told apart by hashes, which say nothing to people. */
function differenceText({ address, planned, now }: { address: string; planned: string; now: string }): string {
  if (address === 'ledger') return 'migrations were applied, rolled back or resolved since';
  if (address === 'server version') return `the server version was ${planned} and is ${now}`;
  if (planned === 'absent') return `${address} was not there and is now`;
  return now === 'absent' ? `${address} was there and is gone` : `${address} is not what it was`;
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

export function assertApplyable(plan: Plan): void {
  if (plan.applyable) return;
  const errors = plan.notices.filter((notice) => notice.severity === 'error');
  throw new CqlformError('PLAN_BLOCKED', errors.map((one) => `${one.code} ${one.address}: ${one.message}`).join('; '), {
    next: errors[0]?.next ?? 'See the errors of `cqlform plan`.',
    fields: { codes: errors.map((one) => one.code) },
    exitCode: exitCodes.blocked,
  });
}

/** One list of consents may serve several plans, so that one too many is no error; but it may be a slip of the pen. */
function warnOfUnused(plan: Plan, { allowDestructive, emit }: RunFlags): void {
  const wanted = consentsOf(plan);
  const unused = allowDestructive.filter((address) => !wanted.includes(address));
  if (unused.length === 0) return;
  const message = `no step of this plan needs a consent for ${unused.join(', ')}`;
  emit({ kind: 'warning', code: 'CONSENT_UNUSED', message, step: null });
}

function assertConsent(plan: Plan, allowed: readonly string[]): void {
  const missing = consentsOf(plan).filter((address) => !allowed.includes(address));
  if (missing.length === 0) return;
  const flags = missing.map((address) => `--allow-destructive=${shellWord(address)}`).join(' ');
  const joined = allowed.some(
    (one) => one.includes(',') && one.split(',').some((part) => missing.includes(part.trim())),
  )
    ? 'Give each address a flag of its own, without commas. '
    : '';
  throw new CqlformError('CONSENT_MISSING', `the plan destroys or overwrites data at ${missing.join(', ')}`, {
    next: `${joined}Read the plan; if that is what you want, add ${flags}. A backup is taken before each.`,
    fields: { addresses: missing },
    exitCode: exitCodes.consentMissing,
  });
}
