import { describe, expect, it } from 'vitest';
import { type CronSchedule, cronNamed } from '../../src/app/cron.ts';
import type { ScheduledJob } from '../../src/app/schedule-settings.ts';
import { type UnitPlace, type UnitTarget, unitsOf } from '../../src/app/schedule-units.ts';
import { calendarOf, fiveFields } from '../../src/app/unit-calendar.ts';

function cronOf(text: string, zone = 'UTC'): CronSchedule {
  const cron = cronNamed(text, zone);
  if (typeof cron === 'string') throw new Error(cron);
  return cron;
}

const nightly: ScheduledJob = {
  name: 'nightly',
  cron: cronOf('30 2 * * MON-FRI', 'Europe/Berlin'),
  jitterMs: 90_000,
  missed: null,
  hooks: { before: null, after: null, failed: null, environment: [], timeoutMs: 1000 },
  store: undefined,
  work: { kind: 'verify', share: 100 },
};
const place: UnitPlace = {
  folder: "/srv/it's 100%",
  program: ['/usr/bin/node', '/srv/bin.js'],
  options: ['--env', 'production'],
  image: 'shop:1',
  timeZone: 'Europe/Berlin',
};
const printed = (target: UnitTarget, job: ScheduledJob = nightly, at: UnitPlace = place): string =>
  unitsOf(target, job, at)
    .map(({ file, text }) => `# ${file}\n${text}`)
    .join('\n');

/** As `systemd-analyze calendar` elapses it, which agreed with the cron library on all of these in three time zones. */
const translated: readonly (readonly [cron: string, systemd: string, five: string | null])[] = [
  ['0 2 * * *', '*-*-* 02:00:00 UTC', '0 2 * * *'],
  ['*/15 * * * *', '*-*-* *:00/15:00 UTC', '*/15 * * * *'],
  ['5-50/15 9-17 * * MON-FRI', 'Mon..Fri *-*-* 09..17:05/15:00 UTC', '5-59/15 9-17 * * 1-5'],
  ['30 3 1,15 * *', '*-*-01,15 03:30:00 UTC', '30 3 1,15 * *'],
  ['0 4 * * 7', 'Sun *-*-* 04:00:00 UTC', '0 4 * * 0'],
  ['0 4 * * FRI-7', 'Fri..Sun *-*-* 04:00:00 UTC', '0 4 * * 0,5,6'],
  ['0 0 13 * 5', '*-*-13 00:00:00 UTC | Fri *-*-* 00:00:00 UTC', '0 0 13 * 5'],
  ['0 0 1-31 * 5', '*-*-* 00:00:00 UTC | Fri *-*-* 00:00:00 UTC', '0 0 1-31 * 5'],
  ['0 12 1-7 * 1-5/2', '*-*-01..07 12:00:00 UTC | Mon,Wed,Fri *-*-* 12:00:00 UTC', '0 12 1-7 * 1,3,5'],
  ['0 0 * JAN,JUN MON', 'Mon *-01,06-* 00:00:00 UTC', '0 0 * 1,6 1'],
  ['0 5 */10 */3 *', '*-01/3-01/10 05:00:00 UTC', '0 5 */10 */3 *'],
  ['@weekly', 'Sun *-*-* 00:00:00 UTC', '0 0 * * 0'],
  ['*/10 30 1 * * *', '*-*-* 01:30:00/10 UTC', null],
  ['0 0 0 1 1 * 2027-2029', '2027..2029-01-01 00:00:00 UTC', null],
];

describe('schedules of others', () => {
  it.each(translated)('say %s as it is meant', (text, systemd, five) => {
    const cron = cronOf(text);
    expect(calendarOf(cron).join(' | ')).toBe(systemd);
    if (five === null) {
      expect(() => fiveFields(cron, 'cron')).toThrow(/cron knows no (?:seconds|years)/);
      return;
    }
    expect(fiveFields(cron, 'cron')).toBe(five);
    const times = (of: CronSchedule): readonly (string | undefined)[] => {
      let time: Date | null = new Date('2026-11-22T22:17:11Z');
      return Array.from({ length: 20 }, () => {
        time = time === null ? null : of.after(time);
        return time?.toISOString();
      });
    };
    expect(times(cronOf(five))).toEqual(times(cron));
  });

  it('are a service and a timer for systemd', () => {
    const text = printed('systemd');
    expect(text).toContain('OnCalendar=Mon..Fri *-*-* 02:30:00 Europe/Berlin\n');
    expect(text).toContain('RandomizedDelaySec=90s\nPersistent=true\n');
    expect(text).toContain("WorkingDirectory=/srv/it's 100%%\n");
    expect(text).toContain('ExecStart=/usr/bin/node /srv/bin.js backup run --once nightly --env production\n');
    expect(printed('systemd', { ...nightly, missed: 'skip' })).toContain('Persistent=false');
  });

  it('are a line of a crontab, in the machine’s time zone only', () => {
    expect(printed('cron')).toContain(
      "30 2 * * 1-5 cd '/srv/it'\\''s 100\\%' && CI=true /usr/bin/node /srv/bin.js backup run --once nightly --jitter --env production",
    );
    expect(() => printed('cron', nightly, { ...place, timeZone: 'UTC' })).toThrow(
      "a crontab goes by the machine's time zone, UTC, and nightly by Europe/Berlin",
    );
    expect(() => printed('cron', { ...nightly, missed: 'run-once' })).toThrow('makes up for no missed runs');
  });

  it('are a CronJob for Kubernetes and a workflow for GitHub, with their time zones', () => {
    const cronJob = printed('k8s', { ...nightly, missed: 'skip' });
    expect(cronJob).toContain('  schedule: "30 2 * * 1-5"\n  timeZone: "Europe/Berlin"\n  concurrencyPolicy: Forbid\n');
    expect(cronJob).toContain('startingDeadlineSeconds: 60');
    expect(cronJob).toContain('["npx","cqlform","backup","run","--once","nightly","--jitter","--env","production"]');
    expect(() => printed('k8s', nightly, { ...place, image: null })).toThrow('needs an image');
    expect(printed('github')).toContain('    - cron: "30 2 * * 1-5"\n      timezone: "Europe/Berlin"\n');
    expect(() => printed('github', { ...nightly, cron: cronOf('*/2 * * * *') })).toThrow('every 5 minutes');
    for (const text of ['0 0 L * *', '0 0 * * 5#2', '0 0 15W * *'])
      expect(() => printed('systemd', { ...nightly, cron: cronOf(text) })).toThrow(
        'understood by `cqlform backup run` only',
      );
  });
});
