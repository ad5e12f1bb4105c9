import type { BackupChoice } from '../../app/backup-choice.ts';
import type { RestoreInto, RestoreWishes } from '../../app/restore-plan.ts';
import { CqlformError, type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, type Given, projectOptions, word } from '../command.ts';
import { namesIn } from '../names-in.ts';
import { withProgress } from '../progress.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { choiceOptions, store } from './backup-options.ts';
import { fromEnv, withRepository } from './backup-repository.ts';
import { pairsOf } from './load.ts';

const options = {
  ...projectOptions,
  store,
  ...choiceOptions,
  'from-env': fromEnv,
  table: { type: 'string', describe: 'Which tables of the backup, separated by commas', defaultDescription: 'all' },
  into: { type: 'string', describe: 'Table to write', defaultDescription: 'the one it was taken from' },
  create: {
    type: 'boolean',
    default: false,
    describe: 'Make tables that are not there as they were, with their types',
  },
  'missing-only': {
    type: 'boolean',
    default: false,
    describe: 'The table has rows: add rows, cells and elements that are not there, leave the rest',
  },
  overwrite: {
    type: 'boolean',
    default: false,
    describe: 'The table has rows: replace those that the backup has, leave the rest',
  },
  exact: {
    type: 'boolean',
    default: false,
    describe: 'The table has rows: make it what the backup has, delete the rest',
  },
  'leave-out': { type: 'string', describe: 'Columns of the backup that are not restored, separated by commas' },
  rename: { type: 'string', describe: 'Columns that have another name now: old=new, separated by commas' },
  'skip-damaged': {
    type: 'boolean',
    default: false,
    describe: 'Pass over chunks that `backup verify` finds damaged, with their rows; not with --exact',
  },
  waive: {
    type: 'string',
    array: true,
    default: [],
    describe: 'COLUMN=REASON: why personal data may come as it is into a lower environment; repeatable',
  },
  'dry-run': { type: 'boolean', default: false, describe: 'Write nothing; tell what would be written' },
} as const;

type Flags = Given<typeof options>;

export const backupRestoreCommand: AnyCommand = command({
  usage: 'restore [id]',
  summary: "Write a backup's rows into tables, here or elsewhere",
  positionals: { id: { type: 'string', describe: 'A backup, from `backup list`; or name it by --label or --at' } },
  options,
  examples: [
    ['backup restore ID --into users_copy --create', 'Into a table of another name, made as it was'],
    ['backup restore --at 2026-11-22T10:00:00Z --table users --missing-only', 'What was there at ten and is not now'],
    ['backup restore ID --env staging --from-env production --create', 'Into another cluster'],
    ['backup restore ID --exact --dry-run', 'What would be written and deleted?'],
  ],
  run: async (flags, output): Promise<ExitCode> => {
    const { timeNamed } = await import('../../app/backup-choice.ts');
    const wishes = wishesOf(flags);
    const way = wayOf(flags);
    const waivers = pairsOf('waive', flags.waive, 'COLUMN=REASON');
    const at = flags.at === undefined ? null : timeNamed('at', flags.at);
    const { isAsExpected, restoreTables } = await import('../../app/restore.ts');
    const { previewText, restoredText } = await import('../view/backup-restored.ts');
    const restored = await movingRows(flags, { output, events: false, asBytes: true }, (session) =>
      withRepository(session, flags, (backups, keyspace) => {
        const choice: BackupChoice = {
          id: word(flags, 'id') ?? null,
          label: flags.label ?? null,
          at,
          tables: wishes.tables,
          keyspace: flags['from-keyspace'] ?? keyspace,
          cluster: flags['from-cluster'] ?? null,
        };
        return untilSignalled((signal) =>
          withProgress(output, 'restore', (onProgress) =>
            restoreTables(session, backups, {
              ...wishes,
              choice,
              way,
              dryRun: flags['dry-run'],
              skipDamaged: flags['skip-damaged'],
              fromEnvironment: flags['from-env'] ?? null,
              waivers,
              onPlan: (plan) => {
                if (!output.json) output.err(previewText(plan, output.paint));
              },
              onProgress,
              signal,
            }),
          ),
        );
      }),
    );
    output.out(output.json ? JSON.stringify(restored) : restoredText(restored, output.paint));
    if (!output.json && restored.dryRun) output.err('Nothing was written. Next: the same command without --dry-run.');
    return isAsExpected(restored) ? exitCodes.fine : exitCodes.integrity;
  },
});

function wishesOf(flags: Flags): RestoreWishes {
  const listed = (option: string, text: string | undefined): readonly string[] =>
    namesIn({ command: 'backup restore', option }, text ?? '');
  return {
    tables: listed('--table', flags.table),
    into: flags.into ?? null,
    leaveOut: listed('--leave-out', flags['leave-out']),
    renamed: renamesIn(listed('--rename', flags.rename)),
    create: flags.create,
  };
}

function renamesIn(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, from, to] = /^([^=]+)=([^=]+)$/.exec(pair) ?? [];
      if (from === undefined || to === undefined)
        throw usage(`--rename ${pair} is no pair of names`, 'Write it as old=new.');
      return [from, to];
    }),
  );
}

function wayOf(flags: Flags): RestoreInto {
  const said = [
    ...(flags['missing-only'] ? ['missing' as const] : []),
    ...(flags.overwrite ? ['overwrite' as const] : []),
    ...(flags.exact ? ['exact' as const] : []),
  ];
  if (flags.exact && flags['skip-damaged'])
    throw usage('--exact would delete the rows that --skip-damaged passes over', 'Say --overwrite or --missing-only.');
  if (said.length <= 1) return said[0] ?? 'empty';
  throw usage('--missing-only, --overwrite and --exact exclude each other', 'Say one of them.');
}

function usage(message: string, next: string): CqlformError {
  return new CqlformError('USAGE', message, { next, exitCode: exitCodes.usage });
}
