import { type CsvDialect, fieldsOfRecord } from '../../cql/csv/fields.ts';
import { CqlformError } from '../../kernel/errors.ts';
import { slices } from '../../kernel/slices.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { Source, SourceFacts, SourceRow, Split } from '../../ports/source.ts';
import { readBytes } from '../files/bytes.ts';
import { type ColumnReader, columnReaders } from '../files/columns.ts';
import { assertUnchanged, bytesOf, identityOf, locateFiles, type SourceFile } from '../files/locate.ts';
import {
  bytesOfRecords,
  cutLines,
  cutQuoted,
  type RawRecord,
  type RecordCutter,
  rowsAtOnce,
} from '../files/records.ts';
import {
  type FileSplit,
  fromSplit,
  smallestSplit,
  splitLines,
  splitSize,
  toSplit,
  unknownSplit,
  wholeFile,
} from '../files/splits.ts';
import type { FileSourceOptions } from '../json/source.ts';
import { dialectOf } from './dialect.ts';
import { type CsvRowSettings, csvRow, type PlacedColumn } from './row.ts';
import { csvReaders } from './values.ts';

/** CSV files as RFC 4180 has them, with other delimiters, quotes and escapes where declared. */
export async function openCsv(declared: ForeignSource, options: FileSourceOptions): Promise<Source> {
  const files = await locateFiles(declared.place, options.projectFolder);
  const dialect = dialectOf(declared);
  const readers = columnReaders(declared.columns, csvReaders, 'CSV');
  const limit = options.rowLimit;

  const headerOfFile = (file: SourceFile): Promise<readonly string[]> =>
    headerOf(file, { dialect, limit, names: [...new Set(readers.map(({ field }) => field))] });

  return {
    async facts(): Promise<SourceFacts> {
      const missing = new Set<string>();
      for (const file of files) {
        const header = await headerOfFile(file);
        for (const { column, field } of readers) if (!header.includes(field)) missing.add(column);
      }
      return {
        rows: null,
        bytes: bytesOf(files),
        missing: [...missing],
        identity: identityOf(files),
      };
    },

    async splits(wanted: number): Promise<readonly Split[]> {
      const size = splitSize(files, wanted, smallestSplit);
      const quote = dialect.quote === null ? null : dialect.quote.charCodeAt(0);
      const splits: Split[] = [];
      for (const file of files) splits.push(...(await splitLines(file, size, quote)).map(toSplit));
      return splits;
    },

    async *read(wanted: Split, onBytes?: (bytes: number) => void): AsyncIterable<readonly SourceRow[]> {
      const piece = fromSplit(wanted, files);
      if (piece === null) throw unknownSplit(wanted);
      const header = await headerOfFile(piece.file);
      const settings: CsvRowSettings = {
        columns: place(piece.file, readers, header),
        width: header.length,
        dialect,
        fileName: piece.file.name,
        limit,
      };
      let skip = dialect.header && piece.start === 0;
      for await (const records of recordsOf(piece, dialect, limit)) {
        if (piece.file.compression === 'none') onBytes?.(bytesOfRecords(records));
        const rows = skip ? records.slice(1) : records;
        skip = false;
        for (const some of slices(rows, rowsAtOnce)) yield some.map((record) => csvRow(record, settings));
      }
      await assertUnchanged(piece.file, options.projectFolder);
    },

    close: async () => undefined,
  };
}

/** The names of a file's fields: `names` in their order where it has no header. */
export async function headerOf(
  file: SourceFile,
  {
    dialect,
    limit,
    names,
  }: { readonly dialect: CsvDialect; readonly limit: number; readonly names: readonly string[] },
): Promise<readonly string[]> {
  if (!dialect.header) return names;
  for await (const [record] of recordsOf(wholeFile(file), dialect, limit)) {
    if (record === undefined) continue;
    const fields = fieldsOfRecord(record.bytes.toString('utf8'), dialect);
    if (typeof fields === 'string') throw malformed(file, 1, `in its header, ${fields}`);
    // Read on, the whole file would be its header.
    if (fields.some(({ text, quoted }) => !quoted && text.includes('\r'))) throw malformed(file, 1, lineEnds);
    if (record.bytes.includes(0))
      throw malformed(file, 1, 'its header has NUL bytes, as UTF-16 has; only UTF-8 is read');
    return fields.map(({ text }) => text.trim());
  }
  throw malformed(file, 1, 'it has no header');
}

const lineEnds = 'its header holds a carriage return: lines end in a line feed, or in both (`tr "\\r" "\\n"` mends it)';

/** Records that are not blank, a page at a time; no page is empty. */
async function* recordsOf(
  { file, start, end, first }: FileSplit,
  dialect: CsvDialect,
  limit: number,
): AsyncIterable<readonly RawRecord[]> {
  const cutter = cutterOf(dialect, { limit, firstLine: first });
  for await (const chunk of readBytes(file, start, end)) {
    const records: RawRecord[] = [];
    cutter.push(chunk, records);
    if (cutter.openQuote !== null && cutter.begun > limit)
      throw malformed(file, cutter.openQuote, notClosedWithin(cutter.openQuote, limit));
    const page = records.filter(({ bytes }) => bytes.length > 0);
    if (page.length > 0) yield page;
  }
  if (cutter.openQuote !== null) throw neverClosed(file, cutter.openQuote);
  const last: RawRecord[] = [];
  cutter.end(last);
  if (last.some(({ bytes }) => bytes.length > 0)) yield last;
}

function cutterOf(dialect: CsvDialect, limits: { readonly limit: number; readonly firstLine: number }): RecordCutter {
  if (dialect.quote === null) return cutLines(limits);
  return cutQuoted(
    {
      quote: dialect.quote.charCodeAt(0),
      escape: dialect.escape.charCodeAt(0),
      delimiter: dialect.delimiter.charCodeAt(0),
    },
    limits,
  );
}

function place(
  file: SourceFile,
  readers: readonly ColumnReader<string>[],
  header: readonly string[],
): readonly PlacedColumn[] {
  const missing = readers.filter(({ field }) => !header.includes(field)).map(({ field }) => field);
  if (missing.length > 0) {
    throw new CqlformError('SOURCE_COLUMNS_MISSING', `${file.name} has no field ${missing.join(', ')}`, {
      next: `Its header has: ${header.join(', ')}. Correct the declared columns, or the file.`,
      fields: { file: file.name, missing },
    });
  }
  return readers.map((reader) => {
    const index = header.indexOf(reader.field);
    if (header.includes(reader.field, index + 1)) throw malformed(file, 1, `two fields are named ${reader.field}`);
    return { ...reader, index };
  });
}

function neverClosed(file: SourceFile, line: number): CqlformError {
  return malformed(file, line, `the quote that opens on line ${line} is never closed`);
}

/** A quote that is not closed by then is most likely none; where the limit is met, nobody has read on. */
export function notClosedWithin(line: number, limit: number): string {
  return `the quote that opens on line ${line} is not closed within ${limit} bytes, the most that a row may have`;
}

export function malformed(file: SourceFile, line: number, what: string): CqlformError {
  return new CqlformError('SOURCE_MALFORMED', `${file.name}: ${what}`, {
    next: 'Mend the file at that place, or declare its delimiter, quote and header as they are.',
    where: { path: file.path, line },
    fields: { file: file.name, line },
  });
}
