import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, group, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';

export const lockCommand: AnyCommand = group({
  usage: 'lock',
  summary: 'Who holds the lease on the keyspace; break it when its owner is dead',
  examples: [
    ['lock status', 'Who is running?'],
    ['lock release --force', 'The owner is dead and you do not want to wait'],
  ],
  commands: [
    command({
      usage: 'status',
      summary: 'Who holds the lease',
      options: { ...projectOptions },
      examples: [['lock status --json', 'For scripts']],
      run: async (flags, output) => {
        const lease = await inSession(flags, async (session) => {
          const { lockStatus } = await import('../../app/lock.ts');
          return lockStatus(session);
        });
        if (output.json) output.out(JSON.stringify(lease));
        else
          output.out(
            lease === null
              ? 'Nobody holds the lease.'
              : `${lease.owner} holds the lease (fence ${lease.fence}, beat ${lease.beat}).`,
          );
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'release',
      summary: 'Take the lease from its owner',
      options: {
        ...projectOptions,
        force: { type: 'boolean', default: false, describe: 'You know that the owner is dead' },
      },
      examples: [
        ['lock release --force', 'A dead run gives way by itself after a few seconds; this is for the impatient'],
      ],
      run: async (flags, output) => {
        if (!flags.force) {
          throw new CqlformError('FORCE_MISSING', 'a lease is only broken with --force', {
            next: 'Make sure that its owner is dead (`cqlform lock status`), then say `cqlform lock release --force`.',
            exitCode: exitCodes.consentMissing,
          });
        }
        const broken = await inSession(flags, async (session) => {
          const { lockRelease } = await import('../../app/lock.ts');
          return lockRelease(session);
        });
        if (output.json) output.out(JSON.stringify(broken));
        else
          output.out(
            broken === null
              ? 'Nobody held the lease.'
              : `The lease of ${broken.owner} is broken; it can record nothing any more.`,
          );
        return exitCodes.fine;
      },
    }),
  ],
});
