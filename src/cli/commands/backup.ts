import { type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, group, projectOptions, word } from '../command.ts';
import { collectEarly } from '../memory.ts';
import { withProgress } from '../progress.ts';
import { atStores } from '../project.ts';
import { backupCopyCommand } from './backup-copy.ts';
import { backupCreateCommand } from './backup-create.ts';
import { backupDrillCommand } from './backup-drill.ts';
import { backupExportCommand } from './backup-export.ts';
import { backupKeyCommand } from './backup-key.ts';
import { store } from './backup-options.ts';
import { backupPruneCommand } from './backup-prune.ts';
import { backupRestoreCommand } from './backup-restore.ts';
import { backupRunCommand } from './backup-run.ts';
import { backupScheduleCommand } from './backup-schedule.ts';

const options = { ...projectOptions, store } as const;
const id = { type: 'string', demandOption: true, describe: 'A backup, from `backup list`' } as const;

export const backupCommand: AnyCommand = group({
  usage: 'backup',
  summary:
    'Backups, of migrations and on demand: create, list, show, verify, restore, drill, export, copy, prune, run, schedule, key',
  examples: [
    ['backup list', 'What is there'],
    ['backup verify ID', 'Read every byte of it again'],
  ],
  commands: [
    backupCreateCommand,
    command({
      usage: 'list',
      summary: "The backups of the keyspace; a store in the cluster may have other keyspaces' too",
      options: { ...options, all: { type: 'boolean', default: false, describe: 'Those of every keyspace' } },
      examples: [
        ['backup list --json', 'For scripts'],
        ['backup list --all --store cluster', "Everybody's"],
      ],
      run: async (flags, output) => {
        const { found, damage } = await atStores(flags, [flags.store], async (open) => {
          const { listBackups, storedBackups } = await import('../../app/backup.ts');
          return listBackups(await storedBackups(open, flags.store), flags.all ? null : open.project.keyspace);
        });
        const { backupListText } = await import('../view/backup.ts');
        // With --json one document: the error, which names what is damaged.
        if (damage !== null && (output.json || found.length === 0)) throw damage;
        output.out(output.json ? JSON.stringify(found) : backupListText(found, output.paint));
        if (damage !== null) throw damage;
        if (!output.json && found.length > 0)
          output.err('Next: `cqlform backup verify ID` reads every byte of one again.');
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'show <id>',
      summary: 'What a backup holds',
      positionals: { id },
      options,
      examples: [['backup show ID', 'Tables, columns, rows, digests']],
      run: async (flags, output) => {
        const info = await atStores(flags, [flags.store], async (open) => {
          const { showBackup, storedBackups } = await import('../../app/backup.ts');
          return showBackup(await storedBackups(open, flags.store), word(flags, 'id') ?? '');
        });
        const { backupText } = await import('../view/backup.ts');
        output.out(output.json ? JSON.stringify(info) : backupText(info, output.paint));
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'verify <id>',
      summary: 'Read every byte again and compare it with the manifest',
      positionals: { id },
      options: {
        ...options,
        sample: {
          type: 'string',
          describe: 'Read only so many percent of the packs, chosen anew each time',
          defaultDescription: '100%',
        },
      },
      examples: [
        ['backup verify ID', 'Exit 8 when anything is damaged'],
        ['backup verify ID --sample 5%', 'A part of a large one, each night another'],
      ],
      run: async (flags, output): Promise<ExitCode> => {
        const { shareNamed, storedBackups, verifyBackup } = await import('../../app/backup.ts');
        const share = flags.sample === undefined ? 100 : shareNamed('sample', flags.sample);
        collectEarly(false);
        const report = await atStores(flags, [flags.store], async (open) =>
          withProgress(output, 'verify', async (onProgress) =>
            verifyBackup(await storedBackups(open, flags.store), word(flags, 'id') ?? '', { onProgress, share }),
          ),
        );
        const { verifyText } = await import('../view/backup.ts');
        output.out(output.json ? JSON.stringify(report) : verifyText(report, output.paint));
        return report.damage.length === 0 ? exitCodes.fine : exitCodes.integrity;
      },
    }),
    backupRestoreCommand,
    backupDrillCommand,
    backupExportCommand,
    backupCopyCommand,
    backupPruneCommand,
    backupRunCommand,
    backupScheduleCommand,
    backupKeyCommand,
  ],
});
