import type { ForeignSource } from '../../model/data.ts';
import type { SurveyedColumn, SurveyedTable } from '../../ports/survey.ts';
import { locateFiles, type SourceFile } from '../files/locate.ts';
import { wholeFile } from '../files/splits.ts';
import { filesName, unnamedField } from '../files/survey.ts';
import { fieldsOf } from './row.ts';
import { type FileSourceOptions, rawRowsOf } from './source.ts';
import { asFound } from './values.ts';

/** More fields than that are data, not columns. */
const mostFields = 1000;

/** The fields that the first `rows` rows of JSON files have, in the order in which they first appear. */
export async function surveyJson(
  { system, place, rows }: { readonly system: 'json' | 'ndjson'; readonly place: string; readonly rows: number },
  options: FileSourceOptions,
): Promise<SurveyedTable> {
  const files = await locateFiles(place, options.projectFolder);
  const fields = await fieldsIn(files, { system, rows, limit: options.rowLimit });
  const left = fields.size > mostFields;
  const settings: ForeignSource['settings'] = {};
  return {
    system,
    connection: null,
    place,
    settings,
    name: filesName(files),
    rows: null,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    columns: [...fields].slice(0, mostFields).map(columnOf),
    key: [],
    unique: [],
    notes: left ? [`it has more than ${mostFields} fields: those after the first ${mostFields} are left out`] : [],
  };
}

interface Wanted {
  readonly system: 'json' | 'ndjson';
  readonly rows: number;
  readonly limit: number;
}

async function fieldsIn(files: readonly SourceFile[], { system, rows, limit }: Wanted): Promise<ReadonlySet<string>> {
  const fields = new Set<string>();
  let read = 0;
  for (const file of files) {
    for await (const page of rawRowsOf(system)(wholeFile(file), limit)) {
      for (const { bytes } of page) {
        for (const field of fieldsOf(bytes)) if (fields.size <= mostFields) fields.add(field);
        read += 1;
        if (read >= rows) return fields;
      }
    }
  }
  return fields;
}

function columnOf(field: string): SurveyedColumn {
  const refused =
    field === '' ? unnamedField : field === '__proto__' ? 'JavaScript has another use for its name' : null;
  const read = refused === null ? { type: asFound } : null;
  return { field, declared: null, read, refused, flag: null, nullable: true };
}
