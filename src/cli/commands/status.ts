import { exitCodes } from '../../kernel/errors.ts';
import { deviations } from '../../model/change.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';

export const statusCommand: AnyCommand = command({
  usage: 'status',
  summary: 'Where the keyspace stands: applied, pending, unfinished, drift, lease',
  options: {
    ...projectOptions,
    'detailed-exitcode': {
      type: 'boolean',
      default: false,
      describe: 'Exit 2 when something is pending or drifted, 7 when a run is unfinished',
    },
  },
  examples: [
    ['status', 'Where are we?'],
    ['status --json', 'For scripts'],
  ],
  run: async (flags, output) => {
    const report = await inSession(flags, async (session) => {
      const { status } = await import('../../app/status.ts');
      return status(session);
    });
    if (output.json) output.out(JSON.stringify(report));
    else {
      const { nextAfterStatus } = await import('../view/next.ts');
      const { statusText } = await import('../view/status.ts');
      output.out(statusText(report, output.paint));
      output.err(nextAfterStatus(report));
    }
    if (!flags['detailed-exitcode']) return exitCodes.fine;
    if (report.unfinished !== null) return exitCodes.partlyApplied;
    const open = report.migrations.some((one) => one.status === 'pending') || deviations(report.drift).length > 0;
    return open ? exitCodes.changes : exitCodes.fine;
  },
});
