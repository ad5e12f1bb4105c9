import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';
import { leaseEvents } from '../view/lease.ts';

export const baselineCommand: AnyCommand = command({
  usage: 'baseline',
  summary: 'Record migrations as applied on a keyspace that already is what they say',
  options: {
    ...projectOptions,
    to: { type: 'string', describe: 'Stop after this migration' },
    'lock-timeout': { type: 'number', default: 30, describe: 'Seconds to wait for the lease of another run' },
  },
  examples: [['baseline --to 20261122093000_initial', 'The keyspace was made before cqlform came']],
  run: (flags, output) =>
    inSession(flags, async (session) => {
      const { baseline } = await import('../../app/baseline.ts');
      const options = { leaseTimeoutMs: flags['lock-timeout'] * 1000, emit: leaseEvents(output) };
      const ids = await baseline(session, flags.to ?? null, options);
      output.out(output.json ? JSON.stringify({ recorded: ids }) : `Recorded as applied: ${ids.join(', ')}`);
      if (!output.json) output.err('Next: `cqlform plan`');
      return exitCodes.fine;
    }),
});
