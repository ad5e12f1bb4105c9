import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { namesIn } from '../names-in.ts';
import { withProgress } from '../progress.ts';
import { atStores } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { store } from './backup-options.ts';

export const backupCopyCommand: AnyCommand = command({
  usage: 'copy [ids]',
  summary: 'Copy backups into another store, and read every byte of them there',
  positionals: { ids: { type: 'string', describe: 'Backups, with commas between them; all in the store without it' } },
  options: {
    ...projectOptions,
    store: { ...store, describe: `Where they are: ${store.describe}` },
    to: { ...store, demandOption: true, describe: 'Where they go, named as with --store' },
  },
  examples: [
    ['backup copy --to s3://archive/shop', 'Mirror all of them; again, only what is new'],
    ['backup copy ID --store cluster --to local:/mnt/backups', 'One of them'],
  ],
  run: async (flags, output) => {
    const ids = word(flags, 'ids');
    const { copiedBackupsText, copiedBackupText } = await import('../view/backup-copied.ts');
    const copied = await atStores(flags, [flags.store, flags.to], async (open) => {
      const { copyBackups } = await import('../../app/backup-copy.ts');
      return untilSignalled((signal) =>
        withProgress(output, 'copy', (onProgress) =>
          copyBackups(open, {
            ids: ids === undefined ? [] : namesIn({ command: 'backup copy', option: 'the list of backups' }, ids),
            store: flags.store,
            to: flags.to,
            onProgress,
            onBackup: (one) => {
              if (!output.json) output.out(copiedBackupText(one, output.paint));
            },
            signal,
          }),
        ),
      );
    });
    output.out(output.json ? JSON.stringify(copied) : copiedBackupsText(copied));
    return exitCodes.fine;
  },
});
