import { rateNamed } from '../../app/rate-named.ts';
import type { UnloadInput } from '../../app/unload.ts';
import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { separated } from '../names-in.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { formatChoices, maxRejectsOf, pairsOf } from './load.ts';

export const unloadCommand: AnyCommand = command({
  usage: 'unload <table> [file]',
  summary: 'Write a table into a CSV, JSON, NDJSON or Parquet file',
  positionals: {
    table: {
      type: 'string',
      demandOption: true,
      describe: 'A table of the keyspace, or CONNECTION/TABLE of another cluster',
    },
    file: { type: 'string', describe: 'Compressed as .gz or .zst says; left out or -: standard output' },
  },
  options: {
    ...projectOptions,
    format: {
      type: 'string',
      choices: formatChoices,
      describe: 'What to write',
      defaultDescription: "by the file's name",
    },
    columns: {
      type: 'string',
      describe:
        'Columns besides the key, separated by commas; one whose name has a comma in double quotes: \'"a,b",c\'',
      defaultDescription: 'all',
    },
    where: {
      type: 'string',
      describe: "Rows that meet these relations of CQL only: \"kind = 'sale' AND day > '2026-01-01'\"",
    },
    header: { type: 'boolean', default: true, describe: 'Begin a CSV file with the names of the columns' },
    delimiter: { type: 'string', describe: 'Of CSV: one character', defaultDescription: ', or tab for .tsv' },
    quote: { type: 'string', default: '"', describe: 'Of CSV: one character' },
    null: { type: 'string', describe: 'Of CSV: text that stands for null', defaultDescription: 'an empty field' },
    rate: { type: 'string', describe: 'At most so much a second: 5000 (rows) or 2MB (bytes)' },
    'max-rejects': {
      type: 'string',
      default: '0',
      describe: 'Rows that may be unreadable: a number, or a share such as 1%',
    },
    rejects: { type: 'string', describe: 'Where unreadable rows go', defaultDescription: 'in .cqlform/rejects' },
    waive: {
      type: 'string',
      array: true,
      default: [],
      describe: 'COLUMN=REASON: why personal data may go as it is; repeatable',
    },
    'dry-run': { type: 'boolean', default: false, describe: 'Read, count and convert everything, write nothing' },
    force: { type: 'boolean', default: false, describe: 'Replace a file that is there' },
  },
  examples: [
    ['unload users users.csv', 'All of it; `load users.csv users` brings it back'],
    ['unload events events.ndjson.zst --columns kind,payload', 'Some columns, compressed'],
    ['unload users users.parquet', 'Typed columns; `load users.parquet users` brings it back'],
    ['unload old/users users.csv', 'A table of a cluster that the configuration knows as old'],
    ['unload users --dry-run', 'How many rows there are, and whether all can be read'],
    ['unload users | head', 'To standard output'],
  ],
  run: async (flags, output) => {
    const input = {
      table: word(flags, 'table') ?? '',
      file: fileOf(word(flags, 'file')),
      format: flags.format ?? null,
      columns:
        flags.columns === undefined ? null : separated({ command: 'unload', option: '--columns' }, flags.columns),
      where: flags.where ?? null,
      header: flags.header,
      delimiter: flags.delimiter === '\\t' ? '\t' : (flags.delimiter ?? null),
      quote: flags.quote,
      nullText: flags.null ?? '',
      rate: rateNamed(flags.rate),
      maxRejects: maxRejectsOf(flags['max-rejects']),
      rejectsFile: flags.rejects ?? null,
      waivers: pairsOf('waive', flags.waive, 'COLUMN=REASON'),
      dryRun: flags['dry-run'],
      force: flags.force,
    } satisfies Omit<UnloadInput, 'signal' | 'onProgress'>;
    const [{ ProgressLine }, { unloadText }] = await Promise.all([
      import('../view/progress.ts'),
      import('../view/load.ts'),
    ]);
    const line = new ProgressLine(output);
    const how = { output, events: false, asBytes: true, rowsOnly: true };
    const report = await movingRows(flags, how, async (session) => {
      const { unloadTable } = await import('../../app/unload.ts');
      return untilSignalled(async (signal) => {
        line.begin('unload');
        try {
          return await unloadTable(session, {
            ...input,
            signal,
            onProgress: ({ read, bytes, rejected }) =>
              line.update({ unit: 'rows', done: read, total: null, table: input.table, bytes, rejected }),
          });
        } finally {
          line.end();
        }
      });
    });
    // with the rows on standard output, what is said about them goes beside it
    const told = output.json ? JSON.stringify(report) : unloadText(report);
    if (input.file === null && !input.dryRun) output.err(told);
    else output.out(told);
    return exitCodes.fine;
  },
});

function fileOf(said: string | undefined): string | null {
  return said === undefined || said === '-' ? null : said;
}
