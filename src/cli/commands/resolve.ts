import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';
import { leaseEvents } from '../view/lease.ts';

export const resolveCommand: AnyCommand = command({
  usage: 'resolve',
  summary: 'Settle by your word what cqlform cannot: accept drift, mark a half-way migration',
  options: {
    ...projectOptions,
    accept: {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Address to record as it is live; repeatable',
    },
    'accept-all': { type: 'boolean', default: false, describe: 'Record everything managed as it is live' },
    applied: { type: 'string', describe: 'Half-way migration that counts as applied from now on' },
    'rolled-back': { type: 'string', describe: 'Half-way migration that counts as rolled back from now on' },
    heal: {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Dropped column whose table cannot be read any more: keyspace.table.column; repeatable within a table',
    },
    after: { type: 'string', describe: 'With --heal: drop at this time (ISO 8601), however far ahead' },
    'lock-timeout': { type: 'number', default: 30, describe: 'Seconds to wait for the lease of another run' },
  },
  examples: [
    ['resolve --accept shop.users', 'Somebody changed it by hand, and it shall stay so'],
    ['resolve --rolled-back 20261122093000_movies', 'You undid a stopped run by hand'],
  ],
  run: (flags, output) =>
    inSession(flags, async (session) => {
      const { acceptDrift, markMigration } = await import('../../app/resolve.ts');
      const options = { leaseTimeoutMs: flags['lock-timeout'] * 1000, emit: leaseEvents(output) };
      const marks = [flags.applied, flags['rolled-back']].filter((id) => id !== undefined);
      const accepts = flags['accept-all'] || flags.accept.length > 0;
      const lists = [flags.accept, flags.heal].filter((list) => list.length > 0);
      if (marks.length + lists.length + Number(flags['accept-all']) !== 1) {
        throw new CqlformError('USAGE', 'say exactly one of --accept, --accept-all, --applied, --rolled-back, --heal', {
          next: 'See `cqlform resolve --help`.',
          exitCode: exitCodes.usage,
        });
      }
      const after = timeOf(flags.after, flags.heal);
      if (flags.heal.length > 0) {
        const { healTable } = await import('../../app/heal.ts');
        const { addresses, droppedAt } = await healTable(session, flags.heal, { ...options, after });
        const at = droppedAt.toISOString();
        output.out(
          output.json
            ? JSON.stringify({ healed: addresses, droppedAt: at })
            : `${addresses.join(', ')}: dropped as of ${at}; the whole table was read.`,
        );
      } else if (accepts) {
        const accepted = await acceptDrift(session, flags.accept, options);
        output.out(
          output.json
            ? JSON.stringify({ accepted })
            : accepted.length === 0
              ? 'There is no drift.'
              : `Recorded as found: ${accepted.join(', ')}`,
        );
      } else {
        const as = flags.applied === undefined ? 'rolled-back' : 'applied';
        const id = flags.applied ?? flags['rolled-back'] ?? '';
        await markMigration(session, { id, as }, options);
        output.out(output.json ? JSON.stringify({ id, as }) : `${id} counts as ${as}.`);
      }
      if (!output.json) output.err('Next: `cqlform status`');
      return exitCodes.fine;
    }),
});

function timeOf(text: string | undefined, heal: readonly string[]): Date | null {
  if (text === undefined) return null;
  const time = new Date(text);
  if (heal.length > 0 && !Number.isNaN(time.getTime())) return time;
  const why = heal.length === 0 ? '--after belongs to --heal' : `--after ${text} is not a time`;
  throw new CqlformError('USAGE', why, {
    next: 'Write it like `--heal shop.users.nickname --after 2028-11-21T14:33:20Z`.',
    exitCode: exitCodes.usage,
  });
}
