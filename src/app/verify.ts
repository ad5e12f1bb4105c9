import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Progress } from '../model/event.ts';
import type { MigrationEntry, StepEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Table } from '../model/schema.ts';
import { isCounterTable } from '../planner/schema-objects.ts';
import type { RowsVerification } from '../ports/engines.ts';
import { newestAttempt, type Standing, standingOf } from '../runner/standing.ts';
import { type Copied, copiesOf, copyAgain, goneColumns } from './copied-steps.ts';
import { type Engines, enginesOf } from './engines.ts';
import { withLease } from './lease.ts';
import type { Session } from './session.ts';
import { assertGoingOn, unrecorded } from './unrecorded.ts';

const whenStopped = {
  message: 'stopped at your request',
  next: 'Run `cqlform verify` again; it begins anew.',
};

export type VerifyMode =
  /** The rows of the target are counted, and compared with what the ledger says was written. */
  | { readonly kind: 'count' }
  /** Percent of the target's token ring; the source is still read whole. */
  | { readonly kind: 'sample'; readonly share: number }
  | { readonly kind: 'full' };

export interface VerifyOptions {
  /** Null: every applied migration that moved data. */
  readonly migration: string | null;
  readonly mode: VerifyMode;
  /** Writes again what is missing or older than the copy, under the lease. */
  readonly repair: boolean;
  readonly leaseTimeoutMs: number;
  readonly onProgress: (title: string, progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** What became of one data step. */
export type StepVerification = {
  readonly migration: string;
  readonly step: string;
  readonly title: string;
} & (
  | { readonly kind: 'rows'; readonly ok: boolean; readonly report: RowsVerification }
  | { readonly kind: 'count'; readonly ok: boolean; readonly written: number; readonly there: number }
  /** A later migration took away what it read or wrote, or the step was skipped. */
  | { readonly kind: 'not-compared'; readonly reason: string }
);

/** Compares what applied migrations copied with what is in their targets now. */
export async function verify(session: Session, options: VerifyOptions): Promise<readonly StepVerification[]> {
  const work = async (assertHeld: () => void): Promise<readonly StepVerification[]> => {
    const standing = standingOf(await session.journal.entries());
    const live = await session.cluster.describe(session.project.keyspace);
    const engines = enginesOf(session);
    const verified: StepVerification[] = [];
    for (const entry of chosen(standing, options.migration)) {
      for (const copied of await copiesOf(session, standing, entry)) {
        verified.push(await verifyCopy(copied, { session, standing, live, engines, options, assertHeld }));
      }
    }
    return verified;
  };
  const interrupted = (): void => {
    assertGoingOn(options.signal, whenStopped);
  };
  if (!options.repair) return work(interrupted);
  const lease = { leaseTimeoutMs: options.leaseTimeoutMs, signal: options.signal, emit: () => undefined };
  return withLease(session, lease, (held) =>
    work(() => {
      interrupted();
      held.assertHeld();
    }),
  );
}

function chosen({ applied }: Standing, migration: string | null): readonly MigrationEntry[] {
  if (migration === null) return applied.filter((entry) => entry.status === 'applied');
  const entry = applied.find((one) => one.id === migration && one.status === 'applied');
  if (entry !== undefined) return [entry];
  throw new CqlformError('NOT_APPLIED', `${migration} is not an applied migration`, {
    next: 'Name one that `cqlform status` lists as applied.',
    fields: { migration },
    exitCode: exitCodes.usage,
  });
}

interface Verifying {
  readonly session: Session;
  readonly standing: Standing;
  readonly live: LiveKeyspace;
  readonly engines: Engines;
  readonly options: VerifyOptions;
  readonly assertHeld: () => void;
}

async function verifyCopy(copied: Copied, verifying: Verifying): Promise<StepVerification> {
  const { section, step, entry } = copied;
  const { live, options, engines, assertHeld } = verifying;
  const about = { migration: section.migration, step: step.id, title: step.title };
  const result = entry?.result;
  if (entry === undefined || result?.kind !== 'data' || result.skipped) {
    return { ...about, kind: 'not-compared', reason: 'its data was skipped when it was applied' };
  }
  const into = own(live.schema.tables, step.work.into.name);
  const from = step.work.from === null ? null : own(live.schema.tables, step.work.from.name);
  if (into === undefined || from === undefined) {
    const gone = into === undefined ? step.work.into.name : step.work.from?.name;
    return { ...about, kind: 'not-compared', reason: `${live.name}.${gone} is not there any more` };
  }
  if (isCounterTable(into)) {
    const reason = 'its counters were read back when they were copied, and have been counted on since';
    return { ...about, kind: 'not-compared', reason };
  }
  const context = {
    keyspace: live.name,
    types: live.schema.types,
    onProgress: (progress: Progress) => options.onProgress(step.title, progress),
    assertHeld,
    ...unrecorded,
    attempt: newestAttempt(verifying.standing, entry) + 1,
  };
  if (options.mode.kind === 'count') {
    const there = await engines.copier.count(into, context);
    const written = result.accounts.written - result.accounts.collisions;
    if (there >= written) return { ...about, kind: 'count', ok: true, written, there };
    // rows that ran out since are no loss, which counting cannot tell
    const request = await requestOf(copied, { from, into, entry }, verifying);
    const { missing, unexamined } = await engines.copier.verify(request, context);
    return { ...about, kind: 'count', ok: missing + unexamined === 0, written, there };
  }
  const request = await requestOf(copied, { from, into, entry }, verifying);
  const gone = goneColumns(request);
  if (gone.length > 0) return { ...about, kind: 'not-compared', reason: `${gone.join(', ')} is not there any more` };
  let report = await engines.copier.verify(request, context);
  if (report.repaired > 0) {
    const after = await engines.copier.verify({ ...request, repair: false }, context);
    report = { ...after, repaired: report.repaired };
  }
  const ok = report.missing + report.extra + report.different + report.unexamined === 0;
  return { ...about, kind: 'rows', ok, report };
}

async function requestOf(
  { section, step }: Copied,
  { from, into, entry }: { readonly from: Table | null; readonly into: Table; readonly entry: StepEntry },
  { session, standing, live, options }: Verifying,
): Promise<Parameters<Engines['copier']['verify']>[0]> {
  const { mode, repair } = options;
  return {
    ...(await copyAgain(session, { section, step, from, into, entry, standing, live })),
    share: mode.kind === 'sample' ? mode.share : 100,
    repair,
  };
}
