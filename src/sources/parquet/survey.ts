import type { DuckDBListType, DuckDBMapType, DuckDBStructType, DuckDBType } from '@duckdb/node-api';
import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { ReadType, SurveyedColumn, SurveyedTable } from '../../ports/survey.ts';
import { locateFiles } from '../files/locate.ts';
import { filesName } from '../files/survey.ts';
import { contentsOf, type ParquetContents } from './contents.ts';
import { ParquetReader } from './duckdb.ts';
import { nameOf } from './values.ts';

/** The columns of Parquet files by the first one; their footers have types and sizes. */
export async function surveyParquet(
  { place, settings }: Pick<ForeignSource, 'place' | 'settings'>,
  projectFolder: string,
): Promise<SurveyedTable> {
  const files = await locateFiles(place, projectFolder);
  const reader = await ParquetReader.open();
  try {
    const contents: ParquetContents[] = [];
    for (const file of files) contents.push(await contentsOf(reader, file));
    const [first] = contents;
    const columns = [...(first?.columns ?? [])].map(([field, type]) => columnOf(field, type, first?.cut.get(field)));
    const cut = columns.some(({ field }) => first?.cut.get(field) === 'nanoseconds');
    const more = cut && settings['fractions'] === undefined ? { fractions: 'truncate' } : {};
    return {
      system: 'parquet',
      connection: null,
      place,
      settings: { ...settings, ...more },
      name: filesName(files),
      rows: contents.reduce((sum, { groups }) => sum + groups.reduce((rows, group) => rows + group.rows, 0), 0),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      columns,
      key: [],
      unique: [],
      notes: Object.keys(more).length === 0 ? [] : ["fractions: 'truncate' is proposed: it holds nanoseconds"],
    };
  } finally {
    reader.close();
  }
}

function columnOf(field: string, type: DuckDBType, cut: 'nanoseconds' | 'digits' | undefined): SurveyedColumn {
  const read = cut === 'digits' || field === '__proto__' ? null : readOf(type);
  const refused =
    cut === 'digits'
      ? 'it has more than 38 digits, which cannot be read exactly'
      : read === null
        ? 'no type of a declaration reads it'
        : null;
  return { field, declared: type.toString().toLowerCase(), read, refused, flag: null, nullable: true };
}

const named: Readonly<Record<string, string>> = {
  TINYINT: 'int8',
  SMALLINT: 'int16',
  INTEGER: 'int32',
  BIGINT: 'int64',
  UTINYINT: 'uint8',
  USMALLINT: 'uint16',
  UINTEGER: 'uint32',
  UBIGINT: 'uint64',
  FLOAT: 'float',
  DOUBLE: 'double',
  DECIMAL: 'decimal',
  BOOLEAN: 'boolean',
  VARCHAR: 'string',
  ENUM: 'string',
  JSON: 'string',
  BLOB: 'binary',
  UUID: 'uuid',
  DATE: 'date',
  TIME: 'time',
  TIME_NS: 'time',
  'TIME WITH TIME ZONE': 'time',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  TIMESTAMP: 'localTimestamp',
  TIMESTAMP_S: 'localTimestamp',
  TIMESTAMP_MS: 'localTimestamp',
  TIMESTAMP_NS: 'localTimestamp',
};

/** Null: values of the type cannot be read. */
function readOf(type: DuckDBType): ReadType | null {
  switch (nameOf(type)) {
    case 'LIST': {
      const element = readOf((type as DuckDBListType).valueType);
      return element === null ? null : { type: 'parquet.list', element };
    }
    case 'MAP': {
      const { keyType, valueType } = type as DuckDBMapType;
      const [key, element] = [readOf(keyType), readOf(valueType)];
      return key === null || element === null ? null : { type: 'parquet.map', key, element };
    }
    case 'STRUCT': {
      const { entryNames, entryTypes } = type as DuckDBStructType;
      const fields = entryNames.map((name, at) => {
        const inner = entryTypes[at];
        return [name, inner === undefined ? null : readOf(inner)] as const;
      });
      const read = fields.flatMap(([name, inner]) => (inner === null ? [] : [[name, inner] as const]));
      return read.length < fields.length ? null : { type: 'parquet.struct', fields: Object.fromEntries(read) };
    }
    default: {
      const name = own(named, nameOf(type));
      return name === undefined ? null : { type: `parquet.${name}` };
    }
  }
}
