import type { VerifyMode } from '../../app/verify.ts';
import { CqlformError, type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { withProgress } from '../progress.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';

export const verifyCommand: AnyCommand = command({
  usage: 'verify [migration]',
  summary: 'Compare the rows that migrations copied with what they were copied from',
  positionals: { migration: { type: 'string', describe: 'An applied migration; all that moved data without it' } },
  options: {
    ...projectOptions,
    count: { type: 'boolean', default: false, describe: 'Only count the rows of each target' },
    sample: { type: 'number', describe: 'Compare only this percentage of the target, spread over its token ring' },
    repair: {
      type: 'boolean',
      default: false,
      describe: 'Write again what is missing or older than the copy; what the application wrote since stays',
    },
    'lock-timeout': { type: 'number', default: 30, describe: 'Seconds to wait for the lease of a run, to repair' },
  },
  examples: [
    ['verify', 'Every migration that moved data, every row; exit 8 when something differs'],
    ['verify 20261122093000_movies_by_genre --sample 5', 'One of them, one row in twenty'],
    ['verify --repair', 'Write what is missing, then compare again'],
  ],
  run: async (flags, output): Promise<ExitCode> => {
    const mode = modeOf(flags);
    const verified = await movingRows(flags, { output, events: false, rowsOnly: true }, async (session) => {
      const { verify } = await import('../../app/verify.ts');
      return untilSignalled((signal) =>
        withProgress(output, 'verify', (onProgress, restart) => {
          let table: string | undefined;
          return verify(session, {
            migration: word(flags, 'migration') ?? null,
            mode,
            repair: flags.repair,
            leaseTimeoutMs: flags['lock-timeout'] * 1000,
            onProgress: (_title, progress) => {
              if (progress.table !== table) restart();
              table = progress.table;
              onProgress(progress);
            },
            signal,
          });
        }),
      );
    });
    const { verificationText } = await import('../view/verify.ts');
    output.out(output.json ? JSON.stringify(verified) : verificationText(verified, output.paint));
    const differs = verified.some((one) => one.kind !== 'not-compared' && !one.ok);
    // what the copy did not write stays, and what a repair could not write it never will
    const mendable = verified.some(
      (one) =>
        (one.kind === 'count' && !one.ok) || (one.kind === 'rows' && one.report.missing + one.report.different > 0),
    );
    if (!output.json && mendable && !flags.repair) {
      output.err('Next: `cqlform verify --repair` writes again what is missing or older than the copy.');
    }
    return differs ? exitCodes.integrity : exitCodes.fine;
  },
});

function modeOf(flags: {
  readonly count: boolean;
  readonly sample: number | undefined;
  readonly repair: boolean;
}): VerifyMode {
  const usage = (message: string, next: string): CqlformError =>
    new CqlformError('USAGE', message, { next, exitCode: exitCodes.usage });
  if (flags.count && flags.repair) throw usage('--count finds no rows to repair', 'Leave out one of the two.');
  if (flags.count && flags.sample !== undefined) throw usage('--count counts all rows', 'Leave out --sample.');
  if (flags.count) return { kind: 'count' };
  if (flags.sample === undefined) return { kind: 'full' };
  if (flags.sample > 0 && flags.sample <= 100) return { kind: 'sample', share: flags.sample };
  throw usage(`--sample ${flags.sample} is no percentage`, 'Give a number above 0 and up to 100.');
}
