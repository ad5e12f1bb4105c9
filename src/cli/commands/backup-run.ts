import type { RunHow } from '../../app/backup-run.ts';
import { CqlformError, type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { collectEarly } from '../memory.ts';
import type { Output } from '../output.ts';
import { withProgress } from '../progress.ts';
import { projectOf } from '../project.ts';
import { untilSignalled } from '../signals.ts';

export const backupRunCommand: AnyCommand = command({
  usage: 'run',
  summary: 'Follow the schedules of the configuration until it is stopped; or run one of them now',
  options: {
    ...projectOptions,
    once: { type: 'string', describe: 'Run this schedule now, and end: what timers call' },
    jitter: {
      type: 'boolean',
      default: false,
      describe: "With --once: begin later by chance, as the schedule's jitter says",
    },
  },
  examples: [
    ['backup run', 'Stay up, and run each schedule at its times'],
    ['backup run --once nightly', 'One of them, now'],
    ['backup run --json >> backups.log', 'What happens, an object on each line'],
  ],
  run: async (flags, output): Promise<ExitCode> => {
    const { once, jitter } = flags;
    if (jitter && once === undefined)
      throw new CqlformError('USAGE', '--jitter goes with --once', {
        next: 'Say --once NAME; without it every schedule has its jitter anyway.',
        exitCode: exitCodes.usage,
      });
    const project = await projectOf(flags);
    collectEarly(false);
    const { runOnce, runSchedules } = await import('../../app/backup-run.ts');
    await untilSignalled((signal) =>
      withProgress(output, 'backup run', async (onProgress) => {
        const how = { ...(await telling(output)), onProgress, signal };
        if (once === undefined) await runSchedules(project, how);
        else await runOnce(project, how, { name: once, jitter });
      }),
    );
    return exitCodes.fine;
  },
});

/** Plain lines, each with its time and its schedule; or JSON. */
async function telling(output: Output): Promise<Pick<RunHow, 'onEvent' | 'onScheduler'>> {
  const view = await import('../view/backup-run.ts');
  const { paint } = output;
  const line = (name: string, text: string): void => {
    // whatever of the progress stands there is drawn again
    if (output.live) process.stderr.write('\r\u001b[2K');
    output.out(`${paint.faint(new Date().toISOString())} ${paint.strong(name)} ${text}`);
  };
  return {
    onEvent: (job, event) =>
      output.json ? output.out(view.jobEventJson(job, event)) : line(job.name, view.jobEventText(event, paint)),
    onScheduler: (event) =>
      output.json
        ? output.out(view.schedulerEventJson(event))
        : line(event.job.name, view.schedulerEventText(event, paint)),
  };
}
