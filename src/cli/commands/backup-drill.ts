import { type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { namesIn } from '../names-in.ts';
import { withProgress } from '../progress.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { choiceOptions, store } from './backup-options.ts';
import { fromEnv, withRepository } from './backup-repository.ts';
import { pairsOf } from './load.ts';

export const backupDrillCommand: AnyCommand = command({
  usage: 'drill [id]',
  summary: 'Restore a backup into a scratch keyspace, compare it with its manifest, and remove it again',
  positionals: { id: { type: 'string', describe: 'A backup, from `backup list`; the newest when nothing is said' } },
  options: {
    ...projectOptions,
    store,
    ...choiceOptions,
    'from-env': fromEnv,
    table: { type: 'string', describe: 'Which tables of the backup, separated by commas', defaultDescription: 'all' },
    waive: {
      type: 'string',
      array: true,
      default: [],
      describe: 'COLUMN=REASON: why personal data may come as it is into a lower environment; repeatable',
    },
    format: { choices: ['text', 'markdown', 'json'] as const, default: 'text' as const, describe: 'How to print it' },
  },
  examples: [
    ['backup drill', 'The newest backup; exit 8 when it does not match'],
    ['backup drill --env staging --from-env production --format markdown', 'On another cluster, as a report to keep'],
  ],
  run: async (flags, output): Promise<ExitCode> => {
    const { timeNamed } = await import('../../app/backup-choice.ts');
    const { drillBackup } = await import('../../app/backup-drill.ts');
    const at = flags.at === undefined ? null : timeNamed('at', flags.at);
    const tables = namesIn({ command: 'backup drill', option: '--table' }, flags.table ?? '');
    const waivers = pairsOf('waive', flags.waive, 'COLUMN=REASON');
    const json = output.json || flags.format === 'json';
    const report = await movingRows(flags, { output, events: false }, (session) =>
      withRepository(session, flags, (backups, keyspace) =>
        untilSignalled((signal) =>
          withProgress(output, 'drill', (onProgress) =>
            drillBackup(session, backups, {
              choice: {
                ...{ id: word(flags, 'id') ?? null, label: flags.label ?? null, at, tables },
                keyspace: flags['from-keyspace'] ?? keyspace,
                cluster: flags['from-cluster'] ?? null,
              },
              tables,
              fromEnvironment: flags['from-env'] ?? null,
              waivers,
              onProgress,
              signal,
            }),
          ),
        ),
      ),
    );
    const { drillMarkdown, drillText } = await import('../view/backup-drilled.ts');
    if (json) output.out(JSON.stringify(report));
    else output.out(flags.format === 'markdown' ? drillMarkdown(report) : drillText(report, output.paint));
    return report.matches ? exitCodes.fine : exitCodes.integrity;
  },
});
