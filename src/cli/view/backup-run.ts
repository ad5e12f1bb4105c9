import type { ListedSchedule } from '../../app/backup-run.ts';
import type { ScheduledJob } from '../../app/schedule-settings.ts';
import type { ScheduleUnit, UnitTarget } from '../../app/schedule-units.ts';
import type { JobEvent } from '../../app/scheduled-job.ts';
import type { SchedulerEvent } from '../../app/scheduler.ts';
import { match } from '../../kernel/match.ts';
import { createdText } from './backup-created.ts';
import { asCqlformError } from './error.ts';
import { indent } from './indent.ts';
import { bytesText, countText, durationText, plural, rowsText } from './numbers.ts';
import type { Paint } from './paint.ts';

/** A line, or some, of what a scheduled run tells. */
export function jobEventText(event: JobEvent, paint: Paint): string {
  return match(event, {
    waiting: (one) => `waits for ${one.for}`,
    begun: ({ due }) => `begins; due ${due}`,
    hook: ({ hook, line }) => `${hook} | ${line}`,
    backup: ({ report }) => indent(createdText(report, paint), 2).trimStart(),
    pruned: ({ keyspace, report }) =>
      `${keyspace}: ${plural(report.forgotten, 'backup')} gone, ${plural(report.backups.length - report.forgotten, 'backup')} of this schedule kept; ${plural(report.deleted, 'object')} deleted (${bytesText(report.deletedBytes)})`,
    verified: ({ report }) =>
      `${report.backup}: ${countText(report.chunks)} chunks, ${rowsText(report)}, ${bytesText(report.bytes)} read again${report.share < 100 ? ` (a sample of ${report.share}%)` : ''}, ${report.damage.length === 0 ? 'whole' : paint.fail(`${plural(report.damage.length, 'place')} damaged`)}`,
    drilled: ({ report }) =>
      `${report.backup} restored into ${report.scratch}: ${report.matches ? paint.good('matches') : paint.fail('differs')}`,
    elsewhere: ({ due }) => `was run for ${due} already, by somebody else`,
    done: ({ milliseconds }) => `${paint.good('done')} in ${durationText(milliseconds)}`,
  });
}

export function schedulerEventText(event: SchedulerEvent, paint: Paint): string {
  return match(event, {
    next: ({ due, at }) =>
      `next ${due.toISOString()}${at.getTime() === due.getTime() ? '' : `, begins ${at.toISOString()}`}`,
    missed: ({ due, isMadeUpFor }) =>
      paint.warn(`missed ${due.toISOString()}: ${isMadeUpFor ? 'made up for now' : 'skipped, as `missed` says'}`),
    failed: ({ error }) => {
      const { code, message, next } = asCqlformError(error);
      return `${paint.fail(`failed: error[${code}]`)} ${message}\n    → ${next}`;
    },
  });
}

/** The same facts as JSON, in one line. */
export function jobEventJson(job: ScheduledJob, event: JobEvent): string {
  return JSON.stringify({ schedule: job.name, ...event });
}

export function schedulerEventJson(event: SchedulerEvent): string {
  const { job, ...rest } = event;
  if (rest.kind !== 'failed') return JSON.stringify({ schedule: job.name, ...rest });
  const { code, message, next } = asCqlformError(rest.error);
  return JSON.stringify({ schedule: job.name, kind: rest.kind, error: { code, message, next } });
}

/** What can be put where it belongs; each file of several with its path above. */
export function unitsText(target: UnitTarget, units: readonly ScheduleUnit[]): string {
  const separator = target === 'k8s' ? '\n---\n' : '\n\n';
  return units.map(({ file, text }) => (target === 'cron' ? text : `# ${file}\n${text}`)).join(separator);
}

export function schedulesText(schedules: readonly ListedSchedule[], paint: Paint): string {
  return schedules
    .map(({ schedule, job, cron, timeZone, next, last, store }) => {
      const ended =
        last === null
          ? 'has not run'
          : last.outcome === 'done'
            ? paint.good(`done ${last.finishedAt}`)
            : paint.fail(`failed ${last.finishedAt}${last.code === null ? '' : ` with ${last.code}`}`);
      return `${paint.strong(schedule)}  ${job}  ${cron} (${timeZone})  in ${store}\n  next ${next ?? 'never'}; ${ended}`;
    })
    .join('\n');
}
