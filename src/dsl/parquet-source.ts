import { own } from '../kernel/own.ts';
import type { ForeignColumn } from '../model/data.ts';
import { propertiesOf, textOf } from './mistake.ts';
import { withOrigin } from './origin.ts';
import type { ParquetFiles } from './parquet-type.ts';
import type { Source } from './source.ts';
import { columnsOf, fieldsOf, innerType, innerTypes, namesIn, nestedType, typed } from './source-parts.ts';
import { choicesOf, labelled, zoneOf } from './sql-source.ts';

const prefix = 'parquet.';

/**
 * Parquet files.
 *
 * @example
 * import { parquet } from 'cqlform/files';
 *
 * const trips = parquet.file('data/trips-*.parquet', {
 *   columns: { id: parquet.int64(), at: parquet.timestamp(), fare: parquet.decimal(), stops: parquet.list(parquet.string()) },
 *   key: ['id'],
 *   fractions: 'truncate',
 * });
 */
export const parquet: ParquetFiles = Object.freeze({
  int8: typed('parquet.int8'),
  int16: typed('parquet.int16'),
  int32: typed('parquet.int32'),
  int64: typed('parquet.int64'),
  uint8: typed('parquet.uint8'),
  uint16: typed('parquet.uint16'),
  uint32: typed('parquet.uint32'),
  uint64: typed('parquet.uint64'),
  float: typed('parquet.float'),
  double: typed('parquet.double'),
  decimal: typed('parquet.decimal'),
  boolean: typed('parquet.boolean'),
  string: typed('parquet.string'),
  enum: (...labels) => labelled('parquet.enum', labels),
  json: typed('parquet.json'),
  binary: typed('parquet.binary'),
  fixed: typed('parquet.fixed'),
  uuid: typed('parquet.uuid'),
  date: typed('parquet.date'),
  time: typed('parquet.time'),
  timestamp: typed('parquet.timestamp'),
  localTimestamp: typed('parquet.localTimestamp'),
  list: (element) => {
    innerType('parquet.list', prefix, element);
    return Object.freeze({ kind: 'parquet.list', element });
  },
  map: (key, element) => {
    innerType('parquet.map', prefix, key);
    innerType('parquet.map', prefix, element);
    return Object.freeze({ kind: 'parquet.map', key, element });
  },
  struct: (fields) => {
    innerTypes('parquet.struct', prefix, fields);
    return Object.freeze({ kind: 'parquet.struct', fields: Object.freeze({ ...fields }) });
  },
  file: (path, definition) => parquetSource(path, definition) as never,
} satisfies ParquetFiles);

function parquetSource(path: unknown, definition: unknown): Source {
  const place = textOf('the path of a parquet file', path);
  const subject = `parquet file ${place}`;
  const given = propertiesOf(subject, definition, ['columns', 'key', 'required', 'fields', 'zone', 'fractions']);
  const types = columnsOf(subject, prefix, given['columns']);
  const key = namesIn(`key of ${subject}`, types, given['key']);
  const required = Object.freeze([
    ...new Set([...key, ...namesIn(`required of ${subject}`, types, given['required'])]),
  ]);
  const fields = fieldsOf(subject, types, given['fields']);
  const settings = Object.freeze({
    ...(given['zone'] === undefined ? {} : { zone: zoneOf(subject, given['zone']) }),
    ...choicesOf(subject, { fractions: ['reject', 'truncate'] }, given),
  });
  const columns = Object.entries(types).map(([name, type]): readonly [string, ForeignColumn] => [
    name,
    { ...nestedType(type), required: required.includes(name), field: own(fields, name) ?? name },
  ]);
  const common = { system: 'parquet', connection: null, place, key, settings };
  return withOrigin(
    { kind: 'source', ...common, columns: types, required, fields },
    { kind: 'source', types, source: { kind: 'foreign', ...common, columns: Object.fromEntries(columns) } },
  );
}
