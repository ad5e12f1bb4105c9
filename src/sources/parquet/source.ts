import type { DuckDBValue } from '@duckdb/node-api';
import { CqlformError } from '../../kernel/errors.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { Source, SourceFacts, SourceRow, Split } from '../../ports/source.ts';
import { assertUnchanged, identityOf, locateFiles, type SourceFile } from '../files/locate.ts';
import { splitSize, unknownSplit } from '../files/splits.ts';
import { refuseMissing, unknownType } from '../sql/notes.ts';
import { TableRows } from '../sql/rows.ts';
import { contentsOf, type ParquetContents, typeNotes } from './contents.ts';
import { callOn, ParquetReader, quoted } from './duckdb.ts';
import { isParquetType, shownValue, type ValueSettings, valueReader } from './values.ts';

/** No split is made smaller, so that small files stay whole. */
const smallestSplit = 1024 * 1024;

/** Parquet files, read by row groups. */
export async function openParquet(declared: ForeignSource, projectFolder: string): Promise<Source> {
  for (const [column, { type }] of Object.entries(declared.columns)) {
    if (!isParquetType(type)) throw unknownType('Parquet', column, type);
  }
  const files = await locateFiles(declared.place, projectFolder);
  const settings: ValueSettings = {
    zone: String(declared.settings['zone'] ?? 'UTC'),
    truncate: declared.settings['fractions'] === 'truncate',
  };
  const reader = await ParquetReader.open();
  const contents: ParquetContents[] = [];
  try {
    for (const file of files) contents.push(await contentsOf(reader, file));
  } catch (thrown) {
    reader.close();
    throw thrown;
  }

  return {
    async facts(): Promise<SourceFacts> {
      return {
        rows: contents.reduce((sum, { groups }) => sum + groups.reduce((rows, group) => rows + group.rows, 0), 0),
        bytes: files.reduce((sum, file) => sum + file.bytes, 0),
        missing: Object.entries(declared.columns)
          .filter(([, { field }]) => contents.some(({ columns }) => !columns.has(field)))
          .map(([column]) => column),
        identity: identityOf(files),
        notes: contents.flatMap((one) => typeNotes(declared, one, settings)),
      };
    },

    async splits(wanted: number): Promise<readonly Split[]> {
      const size = splitSize(files, wanted, smallestSplit);
      return contents.flatMap((one) => splitsOf(one, size));
    },

    async *read(split: Split): AsyncIterable<readonly SourceRow[]> {
      const { file: name, first, rows } = split.detail;
      const one = contents.find(({ file }) => file.name === name);
      if (one === undefined || typeof first !== 'number' || typeof rows !== 'number') throw unknownSplit(split);
      const toRow = rowsOf(declared, one, settings);
      const fields = Object.values(declared.columns).map(({ field }) => quoted(field));
      const sql = `SELECT ${['file_row_number', ...fields].join(', ')} FROM ${callOn('read_parquet', one.file)} WHERE file_row_number BETWEEN ${first} AND ${first + rows - 1}`;
      let found = 0;
      for await (const page of reader.pages(one.file, sql)) {
        found += page.length;
        yield page.map(([number, ...values]) => toRow.row(values, Number(number) + 1));
      }
      await assertUnchanged(one.file, projectFolder);
      if (found !== rows) throw incomplete(one.file, found, rows);
    },

    close: async () => reader.close(),
  };
}

function incomplete(file: SourceFile, found: number, wanted: number): CqlformError {
  return new CqlformError('SOURCE_INCOMPLETE', `${file.name}: of ${wanted} rows only ${found} could be read`, {
    next: 'Check that the file is whole; if it is, write it with smaller row groups, which take less memory.',
    fields: { file: file.name, found, wanted },
  });
}

/** Row groups that stand behind one another, together about as large as wanted. */
function splitsOf({ file, groups }: ParquetContents, size: number): readonly Split[] {
  const pieces: { first: number; rows: number; bytes: number }[] = [];
  for (const { first, rows, bytes } of groups) {
    const last = pieces.at(-1);
    if (last === undefined || last.bytes >= size) pieces.push({ first, rows, bytes });
    else {
      last.rows += rows;
      last.bytes += bytes;
    }
  }
  return pieces.map(({ first, rows, bytes }) => ({
    id: `${file.name}:${first}-${first + rows}`,
    detail: { file: file.name, first, rows },
    bytes,
  }));
}

function rowsOf(declared: ForeignSource, contents: ParquetContents, settings: ValueSettings): TableRows<DuckDBValue> {
  const { file, columns } = contents;
  refuseMissing({ ...declared, place: file.name }, [...columns.keys()]);
  const [wrong] = typeNotes(declared, contents, settings);
  if (wrong !== undefined) {
    throw new CqlformError('SOURCE_TYPE_DIFFERS', wrong.message, { next: wrong.next, fields: { file: file.name } });
  }
  const readers = Object.entries(declared.columns).flatMap(([column, one]) => {
    const real = columns.get(one.field);
    const read = real === undefined ? null : valueReader(one, real, settings);
    return read === null ? [] : [{ column, field: one.field, required: one.required, read, show: shownValue }];
  });
  return new TableRows(file.name, readers, declared.key);
}
