import type { Clock } from '../ports/clock.ts';
import type { ScheduledJob } from './schedule-settings.ts';

/** The wall clock is looked at as often, so that a machine that slept, or a clock that was set, is noticed. */
const longestSleepMs = 30_000;

export type SchedulerEvent =
  | { readonly kind: 'next'; readonly job: ScheduledJob; readonly due: Date; readonly at: Date }
  /** `due`: the newest of the times that have passed without a run. */
  | { readonly kind: 'missed'; readonly job: ScheduledJob; readonly due: Date; readonly isMadeUpFor: boolean }
  | { readonly kind: 'failed'; readonly job: ScheduledJob; readonly error: unknown };

export interface Following {
  readonly jobs: readonly ScheduledJob[];
  readonly clock: Clock;
  /** From 0 to 1, for the jitter. */
  readonly chance: () => number;
  /** When the job's newest run was due, whoever ran it; null: none ever ran. */
  readonly lastDue: (job: ScheduledJob) => Promise<Date | null>;
  readonly run: (job: ScheduledJob, due: Date) => Promise<void>;
  readonly onEvent: (event: SchedulerEvent) => void;
  readonly signal: AbortSignal;
}

interface Planned {
  readonly job: ScheduledJob;
  readonly due: Date;
  /** When it begins: later by the jitter. */
  readonly at: Date;
}

/**
 * Follows schedules until it is told to stop, or no time of theirs is to come: one run after another, those that fail
 * told and left behind. Several times that pass while a run is at work, or nobody is there, count as one.
 */
export async function followSchedules(following: Following): Promise<void> {
  const { clock, signal } = following;
  let planned: Planned[] = [];
  for (const job of following.jobs)
    planned = replacing(planned, job, next(following, job, await following.lastDue(job)));
  while (!signal.aborted) {
    const [first] = planned.toSorted((a, b) => a.at.getTime() - b.at.getTime());
    if (first === undefined) return;
    const ahead = first.at.getTime() - clock.now().getTime();
    if (ahead > 0) {
      await nap(following, Math.min(ahead, longestSleepMs));
      continue;
    }
    try {
      await following.run(first.job, first.due);
    } catch (error) {
      if (signal.aborted) throw error;
      following.onEvent({ kind: 'failed', job: first.job, error });
    }
    planned = replacing(planned, first.job, next(following, first.job, first.due));
  }
}

function replacing(planned: readonly Planned[], job: ScheduledJob, one: Planned | null): Planned[] {
  const others = planned.filter((other) => other.job !== job);
  return one === null ? others : [...others, one];
}

/** Null: no time of it is to come. */
function next({ clock, chance, onEvent }: Following, job: ScheduledJob, lastDue: Date | null): Planned | null {
  const now = clock.now();
  const missed = lastDue === null ? null : job.cron.upTo(now);
  if (lastDue !== null && missed !== null && missed > lastDue) {
    const isMadeUpFor = job.missed !== 'skip';
    onEvent({ kind: 'missed', job, due: missed, isMadeUpFor });
    if (isMadeUpFor) return { job, due: missed, at: now };
  }
  const due = job.cron.after(now);
  if (due === null) return null;
  const at = new Date(due.getTime() + Math.round(chance() * job.jitterMs));
  onEvent({ kind: 'next', job, due, at });
  return { job, due, at };
}

/** An aborted nap is a stop. */
export async function nap({ clock, signal }: Pick<Following, 'clock' | 'signal'>, milliseconds: number): Promise<void> {
  await clock.sleep(milliseconds, signal).catch((thrown: unknown) => {
    if (!signal.aborted) throw thrown;
  });
}
