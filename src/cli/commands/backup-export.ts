import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { collectEarly } from '../memory.ts';
import { namesIn } from '../names-in.ts';
import { projectOf } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { choiceOptions, store } from './backup-options.ts';
import { formatChoices, maxRejectsOf, pairsOf } from './load.ts';

export const backupExportCommand: AnyCommand = command({
  usage: 'export [id]',
  summary: 'Write tables of a backup into CSV, JSON, NDJSON or Parquet files',
  positionals: { id: { type: 'string', describe: 'A backup, from `backup list`; or name it by --label or --at' } },
  options: {
    ...projectOptions,
    store,
    ...choiceOptions,
    to: { type: 'string', demandOption: true, describe: 'The folder for the files, one for each table' },
    format: { type: 'string', choices: formatChoices, default: 'csv' as const, describe: 'What to write' },
    compression: {
      type: 'string',
      choices: ['none', 'gzip', 'zstd'] as const,
      default: 'none' as const,
      describe: 'Of text; Parquet is compressed inside of its files',
    },
    table: { type: 'string', describe: 'Which tables of the backup, separated by commas', defaultDescription: 'all' },
    'leave-out': { type: 'string', describe: 'Columns that stay behind, separated by commas' },
    waive: {
      type: 'string',
      array: true,
      default: [],
      describe: 'COLUMN=REASON: why personal data may go as it is; repeatable',
    },
    'max-rejects': {
      type: 'string',
      default: '0',
      describe: 'Rows that may be unreadable: a number, or a share such as 1%',
    },
    force: { type: 'boolean', default: false, describe: 'Replace files that are there' },
  },
  examples: [
    ['backup export ID --to exported', 'Each table as CSV; no cluster is needed for it'],
    ['backup export ID --to exported --format parquet --table movies', 'One table, for analysis'],
    ['backup export --label nightly --to exported --format ndjson --compression gzip', 'The newest with this label'],
  ],
  run: async (flags, output) => {
    const { timeNamed } = await import('../../app/backup-choice.ts');
    const tables = namesIn({ command: 'backup export', option: '--table' }, flags.table ?? '');
    const at = flags.at === undefined ? null : timeNamed('at', flags.at);
    const input = {
      to: flags.to,
      format: flags.format,
      compression: flags.compression,
      leaveOut: namesIn({ command: 'backup export', option: '--leave-out' }, flags['leave-out'] ?? ''),
      waivers: pairsOf('waive', flags.waive, 'COLUMN=REASON'),
      maxRejects: maxRejectsOf(flags['max-rejects']),
      force: flags.force,
    };
    const [project, { exportBackup }, { storedBackups, withStores }, { ProgressLine }] = await Promise.all([
      projectOf(flags),
      import('../../app/backup-export.ts'),
      import('../../app/backup.ts'),
      import('../view/progress.ts'),
    ]);
    collectEarly(false);
    const line = new ProgressLine(output);
    line.begin('export');
    const choice = {
      ...{ id: word(flags, 'id') ?? null, label: flags.label ?? null, at, tables },
      keyspace: flags['from-keyspace'] ?? project.keyspace,
      cluster: flags['from-cluster'] ?? null,
    };
    const report = await withStores(project, [flags.store], (open) =>
      untilSignalled(async (signal) =>
        exportBackup(project, await storedBackups(open, flags.store), {
          ...input,
          choice,
          signal,
          onProgress: (table, { read, bytes, rejected }) =>
            line.update({ unit: 'rows', done: read, total: null, table, bytes, rejected }),
        }),
      ),
    ).finally(() => line.end());
    const { exportedText } = await import('../view/backup-exported.ts');
    output.out(output.json ? JSON.stringify(report) : exportedText(report));
    return exitCodes.fine;
  },
});
