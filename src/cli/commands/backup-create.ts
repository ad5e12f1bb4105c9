import { CqlformError, exitCodes } from '../../kernel/errors.ts';
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
    tables: {
      type: 'string',
      describe: 'Tables, separated by commas, also as KEYSPACE.TABLE; all of the keyspace when left out',
    },
  },
  options: {
    ...projectOptions,
    to: { ...store, describe: `Where to: ${store.describe}` },
    columns: {
      type: 'string',
      describe: 'Columns of one table besides its key, separated by commas; one that has a comma in double quotes',
    },
    keyspaces: { type: 'string', describe: 'Several keyspaces, separated by commas: a backup of each' },
    cluster: {
      type: 'boolean',
      default: false,
      describe: "A backup of each keyspace with tables, but the servers' own and the ledger's",
    },
    'token-range': { type: 'string', describe: 'Only partitions of these tokens: FIRST:LAST, both inclusive' },
    partition: { type: 'string', describe: "Only one partition of one table: its key's value, or a list in JSON" },
    label: { type: 'string', describe: 'What for, as `backup show` tells it' },
    strategy: {
      type: 'string',
      choices: ['incremental', 'full', 'mixed'] as const,
      describe: 'incremental stores only what no earlier backup has; mixed is full as often as the configuration says',
      defaultDescription: "the configuration's, else incremental; full with --format csv",
    },
    format: {
      type: 'string',
      choices: ['chunks', 'csv'] as const,
      default: 'chunks',
      describe:
        'chunks are shared between backups, and small; csv: plain files that other tools read, and that restore',
    },
    compression: {
      type: 'string',
      describe: 'zstd, gzip, with a level as in zstd:19, or none for plain files',
      defaultDescription: "the configuration's, else zstd, and gzip for plain files",
    },
    'write-times': {
      type: 'boolean',
      describe: 'Read write times and TTLs, too; --no-write-times is faster, and a restore of it has its own time',
      defaultDescription: "the configuration's, else yes",
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
    ['backup create ratings --partition 42 --label case-42', 'One partition'],
    ['backup create shop.movies --to dir --format csv --compression gzip', 'Plain files, a schema and checksums'],
    ['backup create --cluster --to s3://backups/all --label nightly', 'Every keyspace'],
  ],
  run: async (flags, output) => {
    const listed = (option: string, text: string | undefined): readonly string[] =>
      namesIn({ command: 'backup create', option }, text ?? '');
    const [{ partitionNamed, tokensNamed }, { tablesNamed }] = await Promise.all([
      import('../../app/backup-span.ts'),
      import('../../app/backup-form.ts'),
    ]);
    const several = flags.cluster || flags.keyspaces !== undefined;
    const words = word(flags, 'tables');
    assertTogether(flags, words);
    const range = flags['token-range'];
    const partition = flags.partition === undefined ? null : partitionNamed(flags.partition);
    const reports = await movingRows(flags, { output, events: false, asBytes: true }, async (session) => {
      const { createBackupsNow, keyspacesToBackUp, strategyNamed } = await import('../../app/backup-create.ts');
      const named = listed('--keyspaces', flags.keyspaces);
      const own = tablesNamed(listed('the list of tables', words), session.project.keyspace);
      const keyspaces = flags.cluster ? await keyspacesToBackUp(session) : named.length > 0 ? named : [own.keyspace];
      return untilSignalled((signal) =>
        withProgress(output, 'backup', (onProgress) =>
          createBackupsNow(session, keyspaces, {
            tables: own.tables,
            columns: flags.columns === undefined ? null : listed('--columns', flags.columns),
            span: range === undefined ? partition : tokensNamed(range),
            to: flags.to,
            label: flags.label ?? null,
            strategy: strategyNamed(session.project, flags.strategy),
            format: flags.format,
            compression: flags.compression ?? null,
            writeTimes: flags['write-times'],
            consistency: flags.consistency === 'all' ? 'ALL' : 'QUORUM',
            onProgress,
            signal,
          }),
        ),
      );
    });
    const { createdText } = await import('../view/backup-created.ts');
    const text = (): string => reports.map((report) => createdText(report, output.paint)).join('\n');
    output.out(output.json ? JSON.stringify(several ? reports : reports[0]) : text());
    const id = reports.at(-1)?.id;
    if (!output.json && id !== undefined)
      output.err(`Next: \`cqlform backup verify ${id}\` reads every byte of it again.`);
    return exitCodes.fine;
  },
});

interface Together {
  readonly cluster: boolean;
  readonly keyspaces?: string | undefined;
  readonly columns?: string | undefined;
  readonly partition?: string | undefined;
  readonly 'token-range'?: string | undefined;
  readonly format: string;
  readonly strategy?: string | undefined;
}

function assertTogether(flags: Together, tables: string | undefined): void {
  const { cluster, keyspaces, columns, partition } = flags;
  const several = cluster || keyspaces !== undefined;
  const wrong =
    cluster && keyspaces !== undefined
      ? '--cluster and --keyspaces exclude each other'
      : partition !== undefined && flags['token-range'] !== undefined
        ? '--partition and --token-range exclude each other'
        : several && (tables !== undefined || columns !== undefined || partition !== undefined)
          ? 'tables, columns and partitions are of one keyspace'
          : flags.format === 'csv' && flags.strategy === 'incremental'
            ? 'plain files are always a full backup, so --format csv and --strategy incremental exclude each other'
            : null;
  if (wrong === null) return;
  throw new CqlformError('USAGE', wrong, { next: 'Say one of them.', exitCode: exitCodes.usage });
}
