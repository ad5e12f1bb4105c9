import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { shellWord } from '../kernel/shell.ts';
import { untranslatable } from './cron-fields.ts';
import type { ScheduledJob } from './schedule-settings.ts';
import { assertRareEnough, calendarOf, fiveFields, isUtc } from './unit-calendar.ts';

export type UnitTarget = 'systemd' | 'cron' | 'k8s' | 'github';

/** A file, or a part of one, that has a schedule followed by somebody else than `backup run`. */
export interface ScheduleUnit {
  readonly schedule: string;
  /** Where it belongs. */
  readonly file: string;
  readonly text: string;
}

export interface UnitPlace {
  /** The project's folder. */
  readonly folder: string;
  /** The words that start this program on this machine. */
  readonly program: readonly string[];
  /** Options that say which project and environment is meant. */
  readonly options: readonly string[];
  /** Of the container, for k8s. */
  readonly image: string | null;
  /** Of this machine, by which its crontab goes. */
  readonly timeZone: string;
}

/** Throws `SCHEDULE_TARGET` where the target cannot say what the schedule does. */
export function unitsOf(target: UnitTarget, job: ScheduledJob, place: UnitPlace): readonly ScheduleUnit[] {
  switch (target) {
    case 'systemd':
      return systemd(job, place);
    case 'cron':
      return [crontab(job, place)];
    case 'k8s':
      return [cronJob(job, place)];
    case 'github':
      return [workflow(job, place)];
  }
}

function title({ name, work }: ScheduledJob): string {
  return `cqlform: ${name} (${work.kind})`;
}

function onceWords({ name, jitterMs }: ScheduledJob, { options }: UnitPlace, ownJitter: boolean): readonly string[] {
  return ['backup', 'run', '--once', name, ...(ownJitter && jitterMs > 0 ? ['--jitter'] : []), ...options];
}

function systemd(job: ScheduledJob, place: UnitPlace): readonly ScheduleUnit[] {
  const unit = `cqlform-${job.name}`;
  const words = [...place.program, ...onceWords(job, place, false)].map(systemdWord).join(' ');
  const file = (ending: string): string => `/etc/systemd/system/${unit}.${ending}`;
  const service = [
    '[Unit]',
    `Description=${title(job)}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    'Type=oneshot',
    `WorkingDirectory=${place.folder.replaceAll('%', '%%')}`,
    `# Passwords of the configuration, as NAME=value lines that only root can read.`,
    `EnvironmentFile=-/etc/cqlform/${job.name}.env`,
    'Environment=CI=true',
    `ExecStart=${words}`,
    'SuccessExitStatus=143',
  ];
  const timer = [
    '[Unit]',
    `Description=${title(job)}`,
    '',
    '[Timer]',
    ...calendarOf(job.cron).map((event) => `OnCalendar=${event}`),
    'AccuracySec=1s',
    ...(job.jitterMs > 0 ? [`RandomizedDelaySec=${job.jitterMs / 1000}s`] : []),
    `Persistent=${job.missed === 'skip' ? 'false' : 'true'}`,
    '',
    '[Install]',
    'WantedBy=timers.target',
  ];
  return [
    { schedule: job.name, file: file('service'), text: service.join('\n') },
    { schedule: job.name, file: file('timer'), text: timer.join('\n') },
  ];
}

function systemdWord(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w./:@%=+,-]+$/.test(word) ? escaped : `"${escaped.replaceAll('"', '\\"')}"`;
}

function crontab(job: ScheduledJob, place: UnitPlace): ScheduleUnit {
  assertForgets(job, 'cron');
  const { timeZone } = job.cron;
  const same = timeZone === place.timeZone || (isUtc(timeZone) && isUtc(place.timeZone));
  if (!same) {
    throw untranslatable(
      `a crontab goes by the machine's time zone, ${place.timeZone}, and ${job.name} by ${timeZone}`,
    );
  }
  const words = [...place.program, ...onceWords(job, place, true)].map(shellWord).join(' ');
  const command = `cd ${shellWord(place.folder)} && CI=true ${words}`.replaceAll('%', '\\%');
  const text = `# ${title(job)}; times in ${timeZone}\n${fiveFields(job.cron, 'cron')} ${command}`;
  return { schedule: job.name, file: 'crontab', text };
}

function cronJob(job: ScheduledJob, place: UnitPlace): ScheduleUnit {
  const { image } = place;
  if (image === null) {
    throw new CqlformError('USAGE', 'a CronJob needs an image', {
      next: 'Name one with --image: Node, this package and the folder of the project have to be in it.',
      exitCode: exitCodes.usage,
    });
  }
  const name = `cqlform-${job.name}`;
  const text = [
    'apiVersion: batch/v1',
    'kind: CronJob',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    `  schedule: ${JSON.stringify(fiveFields(job.cron, 'Kubernetes'))}`,
    `  timeZone: ${JSON.stringify(isUtc(job.cron.timeZone) ? 'Etc/UTC' : job.cron.timeZone)}`,
    '  concurrencyPolicy: Forbid',
    // without it a run that was missed is made up for
    ...(job.missed === 'skip' ? ['  startingDeadlineSeconds: 60'] : []),
    '  jobTemplate:',
    '    spec:',
    '      backoffLimit: 0',
    '      template:',
    '        spec:',
    '          restartPolicy: Never',
    '          containers:',
    '            - name: cqlform',
    `              image: ${JSON.stringify(image)}`,
    `              command: ${JSON.stringify(['npx', 'cqlform', ...onceWords(job, place, true)])}`,
    '              env:',
    '                - { name: CI, value: "true" }',
    '              envFrom:',
    '                - secretRef: { name: cqlform, optional: true }',
  ].join('\n');
  return { schedule: job.name, file: `${name}.yaml`, text };
}

function workflow(job: ScheduledJob, place: UnitPlace): ScheduleUnit {
  assertForgets(job, 'GitHub');
  assertRareEnough(job.cron);
  const zone = isUtc(job.cron.timeZone) ? [] : [`      timezone: ${JSON.stringify(job.cron.timeZone)}`];
  const text = [
    `name: ${JSON.stringify(title(job))}`,
    'on:',
    '  schedule:',
    `    - cron: ${JSON.stringify(fiveFields(job.cron, 'GitHub'))}`,
    ...zone,
    '  workflow_dispatch:',
    'permissions:',
    '  contents: read',
    `concurrency: cqlform-${job.name}`,
    'jobs:',
    '  run:',
    '    runs-on: ubuntu-latest',
    '    steps:',
    '      - uses: actions/checkout@v4',
    '      - uses: actions/setup-node@v4',
    '        with:',
    '          node-version: 24',
    '          cache: npm',
    '      - run: npm ci',
    `      - run: ${JSON.stringify(['npx', 'cqlform', ...onceWords(job, place, true).map(shellWord)].join(' '))}`,
    '        # env: what the configuration reads from the environment, as NAME: ${' + '{ secrets.NAME }}',
  ].join('\n');
  return { schedule: job.name, file: `.github/workflows/cqlform-${job.name}.yml`, text };
}

/** Of what keeps no account of what it has run. */
function assertForgets(job: ScheduledJob, target: string): void {
  if (job.missed !== 'run-once') return;
  throw untranslatable(`${target} makes up for no missed runs, and ${job.name} says \`missed: 'run-once'\``);
}
