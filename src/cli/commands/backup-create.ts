import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { namesIn } from '../names-in.ts';
import { withProgress } from '../progress.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { store } from './backup-options.ts';

export const backupCreateCommand: AnyCommand = command({
  usage: 'create [tables]',
  summary: 'Back up the keyspace, or some of its tables, while applications go on writing',
  positionals: {
    tables: { type: 'string', describe: 'Tables, separated by commas; all of the keyspace when left out' },
  },
  options: {
    ...projectOptions,
    to: { ...store, describe: `Where to: ${store.describe}` },
    columns: { type: 'string', describe: 'Columns of one table besides its key, separated by commas' },
    label: { type: 'string', describe: 'What for, as `backup show` tells it' },
    strategy: {
      type: 'string',
      choices: ['incremental', 'full'] as const,
      default: 'incremental',
      describe: 'incremental stores only what no earlier backup has; either restores by itself',
    },
    consistency: {
      type: 'string',
      choices: ['quorum', 'all'] as const,
      default: 'quorum',
      describe: 'How many replicas are read',
    },
  },
  examples: [
    ['backup create', 'Every table of the keyspace'],
    ['backup create movies,ratings --to s3://backups/shop', 'Two tables, into a bucket'],
    ['backup create movies --columns title,year --strategy full', 'Two columns, stored anew'],
  ],
  run: async (flags, output) => {
    const listed = (option: string, text: string | undefined): readonly string[] =>
      namesIn({ command: 'backup create', option }, text ?? '');
    const report = await movingRows(flags, { output, events: false }, async (session) => {
      const { createBackupNow } = await import('../../app/backup-create.ts');
      return untilSignalled((signal) =>
        withProgress(output, 'backup', (onProgress) =>
          createBackupNow(session, {
            tables: listed('the list of tables', word(flags, 'tables')),
            columns: flags.columns === undefined ? null : listed('--columns', flags.columns),
            to: flags.to,
            label: flags.label ?? null,
            strategy: flags.strategy,
            consistency: flags.consistency === 'all' ? 'ALL' : 'QUORUM',
            onProgress,
            signal,
          }),
        ),
      );
    });
    const { createdText } = await import('../view/backup-created.ts');
    output.out(output.json ? JSON.stringify(report) : createdText(report, output.paint));
    if (!output.json) output.err(`Next: \`cqlform backup verify ${report.id}\` reads every byte of it again.`);
    return exitCodes.fine;
  },
});
