import { setTimeout as sleep } from 'node:timers/promises';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Progress } from '../model/event.ts';
import type { CopyAccounts, WatermarkEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { type Since, sinceName } from '../model/since.ts';
import type { CopyRequest } from '../ports/engines.ts';
import { type Standing, standingOf } from '../runner/standing.ts';
import { type Lag, lagBetween } from './catch-up-lag.ts';
import { runPass } from './catch-up-pass.ts';
import { type Copied, copiesOf, copyAgain, goneColumns } from './copied-steps.ts';
import { dataLoader } from './data-loader.ts';
import { type Engines, enginesOf } from './engines.ts';
import { withLease } from './lease.ts';
import type { Session } from './session.ts';
import { unfinishedError } from './unfinished.ts';
import { assertGoingOn } from './unrecorded.ts';

const whenStopped = {
  message: 'stopped at your request',
  next: 'Run `cqlform catch-up` again: it goes on from the last watermark.',
};

export interface CatchUpOptions {
  /** Null: every applied migration whose copies tell changes. */
  readonly migration: string | null;
  readonly leaseTimeoutMs: number;
  readonly onProgress: (title: string, progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** One copy, and what a pass over its source's changes did. */
export interface CaughtUp {
  readonly migration: string;
  readonly step: string;
  readonly title: string;
  /** The source's column, or `the write time`. */
  readonly by: string;
  /** Microseconds of a time, else a number; as digits. */
  readonly watermark: string;
  readonly time: boolean;
  /** Null: there was nothing that a pass could have found. */
  readonly accounts: CopyAccounts | null;
  /** Null: nobody asked. */
  readonly lag: Lag | null;
}

export interface FollowOptions extends CatchUpOptions {
  /** Ends when no copy lags behind by more; null: when it is told to stop. */
  readonly untilLagMs: number | null;
  /** From the end of a pass to the beginning of the next. */
  readonly everyMs: number;
  readonly onRound: (round: readonly CaughtUp[]) => void;
  /** Told why a round did not come to its end, where the next one may. */
  readonly onTrouble: (trouble: CqlformError) => void;
}

/** A copy whose source tells its changes. */
export interface Following {
  readonly copied: Copied;
  readonly watermark: WatermarkEntry;
  readonly since: Since;
  readonly request: Omit<CopyRequest, 'rejectsFile'>;
}

/** Row functions are loaded once, however many passes there are. */
export interface CatchUpTools {
  readonly session: Session;
  readonly engines: Engines;
  readonly load: ReturnType<typeof dataLoader>;
}

/** One pass over the changes of each copy. Throws `NOTHING_TO_CATCH_UP` where no copy tells any. */
export async function catchUp(
  session: Session,
  options: CatchUpOptions & { readonly withLag: boolean },
): Promise<readonly CaughtUp[]> {
  return round(toolsOf(session), options);
}

/**
 * Pass after pass, the lease given back in between, so that other runs get their turn. One that has no end goes on when
 * somebody else has the lease and when a connection breaks: the next pass begins where the last one that ended did.
 */
export async function follow(session: Session, options: FollowOptions): Promise<void> {
  const tools = toolsOf(session);
  const { untilLagMs, everyMs, signal, onRound, onTrouble } = options;
  for (;;) {
    let wait = everyMs;
    try {
      const caught = await round(tools, { ...options, withLag: untilLagMs !== null });
      onRound(caught);
      if (untilLagMs !== null && caught.every(({ lag }) => lag !== null && lag.milliseconds <= untilLagMs)) return;
    } catch (thrown) {
      if (untilLagMs !== null || signal.aborted || !mayPass(thrown)) throw thrown;
      onTrouble(thrown);
      wait = Math.max(everyMs, afterTroubleMs);
    }
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    assertGoingOn(signal, whenStopped);
  }
}

const afterTroubleMs = 2000;

function mayPass(thrown: unknown): thrown is CqlformError {
  return thrown instanceof CqlformError && (thrown.retryable || thrown.exitCode === exitCodes.leaseHeld);
}

/** How far each copy is behind its source; writes nothing. */
export async function lagging(
  session: Session,
  options: Pick<CatchUpOptions, 'migration' | 'onProgress' | 'signal'>,
): Promise<readonly CaughtUp[]> {
  const tools = toolsOf(session);
  const standing = standingOf(await session.journal.entries());
  const live = await session.cluster.describe(session.project.keyspace);
  const found: CaughtUp[] = [];
  for (const one of await followed(tools, { standing, live, migration: options.migration })) {
    const context = { ...options, live, assertHeld: () => assertGoingOn(options.signal, whenStopped) };
    const lag = await lagBetween(one, tools, context);
    found.push(told(one, { watermark: one.watermark, accounts: one.watermark.accounts, lag }));
  }
  return found;
}

function toolsOf(session: Session): CatchUpTools {
  return { session, engines: enginesOf(session), load: dataLoader(session.project) };
}

async function round(
  tools: CatchUpTools,
  options: CatchUpOptions & { readonly withLag: boolean },
): Promise<readonly CaughtUp[]> {
  const { session } = tools;
  const leased = { leaseTimeoutMs: options.leaseTimeoutMs, signal: options.signal, emit: () => undefined };
  return withLease(session, leased, async (lease) => {
    const standing = standingOf(await session.journal.entries());
    if (standing.unfinished !== null) throw unfinishedError(standing.unfinished);
    const live = await session.cluster.describe(session.project.keyspace);
    const assertHeld = (): void => {
      assertGoingOn(options.signal, whenStopped);
      lease.assertHeld();
    };
    const context = { ...options, live, assertHeld };
    const caught: CaughtUp[] = [];
    for (const one of await followed(tools, { standing, live, migration: options.migration })) {
      assertHeld();
      const { watermark, accounts } = await runPass(one, tools, { ...context, standing });
      const lag = options.withLag ? await lagBetween({ ...one, watermark }, tools, context) : null;
      caught.push(told(one, { watermark, accounts, lag }));
    }
    return caught;
  });
}

function told(
  { copied, since }: Following,
  { watermark, accounts, lag }: Pick<CaughtUp, 'accounts' | 'lag'> & { readonly watermark: WatermarkEntry },
): CaughtUp {
  return {
    migration: copied.section.migration,
    step: copied.step.id,
    title: copied.step.title,
    by: sinceName(since),
    watermark: watermark.value,
    time: since.by !== 'number',
    accounts,
    lag,
  };
}

interface Followed {
  readonly standing: Standing;
  readonly live: LiveKeyspace;
  readonly migration: string | null;
}

async function followed(tools: CatchUpTools, { standing, live, migration }: Followed): Promise<readonly Following[]> {
  const found: Following[] = [];
  for (const applied of standing.applied) {
    const watermarks = standing.watermarks.filter((one) => one.run === applied.run && one.migration === applied.id);
    if (applied.status !== 'applied' || watermarks.length === 0) continue;
    if (migration !== null && migration !== applied.id) continue;
    for (const copied of await copiesOf(tools.session, standing, applied)) {
      const watermark = watermarks.find((one) => one.step === copied.step.id);
      if (watermark === undefined || copied.entry?.result?.kind !== 'data') continue;
      found.push(await followingOf(tools, { copied, watermark, standing, live }));
    }
  }
  if (found.length > 0) return found;
  throw new CqlformError(
    'NOTHING_TO_CATCH_UP',
    migration === null
      ? 'no applied copy tells changes of its source'
      : `${migration} has no applied copy that tells changes of its source`,
    {
      next: 'Write `since` into the copy before it is applied: the column that holds when a row was changed. `cqlform status` lists what is applied.',
      fields: { migration },
      exitCode: exitCodes.usage,
    },
  );
}

async function followingOf(
  { session, load }: CatchUpTools,
  {
    copied,
    watermark,
    standing,
    live,
  }: {
    readonly copied: Copied;
    readonly watermark: WatermarkEntry;
    readonly standing: Standing;
    readonly live: LiveKeyspace;
  },
): Promise<Following> {
  const { section, step, entry } = copied;
  const into = own(live.schema.tables, step.work.into.name);
  const from = step.work.from === null ? null : own(live.schema.tables, step.work.from.name);
  if (into === undefined || from === undefined || entry === undefined) {
    throw notAsItWas(step.id, into === undefined ? step.work.into.name : (step.work.from?.name ?? ''));
  }
  const request = await copyAgain(session, { section, step, from, into, entry, standing, live, load });
  const gone = goneColumns(request);
  if (gone.length > 0) throw notAsItWas(step.id, gone.join(', '));
  const { since } = request.spec;
  if (since === undefined) throw new TypeError(`${step.id} has a watermark and tells no changes`);
  return { copied, watermark, since, request };
}

function notAsItWas(step: string, gone: string): CqlformError {
  return new CqlformError('CATCH_UP_IMPOSSIBLE', `${step} cannot go on: ${gone} is not there any more`, {
    next: 'A later change took it away: name the migrations that shall be caught up with, or copy anew in a migration.',
    fields: { step },
    exitCode: exitCodes.blocked,
  });
}
