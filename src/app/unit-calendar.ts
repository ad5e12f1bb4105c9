import type { CronSchedule } from './cron.ts';
import { type CronField, fieldsOf, rangesOf, stepOf, untranslatable } from './cron-fields.ts';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** GitHub starts nothing more often. */
const githubMinutes = 5;

/** A schedule as systemd says it, in one calendar event or two: either of them is enough. */
export function calendarOf(cron: CronSchedule): readonly string[] {
  const { seconds, minutes, hours, days: dates, months, weekdays, years } = fieldsOf(cron);
  const time = `${part(hours)}:${part(minutes)}:${part(seconds)}`;
  const on = (date: string): string =>
    `${years.isAny ? '*' : part(years)}-${part(months)}-${date} ${time} ${zoneOf(cron)}`;
  // Monday first, as systemd counts, so that a weekend is one range
  const week = rangesOf(weekdays.values.map((day) => (day === 0 ? 7 : day)).sort(), '..', (day) => days[day % 7] ?? '');
  const byDate = on(part(dates));
  const byDay = `${weekdays.values.length === 7 ? '' : `${week} `}${on('*')}`;
  if (weekdays.isAny) return [byDate];
  return dates.isAny ? [byDay] : [byDate, byDay];
}

function part(field: CronField): string {
  const { values, lowest, highest, isAny } = field;
  if (isAny || values.length === highest - lowest + 1) return '*';
  const stepped = stepOf(field);
  const two = (value: number): string => String(value).padStart(2, '0');
  return stepped === null ? rangesOf(values, '..', two) : `${two(stepped.first)}/${stepped.step}`;
}

function zoneOf({ timeZone }: CronSchedule): string {
  return isUtc(timeZone) ? 'UTC' : timeZone;
}

export function isUtc(timeZone: string): boolean {
  return /^(?:Etc\/)?(?:UTC|UCT|GMT|Zulu|Universal)$/i.test(timeZone);
}

/** Five fields, as every cron understands them. `target` is named in errors. */
export function fiveFields(cron: CronSchedule, target: string): string {
  const { seconds, minutes, hours, days: dates, months, weekdays, years } = fieldsOf(cron);
  if (seconds.values.join() !== '0')
    throw untranslatable(`${target} knows no seconds, as in ${JSON.stringify(cron.text)}`);
  if (!years.isAny) throw untranslatable(`${target} knows no years, as in ${JSON.stringify(cron.text)}`);
  // Where both are restricted either is enough, but not where one of them begins with `*`.
  const both = !dates.isAny && !weekdays.isAny;
  const day = (field: CronField): string => (both ? rangesOf(field.values, '-') : cronPart(field));
  return [cronPart(minutes), cronPart(hours), day(dates), cronPart(months), day(weekdays)].join(' ');
}

function cronPart(field: CronField): string {
  const { values, lowest, highest, isAny } = field;
  if (isAny || values.length === highest - lowest + 1) return '*';
  const stepped = stepOf(field);
  if (stepped === null) return rangesOf(values, '-');
  return stepped.first === lowest ? `*/${stepped.step}` : `${stepped.first}-${highest}/${stepped.step}`;
}

/** Throws `SCHEDULE_TARGET` for what GitHub would not start as often. */
export function assertRareEnough(cron: CronSchedule): void {
  const { minutes, hours } = fieldsOf(cron);
  const gaps = minutes.values.slice(1).map((value, index) => value - (minutes.values[index] ?? 0));
  const around = hours.values.length > 1 ? [60 - (minutes.values.at(-1) ?? 0) + (minutes.values[0] ?? 0)] : [];
  if (Math.min(...gaps, ...around, 60) >= githubMinutes) return;
  throw untranslatable(
    `GitHub starts nothing more often than every ${githubMinutes} minutes, unlike ${JSON.stringify(cron.text)}`,
  );
}
