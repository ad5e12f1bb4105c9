import type { LoadInput } from '../../app/load.ts';
import type { FileFormat } from '../../app/load-format.ts';
import type { DatabaseSystem } from '../../app/named-source.ts';
import { rateNamed } from '../../app/rate-named.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { own } from '../../kernel/own.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { separated } from '../names-in.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';

export const formatChoices: readonly FileFormat[] = ['csv', 'json', 'ndjson', 'parquet'];
export const systemChoices: readonly DatabaseSystem[] = ['mysql', 'postgres', 'sqlite', 'mongo', 'cassandra'];

export const loadCommand: AnyCommand = command({
  usage: 'load <source> <table>',
  summary: 'Load files, standard input, a database or another cluster into a table that is there',
  positionals: {
    source: {
      type: 'string',
      demandOption: true,
      describe:
        'A file or a quoted glob (.csv, .tsv, .json, .ndjson, .parquet; .gz and .zst are unpacked); - for standard input; shop or shop/orders for a connection of the configuration; env:NAME for an address in an environment variable; an address without a password',
    },
    table: { type: 'string', demandOption: true, describe: 'A table of the keyspace' },
  },
  options: {
    ...projectOptions,
    format: {
      type: 'string',
      choices: formatChoices,
      describe: 'What the file holds',
      defaultDescription: 'by its name',
    },
    map: { type: 'string', array: true, default: [], describe: 'COLUMN=FIELD, where their names differ' },
    ignore: { type: 'string', array: true, default: [], describe: 'A field that is not loaded' },
    'ignore-unknown': { type: 'boolean', default: false, describe: 'Load no field that has no column' },
    'source-table': {
      type: 'string',
      describe: 'Of a database: the table or collection',
      defaultDescription: 'named like the target',
    },
    query: { type: 'string', describe: 'Of an SQL database: a query in place of a table' },
    system: {
      type: 'string',
      choices: systemChoices,
      describe: 'What the database is',
      defaultDescription: 'by its address',
    },
    setting: {
      type: 'string',
      array: true,
      default: [],
      describe:
        "NAME=VALUE of a source's declaration: zone=Europe/Oslo, zeroDates=null, fractions=truncate, view=moving",
    },
    header: { type: 'boolean', default: true, describe: 'The first record of a CSV file names its fields' },
    fields: {
      type: 'string',
      describe:
        'With --no-header: the fields in their order, separated by commas; one that has a comma in double quotes',
    },
    delimiter: { type: 'string', describe: 'Of CSV: one character', defaultDescription: ', or tab for .tsv' },
    quote: { type: 'string', describe: 'Of CSV: one character, or "none"', defaultDescription: '"' },
    escape: {
      type: 'string',
      describe: 'Of CSV: what stands before a quote inside quotes',
      defaultDescription: 'a quote',
    },
    null: {
      type: 'string',
      array: true,
      default: [],
      describe: 'Of CSV: text that stands for null, besides an empty field; repeatable',
    },
    'skip-records': { type: 'number', describe: 'Records at the beginning that are passed over' },
    'max-records': { type: 'number', describe: 'Load so many records and no more', defaultDescription: 'all' },
    'timestamp-field': {
      type: 'string',
      describe: 'The field with the write time of each row: microseconds since 1970, or ISO 8601',
    },
    'ttl-field': { type: 'string', describe: 'The field with the seconds that each row lives' },
    ttl: { type: 'number', describe: 'Seconds that the rows live; 0: for ever', defaultDescription: "the table's" },
    rate: { type: 'string', describe: 'At most so much a second: 5000 (rows) or 2MB (bytes)' },
    'max-rejects': {
      type: 'string',
      default: '0',
      describe: 'Rows that may be rejected: a number, or a share such as 1%',
    },
    rejects: {
      type: 'string',
      describe: 'Where rejected rows go, with their reasons',
      defaultDescription: 'in .cqlform/rejects',
    },
    replay: {
      type: 'string',
      describe:
        'Load the mended rows of this rejects file, which an earlier load of the same file left, and only those',
    },
    waive: {
      type: 'string',
      array: true,
      default: [],
      describe: 'COLUMN=REASON: why personal data may go as it is; repeatable',
    },
    'dry-run': { type: 'boolean', default: false, describe: 'Read and convert everything, write nothing' },
  },
  examples: [
    ['load flights.csv flights', 'Fields go to the columns of their names'],
    ['load people.csv users --map id=user_id --ignore age', 'Other names, and a field left out'],
    ['load "events-*.ndjson.gz" events --dry-run', 'Which rows would be rejected, and why'],
    ['load - events --format ndjson', 'What another program writes'],
    ['load shop/orders orders', 'A table of a database that the configuration knows as shop'],
    ['load env:SHOP_URL orders --query "SELECT * FROM orders WHERE paid"', 'An address that holds a password'],
  ],
  run: async (flags, output) => {
    const input = {
      source: word(flags, 'source') ?? '',
      table: word(flags, 'table') ?? '',
      format: flags.format ?? null,
      system: flags.system ?? null,
      sourceTable: flags['source-table'] ?? null,
      query: flags.query ?? null,
      map: pairsOf('map', flags.map, 'COLUMN=FIELD'),
      ignore: flags.ignore,
      ignoreUnknown: flags['ignore-unknown'],
      timestampField: flags['timestamp-field'] ?? null,
      ttlField: flags['ttl-field'] ?? null,
      skip: wholeOf('skip-records', flags['skip-records']),
      most: wholeOf('max-records', flags['max-records']),
      fields: fieldsOf(flags.header, flags.fields),
      settings: {
        ...(flags.delimiter === undefined ? {} : { delimiter: flags.delimiter === '\\t' ? '\t' : flags.delimiter }),
        ...(flags.quote === undefined ? {} : { quote: flags.quote === 'none' ? '' : flags.quote }),
        ...(flags.escape === undefined ? {} : { escape: flags.escape }),
        ...(flags.null.length === 0 ? {} : { nullText: flags.null.join('\n') }),
        ...settingsOf(flags.setting),
      },
      ttl: flags.ttl ?? null,
      rate: rateNamed(flags.rate),
      maxRejects: maxRejectsOf(flags['max-rejects']),
      rejectsFile: flags.rejects ?? null,
      waivers: pairsOf('waive', flags.waive, 'COLUMN=REASON'),
      replay: flags.replay ?? null,
      dryRun: flags['dry-run'],
    } satisfies Omit<LoadInput, 'signal' | 'onProgress'>;
    const [{ ProgressLine }, { loadProgressText, loadText }] = await Promise.all([
      import('../view/progress.ts'),
      import('../view/load.ts'),
    ]);
    const line = new ProgressLine(output);
    const how = { output, events: false, asBytes: true, rowsOnly: true };
    const report = await movingRows(flags, how, async (session) => {
      const { loadTable } = await import('../../app/load.ts');
      return untilSignalled(async (signal) => {
        line.begin('load');
        try {
          return await loadTable(session, {
            ...input,
            signal,
            onProgress: (progress) =>
              line.show((elapsedMs) => loadProgressText(input.table, progress, elapsedMs), {
                table: input.table,
                ...progress,
              }),
          });
        } finally {
          line.end();
        }
      });
    });
    output.out(output.json ? JSON.stringify(report) : loadText(report));
    if (!output.json && report.dryRun) output.err('Nothing was written. Next: the same without --dry-run.');
    return exitCodes.fine;
  },
});

