import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { withProgress } from '../progress.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { rateOption } from './run-options.ts';

export const replayCommand: AnyCommand = command({
  usage: 'replay <rejects>',
  summary: 'Take rows that a migration rejected through it again, after they or its functions were mended',
  positionals: {
    rejects: { type: 'string', demandOption: true, describe: 'The rejects file; rows in it may be edited or left out' },
  },
  options: {
    ...projectOptions,
    rate: rateOption,
    migration: {
      type: 'string',
      describe: 'The migration, or the id of its data step',
      defaultDescription: "by the file's name",
    },
    amend: {
      type: 'boolean',
      default: false,
      describe: "Use the migration's row functions as they are now, and record them as its code",
    },
    'lock-timeout': { type: 'number', default: 30, describe: 'Seconds to wait for the lease of a run' },
  },
  examples: [
    ['replay .cqlform/rejects/RUN/STEP.ndjson', 'After the rows in the file were mended'],
    ['replay .cqlform/rejects/RUN/STEP.ndjson --amend', 'After the function was mended'],
  ],
  run: async (flags, output) => {
    const report = await movingRows(flags, { output, events: false, rowsOnly: true }, async (session) => {
      const { replay } = await import('../../app/replay.ts');
      return untilSignalled((signal) =>
        withProgress(output, 'replay', (onProgress) =>
          replay(session, {
            file: word(flags, 'rejects') ?? '',
            migration: flags.migration ?? null,
            amend: flags.amend,
            leaseTimeoutMs: flags['lock-timeout'] * 1000,
            onProgress,
            signal,
          }),
        ),
      );
    });
    const { accountsText } = await import('../view/run.ts');
    output.out(output.json ? JSON.stringify(report) : `${report.step}: ${accountsText(report.accounts)}`);
    if (!output.json && report.amended) {
      output.err(
        `The row functions of ${report.migration} are recorded as they are now. Next: \`cqlform verify ${report.migration}\``,
      );
    }
    return exitCodes.fine;
  },
});
