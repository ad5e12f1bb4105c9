import type { CaughtUp } from '../../app/catch-up.ts';
import { CqlformError, type ExitCode, exitCodes } from '../../kernel/errors.ts';
import type { Progress } from '../../model/event.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { millisOf } from '../duration.ts';
import { withProgress } from '../progress.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { rateOption } from './run-options.ts';

export const catchUpCommand: AnyCommand = command({
  usage: 'catch-up [migration]',
  summary: 'Copy what changed in the sources of applied copies, or tell how far behind they are',
  positionals: {
    migration: { type: 'string', describe: 'An applied migration; all whose copies have `since` without it' },
  },
  options: {
    ...projectOptions,
    rate: rateOption,
    follow: { type: 'boolean', default: false, describe: 'Pass after pass, until it is told to stop' },
    'until-lag': { type: 'string', describe: 'Pass after pass, until no copy is further behind, e.g. 5s' },
    every: { type: 'string', default: '1s', describe: 'How long to wait between two passes' },
    gate: {
      type: 'boolean',
      default: false,
      describe: 'Copy nothing; exit 9 when a copy is further behind than --max-lag and --max-pending say',
    },
    'max-lag': { type: 'string', describe: 'For --gate; 5s without it' },
    'max-pending': { type: 'number', describe: 'For --gate: how many changed rows may be waiting' },
    'lock-timeout': { type: 'number', default: 30, describe: 'Seconds to wait for the lease of a run, at each pass' },
  },
  examples: [
    ['catch-up', 'One pass over what changed, for every copy that has `since`'],
    ['catch-up --follow --every 5s', 'Keep the targets up to date until Ctrl-C'],
    ['catch-up --until-lag 2s', 'As many passes as it takes to be near'],
    ['catch-up --gate --max-lag 0s --max-pending 0', 'In a script: go on only when nothing is waiting'],
  ],
  run: async (flags, output): Promise<ExitCode> => {
    const asked = askedOf(flags);
    const migration = word(flags, 'migration') ?? null;
    const { caughtUpText, gateText } = await import('../view/catch-up.ts');
    const rounds = asked.kind === 'follow';
    return movingRows(flags, { output, events: rounds }, async (session) => {
      const app = await import('../../app/catch-up.ts');
      return untilSignalled((signal) =>
        withProgress(output, 'catch-up', async (update): Promise<ExitCode> => {
          const onProgress = (_title: string, progress: Progress): void => update(progress);
          const common = { migration, onProgress, signal, leaseTimeoutMs: flags['lock-timeout'] * 1000 };
          const show = (round: readonly CaughtUp[]): void => {
            output.out(output.json ? JSON.stringify(round) : caughtUpText(round, output.paint));
          };
          if (asked.kind === 'gate') {
            const found = await app.lagging(session, common);
            const copies = found.map((one) => ({ ...one, ok: isNear(one, asked) }));
            const open = copies.every(({ ok }) => ok);
            output.out(output.json ? JSON.stringify({ open, copies }) : gateText(copies, output.paint));
            if (!output.json) output.err(open ? 'Next: switch over.' : 'Next: `cqlform catch-up`, then ask again.');
            return open ? exitCodes.fine : exitCodes.behind;
          }
          if (asked.kind === 'once') {
            show(await app.catchUp(session, { ...common, withLag: true }));
            if (!output.json)
              output.err(
                'Next: `cqlform catch-up --gate` tells whether it is near enough; `cqlform verify` compares every row.',
              );
            return exitCodes.fine;
          }
          const onTrouble = ({ code, message }: CqlformError): void => {
            output.err(output.paint.warn(`warning[${code}] ${message}; trying again`));
          };
          await app.follow(session, { ...common, ...asked, onRound: show, onTrouble });
          return exitCodes.fine;
        }),
      );
    });
  },
});

type Asked =
  | { readonly kind: 'once' }
  | { readonly kind: 'follow'; readonly untilLagMs: number | null; readonly everyMs: number }
  | { readonly kind: 'gate'; readonly maxLagMs: number; readonly maxPending: number | null };

function askedOf(flags: {
  readonly follow: boolean;
  readonly gate: boolean;
  readonly every: string;
  readonly 'until-lag': string | undefined;
  readonly 'max-lag': string | undefined;
  readonly 'max-pending': number | undefined;
}): Asked {
  const { follow, gate, every, 'until-lag': untilLag, 'max-lag': maxLag, 'max-pending': maxPending } = flags;
  const everyMs = millisOf('every', every);
  if (gate && (follow || untilLag !== undefined))
    throw usage('--gate copies nothing', 'Leave out --follow and --until-lag.');
  if (!gate && (maxLag !== undefined || maxPending !== undefined))
    throw usage('--max-lag and --max-pending are the limits of --gate', 'Add --gate, or leave them out.');
  if (gate) return { kind: 'gate', maxLagMs: millisOf('max-lag', maxLag ?? '5s'), maxPending: maxPending ?? null };
  if (follow && untilLag !== undefined)
    throw usage('--follow goes on until it is told to stop', 'Leave out one of --follow and --until-lag.');
  if (untilLag !== undefined) return { kind: 'follow', untilLagMs: millisOf('until-lag', untilLag), everyMs };
  return follow ? { kind: 'follow', untilLagMs: null, everyMs } : { kind: 'once' };
}

function isNear({ lag }: CaughtUp, { maxLagMs, maxPending }: Extract<Asked, { kind: 'gate' }>): boolean {
  return lag !== null && lag.milliseconds <= maxLagMs && (maxPending === null || lag.pending <= maxPending);
}

function usage(message: string, next: string): CqlformError {
  return new CqlformError('USAGE', message, { next, exitCode: exitCodes.usage });
}
