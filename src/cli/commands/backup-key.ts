import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, group, projectOptions, word } from '../command.ts';
import { atStores } from '../project.ts';
import { store } from './backup-options.ts';

const options = { ...projectOptions, store } as const;

export const backupKeyCommand: AnyCommand = group({
  usage: 'key',
  summary: 'What opens encrypted backups: list, add, remove',
  examples: [
    ['backup key list', 'Which passphrases and commands there are'],
    ['backup key add --passphrase-variable NEW_PASSPHRASE', 'Let one more passphrase open them'],
  ],
  commands: [
    command({
      usage: 'list',
      summary: 'The keys of a place for backups; never what opens them',
      options,
      examples: [['backup key list --json', 'For scripts']],
      run: async (flags, output) => {
        const keys = await atStores(flags, [flags.store], async (open) => {
          const { listBackupKeys } = await import('../../app/backup-keys.ts');
          return listBackupKeys(open, flags.store);
        });
        const { keysText } = await import('../view/backup-keys.ts');
        output.out(output.json ? JSON.stringify(keys) : keysText(keys, output.paint));
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'add',
      summary: 'Let one more passphrase open the backups; no data is written again',
      options: {
        ...options,
        'passphrase-variable': {
          type: 'string',
          demandOption: true,
          describe: 'Environment variable that holds the new passphrase',
        },
        label: { type: 'string', default: '', describe: 'Whose it is, as `backup key list` shows it' },
      },
      examples: [
        ['backup key add --passphrase-variable NEW_PASSPHRASE --label night-shift', 'Before the old one is removed'],
      ],
      run: async (flags, output) => {
        const added = await atStores(flags, [flags.store], async (open) => {
          const { addBackupKey } = await import('../../app/backup-keys.ts');
          const variable = flags['passphrase-variable'];
          return addBackupKey(open, { store: flags.store, variable, label: flags.label });
        });
        output.out(output.json ? JSON.stringify(added) : `Key ${added.slot} opens the backups now.`);
        if (!output.json)
          output.err(
            'Next: put it into the configuration; then `cqlform backup key remove 1` takes the first one away.',
          );
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'remove <key>',
      summary: 'Take one key away; the last one stays',
      positionals: { key: { type: 'string', demandOption: true, describe: 'Its number, from `backup key list`' } },
      options,
      examples: [['backup key remove 1', 'The one that somebody else knows now']],
      run: async (flags, output) => {
        const slot = word(flags, 'key') ?? '';
        await atStores(flags, [flags.store], async (open) => {
          const { removeBackupKey } = await import('../../app/backup-keys.ts');
          await removeBackupKey(open, flags.store, slot);
        });
        output.out(output.json ? JSON.stringify({ removed: slot }) : `Key ${slot} opens nothing any more.`);
        return exitCodes.fine;
      },
    }),
  ],
});
