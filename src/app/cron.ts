import { Cron } from 'croner';
import { reasonOf } from '../kernel/errors.ts';

/** When a schedule is due. */
export interface CronSchedule {
  readonly text: string;
  readonly timeZone: string;
  /** The first time after this one; null: there is none any more. */
  after(time: Date): Date | null;
  /** The last time before or at this one; null: there was none. */
  upTo(time: Date): Date | null;
}

/** Gives the problem in words for an expression that cannot be understood, or that never comes. */
export function cronNamed(text: string, timeZone: string): CronSchedule | string {
  if (!isTimeZone(timeZone)) return `${timeZone} is no time zone; name one as Europe/Berlin or UTC`;
  let cron: Cron;
  try {
    cron = new Cron(text, { timezone: timeZone, paused: true });
  } catch (thrown) {
    return `${JSON.stringify(text)} is no cron expression (${reasonOf(thrown).replace(/^CronPattern: /, '')})`;
  }
  if (cron.nextRun(new Date(0)) === null) return `the time of ${JSON.stringify(text)} never comes`;
  return {
    text,
    timeZone,
    after: (time) => cron.nextRun(time),
    // a time that is met counts as past, whatever its milliseconds
    upTo: (time) => cron.previousRuns(1, new Date(Math.floor(time.getTime() / 1000) * 1000 + 1000))[0] ?? null,
  };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
