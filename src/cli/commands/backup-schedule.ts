import { realpathSync } from 'node:fs';
import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, group, projectOptions, word } from '../command.ts';
import { projectOf } from '../project.ts';

const targets = ['systemd', 'cron', 'k8s', 'github'] as const;

export const backupScheduleCommand: AnyCommand = group({
  usage: 'schedule',
  summary: 'The schedules of the configuration: list, print',
  examples: [
    ['backup schedule list', 'What runs when, and how the last run ended'],
    ['backup schedule print --for systemd', 'Units instead of `backup run`'],
  ],
  commands: [
    command({
      usage: 'list',
      summary: 'What runs when, and how the last run ended',
      options: projectOptions,
      examples: [['backup schedule list --json', 'For scripts']],
      run: async (flags, output) => {
        const project = await projectOf(flags);
        const { listSchedules } = await import('../../app/backup-run.ts');
        const listed = await listSchedules(project);
        const { schedulesText } = await import('../view/backup-run.ts');
        output.out(output.json ? JSON.stringify(listed) : schedulesText(listed, output.paint));
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'print [name]',
      summary: 'Print the units by which something else than `backup run` follows the schedules',
      positionals: { name: { type: 'string', describe: 'One of them; all when left out' } },
      options: {
        ...projectOptions,
        for: { type: 'string', choices: targets, demandOption: true, describe: 'Who follows them' },
        image: { type: 'string', describe: 'For k8s: the image, with this package and the project in it' },
      },
      examples: [
        ['backup schedule print nightly --for systemd', 'A service and its timer'],
        ['backup schedule print --for cron | crontab -', 'A crontab of all of them'],
        ['backup schedule print nightly --for k8s --image shop/backups:1', 'A CronJob'],
        ['backup schedule print nightly --for github', 'A workflow'],
      ],
      run: async (flags, output) => {
        const project = await projectOf(flags);
        const { jobNamed, noSchedules } = await import('../../app/backup-run.ts');
        const { unitsOf } = await import('../../app/schedule-units.ts');
        const name = word(flags, 'name');
        if (project.schedules.length === 0) throw noSchedules();
        const jobs = name === undefined ? project.schedules : [jobNamed(project, name)];
        const units = jobs.flatMap((job) =>
          unitsOf(flags.for, job, {
            folder: project.folder,
            program: [process.execPath, realpathSync(process.argv[1] ?? '')],
            options: [
              ...(flags.env === undefined ? [] : ['--env', flags.env]),
              ...(flags.config === undefined ? [] : ['--config', flags.config]),
              ...(flags.keyspace === undefined ? [] : ['--keyspace', flags.keyspace]),
            ],
            image: flags.image ?? null,
            timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
          }),
        );
        const { unitsText } = await import('../view/backup-run.ts');
        output.out(output.json ? JSON.stringify(units) : unitsText(flags.for, units));
        return exitCodes.fine;
      },
    }),
  ],
});
