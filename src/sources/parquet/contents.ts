import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { ForeignSource } from '../../model/data.ts';
import type { SourceNote } from '../../ports/source.ts';
import type { SourceFile } from '../files/locate.ts';
import { callOn, type ParquetReader } from './duckdb.ts';
import { type ValueSettings, valueReader } from './values.ts';

/** Rows that a file keeps together, counted from 0. */
export interface RowGroup {
  readonly first: number;
  readonly rows: number;
  readonly bytes: number;
}
export interface ParquetContents {
  readonly file: SourceFile;
  readonly columns: ReadonlyMap<string, DuckDBType>;
  readonly groups: readonly RowGroup[];
  /** Columns with values inside that the reader cannot give whole, and what becomes of them. */
  readonly cut: ReadonlyMap<string, 'nanoseconds' | 'digits'>;
}

export async function contentsOf(reader: ParquetReader, file: SourceFile): Promise<ParquetContents> {
  const columns = await reader.types(
    file,
    `SELECT * EXCLUDE (file_row_number) FROM ${callOn('read_parquet', file)} LIMIT 0`,
  );
  const groups = await reader.rows(
    file,
    `SELECT row_group_id, any_value(row_group_num_rows), sum(total_compressed_size) FROM ${callOn('parquet_metadata', file)} GROUP BY row_group_id ORDER BY row_group_id`,
  );
  let first = 0;
  return {
    file,
    columns,
    groups: groups.map(([, count, size]) => {
      const group = { first, rows: Number(count), bytes: Number(size) };
      first += group.rows;
      return group;
    }),
    cut: cutColumns(
      await reader.rows(
        file,
        `SELECT name, num_children, type, precision, logical_type FROM ${callOn('parquet_schema', file)}`,
      ),
    ),
  };
}

/** The schema comes as a flattened tree, root first. */
function cutColumns(schema: readonly (readonly DuckDBValue[])[]): ParquetContents['cut'] {
  const cut = new Map<string, 'nanoseconds' | 'digits'>();
  let at = 1;
  const walk = (column: string): void => {
    const [, children, type, precision, logical] = schema[at] ?? [];
    at += 1;
    if (Number(precision ?? 0) > 38) cut.set(column, 'digits');
    const nanoseconds = /^Timestamp.*isAdjustedToUTC=1.*NANOS=Nano/.test(String(logical));
    if (type === 'INT96' || nanoseconds) cut.set(column, 'nanoseconds');
    for (let count = Number(children ?? 0); count > 0; count -= 1) walk(column);
  };
  while (at < schema.length) walk(String(schema[at]?.[0]));
  return cut;
}

/** Where a file is otherwise than declared. */
export function typeNotes(
  declared: ForeignSource,
  { file, columns, cut }: ParquetContents,
  settings: ValueSettings,
): readonly SourceNote[] {
  return Object.entries(declared.columns).flatMap(([, column]): readonly SourceNote[] => {
    const real = columns.get(column.field);
    if (real === undefined) return [];
    const what = `${file.name}: ${column.field}`;
    const loss = cut.get(column.field);
    if (loss === 'digits') {
      const message = `${what} is a decimal of more than 38 digits, which cannot be read exactly`;
      return [{ code: 'SOURCE_TYPE_UNSUPPORTED', severity: 'error', message, next: 'Write it as text, or narrower.' }];
    }
    if (loss === 'nanoseconds' && !settings.truncate) {
      const message = `${what} holds nanoseconds, of which the reader sees microseconds only`;
      const next = "Say `fractions: 'truncate'` to read it in whole milliseconds.";
      return [{ code: 'SOURCE_DIGITS_LOST', severity: 'error', message, next }];
    }
    if (valueReader(column, real, settings) !== null) return [];
    const message = `${what} is ${real.toString()}, and ${column.type} is declared`;
    return [{ code: 'SOURCE_TYPE_DIFFERS', severity: 'error', message, next: 'Declare the column as it is.' }];
  });
}
