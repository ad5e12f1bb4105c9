import { own } from '../kernel/own.ts';
import type { ForeignColumn } from '../model/data.ts';
import type { CsvFiles, CsvTypes, JsonFiles, JsonTypes, TsvFiles } from './file-type.ts';
import { mistake, propertiesOf, shown, textOf } from './mistake.ts';
import { refuseMoved } from './name.ts';
import { withOrigin } from './origin.ts';
import type { Source } from './source.ts';
import { columnsOf, fieldsOf, namesIn, typed } from './source-parts.ts';

const jsonTypes: JsonTypes = {
  text: typed('json.text'),
  int: typed('json.int'),
  bigint: typed('json.bigint'),
  double: typed('json.double'),
  decimal: typed('json.decimal'),
  boolean: typed('json.boolean'),
  uuid: typed('json.uuid'),
  date: typed('json.date'),
  timestamp: typed('json.timestamp'),
  array: typed('json.array'),
  object: typed('json.object'),
  any: typed('json.any'),
};

const csvTypes: CsvTypes = {
  text: typed('csv.text'),
  int: typed('csv.int'),
  bigint: typed('csv.bigint'),
  double: typed('csv.double'),
  decimal: typed('csv.decimal'),
  boolean: typed('csv.boolean'),
  uuid: typed('csv.uuid'),
  date: typed('csv.date'),
  timestamp: typed('csv.timestamp'),
};

/**
 * Files that hold a JSON array of objects.
 *
 * @example
 * import { copy, migration, t, table } from 'cqlform';
 * import { json } from 'cqlform/files';
 *
 * const source = json.file('data/movies.json', {
 *   columns: { title: json.text(), genre: json.text() },
 *   key: ['title'],
 *   fields: { title: 'Title', genre: 'Major Genre' },
 * });
 * const movies = table('movies', { columns: { title: t.text(), genre: t.text() }, partitionKey: ['title'] });
 *
 * export default migration({
 *   description: 'Load the movies',
 *   schema: [movies],
 *   data: [copy({ from: source, into: movies, maxRejects: '1%' })],
 * });
 */
export const json: JsonFiles = Object.freeze({
  ...jsonTypes,
  file: (path, definition) => fileSource('json', path, definition) as never,
} satisfies JsonFiles);

/**
 * Files with a JSON object on each line.
 *
 * @example
 * import { ndjson } from 'cqlform/files';
 *
 * const events = ndjson.file('data/events-*.ndjson.gz', {
 *   columns: { id: ndjson.uuid(), at: ndjson.timestamp(), detail: ndjson.any() },
 *   key: ['id'],
 * });
 */
export const ndjson: JsonFiles = Object.freeze({
  ...jsonTypes,
  file: (path, definition) => fileSource('ndjson', path, definition) as never,
} satisfies JsonFiles);

/**
 * CSV files.
 *
 * @example
 * import { csv } from 'cqlform/files';
 *
 * const flights = csv.file('data/flights.csv', {
 *   columns: { carrier: csv.text(), flight: csv.int(), departure: csv.int() },
 *   key: ['carrier', 'flight'],
 *   fields: { departure: 'dep_time' },
 *   nullText: 'NA',
 * });
 */
export const csv: CsvFiles = Object.freeze({
  ...csvTypes,
  file: (path, definition) => fileSource('csv', path, definition) as never,
} satisfies CsvFiles);

/**
 * CSV whose fields stand between tabs.
 *
 * @example
 * import { tsv } from 'cqlform/files';
 *
 * const genes = tsv.file('data/genes-*.tsv.zst', {
 *   columns: { symbol: tsv.text(), length: tsv.int() },
 *   key: ['symbol'],
 *   nullText: '\\N',
 *   quote: '',
 * });
 */
export const tsv: TsvFiles = Object.freeze({
  ...csvTypes,
  file: (path, definition) => fileSource('tsv', path, definition) as never,
} satisfies TsvFiles);

const tsvSettings = ['quote', 'escape', 'header', 'nullText'];
const settingsOf = { json: [], ndjson: [], csv: ['delimiter', ...tsvSettings], tsv: tsvSettings };
const prefixes = { json: 'json.', ndjson: 'json.', csv: 'csv.', tsv: 'csv.' };
/** TSV is read as CSV with another delimiter. */
const readAs = { json: 'json', ndjson: 'ndjson', csv: 'csv', tsv: 'csv' };

function fileSource(format: keyof typeof readAs, path: unknown, definition: unknown): Source {
  const place = textOf(`the path of a ${format} file`, path);
  const subject = `${format} file ${place}`;
  const more: readonly string[] = settingsOf[format];
  const given = propertiesOf(subject, definition, ['columns', 'key', 'required', 'fields', ...more]);
  const types = columnsOf(subject, prefixes[format], given['columns']);
  if (given['header'] === false) refuseMoved(subject, Object.keys(types));
  const key = namesIn(`key of ${subject}`, types, given['key']);
  const required = Object.freeze([
    ...new Set([...key, ...namesIn(`required of ${subject}`, types, given['required'])]),
  ]);
  const fields = fieldsOf(subject, types, given['fields']);
  const system = readAs[format];
  const settings = Object.freeze({
    ...(format === 'tsv' ? { delimiter: '\t' } : {}),
    ...Object.fromEntries(
      more.flatMap((name) =>
        own(given, name) === undefined ? [] : [[name, settingOf(subject, name, own(given, name))]],
      ),
    ),
  });
  const columns = Object.entries(types).map(([name, type]): readonly [string, ForeignColumn] => [
    name,
    { type: type.kind, required: required.includes(name), field: own(fields, name) ?? name },
  ]);
  return withOrigin(
    { kind: 'source', system, connection: null, place, columns: types, key, required, fields, settings },
    {
      kind: 'source',
      types,
      source: { kind: 'foreign', system, connection: null, place, columns: Object.fromEntries(columns), key, settings },
    },
  );
}

function settingOf(subject: string, name: string, value: unknown): string | boolean {
  if (name === 'header' ? typeof value === 'boolean' : typeof value === 'string') return value as string | boolean;
  throw mistake('SOURCE_SETTING', {
    message: `${name} of ${subject} is ${shown(value)}`,
    next: name === 'header' ? 'Give true or false.' : 'Give a text.',
  });
}
