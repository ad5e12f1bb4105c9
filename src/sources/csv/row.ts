import { isUtf8 } from 'node:buffer';
import { type CsvDialect, type CsvField, fieldsOfRecord } from '../../cql/csv/fields.ts';
import { setOwn } from '../../kernel/own.ts';
import type { SourceRow } from '../../ports/source.ts';
import type { ColumnReader } from '../files/columns.ts';
import { Misfit } from '../files/misfit.ts';
import type { RawRecord } from '../files/records.ts';

/** A column and where its field stands in a record. */
export interface PlacedColumn extends ColumnReader<string> {
  readonly index: number;
}

export interface CsvRowSettings {
  readonly columns: readonly PlacedColumn[];
  /** Fields that each record has. */
  readonly width: number;
  readonly dialect: CsvDialect;
  readonly fileName: string;
  readonly limit: number;
}

const rawShown = 1000;

/** Turns one record into a row of the declared columns; what does not fit becomes the row's problem. */
export function csvRow({ bytes, line, tooLong }: RawRecord, settings: CsvRowSettings): SourceRow {
  const { columns, width, dialect, fileName, limit } = settings;
  const place = `${fileName}:${line}`;
  const spoilt = (problem: string): SourceRow => ({
    values: { raw: bytes.toString('utf8', 0, Math.min(bytes.length, rawShown)) },
    place,
    problem,
  });
  if (tooLong) return spoilt(`it is longer than ${limit} bytes`);
  if (!isUtf8(bytes)) return spoilt('it is not valid UTF-8');
  const fields = fieldsOfRecord(bytes.toString('utf8'), dialect);
  if (typeof fields === 'string') return spoilt(fields);
  if (fields.length !== width) return spoilt(`it has ${fields.length} fields instead of ${width}`);
  // outside quotes it is a sign of another encoding, or of a damaged file
  if (bytes.includes(0) && fields.some(({ text, quoted }) => !quoted && text.includes('\0'))) {
    return spoilt('it has a NUL byte outside quotes');
  }

  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const { column, index, type, required, read } of columns) {
    const field = fields[index];
    if (field === undefined || isNull(field, type, dialect)) {
      if (required) problems.push(`${column}: is missing`);
      setOwn(values, column, null);
      continue;
    }
    const converted = read(field.text);
    if (converted instanceof Misfit) problems.push(`${column}: ${converted.reason}`);
    setOwn(values, column, converted instanceof Misfit ? field.text : converted);
  }
  return { values, place, problem: problems.length === 0 ? null : problems.join('; ') };
}

/** An empty field is null, but `""` is an empty text. */
export function isNull(
  { text, quoted }: CsvField,
  type: string,
  { nullTexts }: Pick<CsvDialect, 'nullTexts'>,
): boolean {
  if (quoted) return text === '' && type !== 'csv.text';
  return text === '' || nullTexts.includes(text);
}
