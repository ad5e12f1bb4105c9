import { relative } from 'node:path';
import type { AssessInput } from '../../app/assess.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { namesIn } from '../names-in.ts';
import { projectOf } from '../project.ts';
import { formatChoices, systemChoices } from './load.ts';

const nestings = ['udt', 'flat', 'json'] as const;
const arrayForms = ['list', 'table'] as const;
const reports = ['text', 'markdown', 'json'] as const;

export const assessCommand: AnyCommand = command({
  usage: 'assess <source>',
  summary: 'Look at a file, a database or another cluster before its rows are copied, and write their migration',
  positionals: {
    source: {
      type: 'string',
      describe:
        'A file or glob (also .gz, .zst), a connection of the configuration, one of its tables (shop/orders), or an address as `load` takes it',
    },
  },
  options: {
    ...projectOptions,
    write: { type: 'string', describe: 'Write the migration file under this name: sources, tables and copies' },
    key: { type: 'string', describe: 'A partition key, a,b: the sizes of the partitions that it would make' },
    clustering: { type: 'string', describe: 'With --key: the clustering columns, c,d' },
    sample: {
      type: 'number',
      describe: 'Rows of each table that are looked at',
      defaultDescription: '500000 of files, 10000 of databases',
    },
    nested: {
      type: 'string',
      choices: nestings,
      default: 'udt' as const,
      describe:
        'Of MongoDB: documents inside of documents as user-defined types, as columns of their own, or as JSON text',
    },
    arrays: {
      type: 'string',
      choices: arrayForms,
      describe: 'Arrays of documents as lists, or as tables with a row for each',
      defaultDescription: 'lists of up to 100',
    },
    'file-format': {
      type: 'string',
      choices: formatChoices,
      describe: 'What the file holds',
      defaultDescription: 'by its extension',
    },
    system: {
      type: 'string',
      choices: systemChoices,
      describe: 'What the database is',
      defaultDescription: 'by its address',
    },
    delimiter: { type: 'string', describe: 'Of CSV: one character', defaultDescription: 'by the header' },
    quote: { type: 'string', describe: 'Of CSV: one character, or "none"', defaultDescription: '"' },
    null: { type: 'string', describe: 'Of CSV: text that stands for null', defaultDescription: 'by what is found' },
    format: { type: 'string', choices: reports, default: 'text' as const, describe: 'How the report is written' },
  },
  examples: [
    ['assess data/movies.json', 'What its fields hold, and the table that would take them'],
    ['assess data/movies.json --key genre --clustering title', 'The partitions that this key would make'],
    ['assess shop/orders --arrays table', 'A table of its own for the documents in the arrays of a collection'],
    ['assess shop --write shop_tables', 'A migration with every table of the connection'],
  ],
  run: async (flags, output) => {
    const input: AssessInput = {
      source: word(flags, 'source') ?? '',
      format: flags['file-format'] ?? null,
      system: flags.system ?? null,
      settings: {
        ...(flags.delimiter === undefined ? {} : { delimiter: flags.delimiter === '\\t' ? '\t' : flags.delimiter }),
        ...(flags.quote === undefined ? {} : { quote: flags.quote === 'none' ? '' : flags.quote }),
        ...(flags.null === undefined ? {} : { nullText: flags.null }),
      },
      sample: sampleOf(flags.sample),
      key: keyOf(flags.key, flags.clustering),
      nested: flags.nested,
      arrays: flags.arrays ?? null,
      write: flags.write ?? null,
    };
    // No keyspace is looked at: what is not written down needs no project.
    const keyspace = flags.keyspace ?? (flags.write === undefined ? 'assessed' : undefined);
    const [project, { assess }] = await Promise.all([projectOf({ ...flags, keyspace }), import('../../app/assess.ts')]);
    const report = await assess(project, input, new Date());
    if (output.json || flags.format === 'json') output.out(JSON.stringify(report));
    else if (flags.format === 'markdown') {
      const { assessMarkdown } = await import('../view/assess-markdown.ts');
      output.out(assessMarkdown(report));
    } else {
      const { assessText } = await import('../view/assess-text.ts');
      output.out(assessText(report, output.paint));
    }
    if (output.json) return exitCodes.fine;
    output.err(
      report.written === null
        ? 'Nothing was written. Next: the same with --write NAME.'
        : `${relative(process.cwd(), report.written.path)} is written. Next: read and edit it, then \`cqlform check --fix\` and \`cqlform plan\`.`,
    );
    return exitCodes.fine;
  },
});

function keyOf(key: string | undefined, clustering: string | undefined): AssessInput['key'] {
  if (key !== undefined)
    return {
      partition: namesIn({ command: 'assess', option: '--key' }, key),
      clustering: namesIn({ command: 'assess', option: '--clustering' }, clustering ?? ''),
    };
  if (clustering === undefined) return null;
  throw usage('--clustering goes with --key, which names the partition key');
}

function sampleOf(rows: number | undefined): number | null {
  if (rows === undefined) return null;
  if (Number.isSafeInteger(rows) && rows > 0) return rows;
  throw usage(`--sample ${rows} is no number of rows`);
}

function usage(message: string): CqlformError {
  return new CqlformError('USAGE', message, { next: 'See `cqlform assess --help`.', exitCode: exitCodes.usage });
}
