import type { RunRecord } from '../backup/run-records.ts';
import { systemClock } from '../cassandra/system-clock.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import type { Progress } from '../model/event.ts';
import { withStores } from './backup.ts';
import type { Project } from './project.ts';
import type { ScheduledJob } from './schedule-settings.ts';
import { type JobEvent, recordsOf, runScheduledJob } from './scheduled-job.ts';
import { followSchedules, nap, type SchedulerEvent } from './scheduler.ts';
import { chooseStore } from './store.ts';

/** Somebody who waits for its turn in a repository waits at least so long. */
const leastWaitMs = 60_000;

export interface RunHow {
  readonly onEvent: (job: ScheduledJob, event: JobEvent) => void;
  readonly onScheduler: (event: SchedulerEvent) => void;
  /** Told how far a run is, of whichever job. */
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** Stays up and runs each schedule at its times, until it is told to stop. Throws `SCHEDULES_NONE`. */
export async function runSchedules(project: Project, how: RunHow): Promise<void> {
  if (project.schedules.length === 0) throw noSchedules();
  await followSchedules({
    jobs: project.schedules,
    clock: systemClock,
    chance: Math.random,
    lastDue: (job) => withStores(project, [job.store], (open) => recordsOf(open, job).lastDue()),
    run: (job, due) => runOne(project, how, { job, due, onlyIfDue: true }),
    onEvent: how.onScheduler,
    signal: how.signal,
  });
}

/** Runs one schedule now, whatever its time. `jitter`: after as long as chance says, as `backup run` would. */
export async function runOnce(
  project: Project,
  how: RunHow,
  { name, jitter }: { readonly name: string; readonly jitter: boolean },
): Promise<void> {
  const job = jobNamed(project, name);
  const due = systemClock.now();
  if (jitter) await nap({ clock: systemClock, signal: how.signal }, Math.random() * job.jitterMs);
  await runOne(project, how, { job, due, onlyIfDue: false });
}

/** Throws `SCHEDULE_UNKNOWN`. */
export function jobNamed({ schedules }: Project, name: string): ScheduledJob {
  const found = schedules.find((job) => job.name === name);
  if (found !== undefined) return found;
  if (schedules.length === 0) throw noSchedules();
  const names = schedules.map((job) => job.name);
  const [near] = nearNames(name, names);
  throw new CqlformError('SCHEDULE_UNKNOWN', `the configuration has no schedule ${name}`, {
    next: near === undefined ? `It has ${names.join(', ')}.` : `Did you mean ${near}? It has ${names.join(', ')}.`,
    exitCode: exitCodes.usage,
  });
}

export function noSchedules(): CqlformError {
  return new CqlformError('SCHEDULES_NONE', 'the configuration has no schedules', {
    next: "Write them there: `backup: { schedules: { nightly: { job: 'backup', cron: '0 2 * * *' } } }`.",
    exitCode: exitCodes.usage,
  });
}

export interface ListedSchedule {
  readonly schedule: string;
  readonly job: ScheduledJob['work']['kind'];
  readonly cron: string;
  readonly timeZone: string;
  readonly store: string;
  /** ISO, without jitter; null: it comes no more. */
  readonly next: string | null;
  readonly last: RunRecord | null;
}

/** What is to come, and what the repositories say of the last runs. Throws `SCHEDULES_NONE`. */
export async function listSchedules(project: Project): Promise<readonly ListedSchedule[]> {
  if (project.schedules.length === 0) throw noSchedules();
  const listed: ListedSchedule[] = [];
  for (const job of project.schedules) {
    const { text: cron, timeZone } = job.cron;
    listed.push({
      ...{ schedule: job.name, job: job.work.kind, cron, timeZone },
      store: chooseStore(project, job.store).name,
      next: job.cron.after(systemClock.now())?.toISOString() ?? null,
      last: await withStores(project, [job.store], (open) => recordsOf(open, job).last()),
    });
  }
  return listed;
}

async function runOne(
  project: Project,
  how: RunHow,
  { job, due, onlyIfDue }: { readonly job: ScheduledJob; readonly due: Date; readonly onlyIfDue: boolean },
): Promise<void> {
  const now = systemClock.now();
  const nextDue = job.cron.after(now) ?? now;
  await runScheduledJob(project, {
    ...{ job, due, onlyIfDue },
    // by then the next one waits, too
    giveUpAt: new Date(Math.max(nextDue.getTime(), now.getTime() + leastWaitMs)),
    onEvent: (event) => how.onEvent(job, event),
    ...{ onProgress: how.onProgress, signal: how.signal },
  });
}
