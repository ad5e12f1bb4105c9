import type { ForeignSource } from '../../model/data.ts';
import type { SurveyedColumn, SurveyedTable } from '../../ports/survey.ts';
import { locateFiles, type SourceFile } from '../files/locate.ts';
import { filesName, unnamedField } from '../files/survey.ts';
import type { FileSourceOptions } from '../json/source.ts';
import { dialectOf } from './dialect.ts';
import { headerOf } from './source.ts';

/** The fields of CSV files by the header of the first one; a delimiter that nobody said is found there. */
export async function surveyCsv(
  { place, settings }: Pick<ForeignSource, 'place' | 'settings'>,
  options: FileSourceOptions,
): Promise<SurveyedTable> {
  const files = await locateFiles(place, options.projectFolder);
  const [first] = files;
  const said =
    first === undefined ? settings : await withDelimiter(first, { place, settings, limit: options.rowLimit });
  const fields = first === undefined ? [] : await fieldsIn(first, { place, settings: said, limit: options.rowLimit });
  return {
    system: 'csv',
    connection: null,
    place,
    settings: said,
    name: filesName(files),
    rows: null,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    columns: fields.map(columnOf),
    key: [],
    unique: [],
    notes:
      said === settings
        ? []
        : [`its fields stand between ${JSON.stringify(said['delimiter'])}, by what its header looks like`],
  };
}

interface Opened {
  readonly place: string;
  readonly settings: ForeignSource['settings'];
  readonly limit: number;
}

function fieldsIn(file: SourceFile, { place, settings, limit }: Opened): Promise<readonly string[]> {
  const dialect = dialectOf({
    kind: 'foreign',
    system: 'csv',
    connection: null,
    place,
    columns: {},
    key: [],
    settings,
  });
  return headerOf(file, { dialect, limit, names: [] });
}

async function withDelimiter(file: SourceFile, opened: Opened): Promise<ForeignSource['settings']> {
  const { settings } = opened;
  if (settings['delimiter'] !== undefined) return settings;
  const [only = '', second] = await fieldsIn(file, opened);
  const delimiter = second === undefined ? [';', '\t', '|'].find((one) => only.includes(one)) : undefined;
  return delimiter === undefined ? settings : { ...settings, delimiter };
}

function columnOf(field: string): SurveyedColumn {
  const read = field === '' ? null : { type: 'csv.text' };
  return { field, declared: null, read, refused: read === null ? unnamedField : null, flag: null, nullable: true };
}
