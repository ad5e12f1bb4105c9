import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { store } from './backup-options.ts';

const count = (what: string): { readonly type: 'number'; readonly describe: string } => ({
  type: 'number',
  describe: `Keep ${what}`,
});

export const backupPruneCommand: AnyCommand = command({
  usage: 'prune',
  summary: 'Take backups away that no rule keeps, and later what only they needed',
  options: {
    ...projectOptions,
    store,
    'keep-last': count('so many of the newest'),
    'keep-hourly': count('the last one of so many hours'),
    'keep-daily': count('the last one of so many days'),
    'keep-weekly': count('the last one of so many weeks'),
    'keep-monthly': count('the last one of so many months'),
    'keep-yearly': count('the last one of so many years'),
    'keep-label': { type: 'string', array: true, describe: 'Keep all that have this label' },
    forget: { type: 'string', array: true, describe: 'Take this backup away, whatever the rules say' },
    'dry-run': { type: 'boolean', default: false, describe: 'Only tell what would go' },
  },
  examples: [
    ['backup prune --keep-daily 7 --keep-weekly 5 --dry-run', 'What would go?'],
    ['backup prune', 'By the rules of the configuration'],
    ['backup prune --forget ID', 'One of them'],
  ],
  run: async (flags, output) => {
    const said = {
      last: flags['keep-last'],
      hourly: flags['keep-hourly'],
      daily: flags['keep-daily'],
      weekly: flags['keep-weekly'],
      monthly: flags['keep-monthly'],
      yearly: flags['keep-yearly'],
      labels: flags['keep-label'],
    };
    const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    const pruned = await inSession(flags, async (session) => {
      const { pruneBackups } = await import('../../app/backup-prune.ts');
      const asked = Object.keys(given).length > 0;
      return untilSignalled((signal) =>
        pruneBackups(session, {
          store: flags.store,
          policy: asked || (flags.forget ?? []).length > 0 ? given : session.project.retention,
          forget: flags.forget ?? [],
          dryRun: flags['dry-run'],
          signal,
        }),
      );
    });
    const { prunedText } = await import('../view/backup-pruned.ts');
    output.out(output.json ? JSON.stringify(pruned) : prunedText(pruned, output.paint));
    if (!output.json && pruned.dryRun) output.err('Nothing was changed. Next: the same command without --dry-run.');
    return exitCodes.fine;
  },
});