/** `--map COLUMN=FIELD`, `--waive COLUMN=REASON`. */
export function pairsOf(option: string, pairs: readonly string[], form: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1 || at === pair.length - 1) throw usage(`--${option} ${pair} is not ${form}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

const knownSettings: Readonly<Record<string, RegExp>> = {
  zone: /^\S+$/,
  zeroDates: /^(?:null|reject)$/,
  fractions: /^(?:reject|truncate)$/,
  view: /^(?:snapshot|moving)$/,
};

/** `--setting fractions=truncate`: what a declaration of the source would say. */
function settingsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const settings = pairsOf('setting', pairs, 'NAME=VALUE');
  for (const [name, value] of Object.entries(settings)) {
    const known = own(knownSettings, name);
    if (known === undefined)
      throw usage(`there is no setting ${name}: it is one of ${Object.keys(knownSettings).join(', ')}`);
    if (!known.test(value)) throw usage(`the setting ${name} is never ${value}`);
  }
  return settings;
}

function wholeOf(option: string, value: number | undefined): number | null {
  if (value === undefined) return null;
  if (Number.isSafeInteger(value)) return value;
  throw usage(`--${option} ${value} is no whole number`);
}

function fieldsOf(header: boolean, fields: string | undefined): readonly string[] | null {
  if (header) {
    if (fields === undefined) return null;
    throw usage('--fields goes with --no-header: otherwise the first record names them');
  }
  if (fields === undefined) throw usage('--no-header needs --fields: the names of the fields in their order');
  return separated({ command: 'load', option: '--fields' }, fields);
}

/** `10` or `1%`. */
export function maxRejectsOf(text: string): LoadInput['maxRejects'] {
  if (/^\d+$/.test(text)) return Number(text);
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (share === undefined || Number(share) > 100)
    throw usage(`--max-rejects ${text} is neither a number nor a share such as 1%`);
  return `${Number(share)}%`;
}

function usage(message: string): CqlformError {
  return new CqlformError('USAGE', message, { next: 'See `cqlform load --help`.', exitCode: exitCodes.usage });
}
