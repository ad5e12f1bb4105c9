import { CqlformError } from '../../kernel/errors.ts';
import { slices } from '../../kernel/slices.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { Source, SourceFacts, SourceRow, Split } from '../../ports/source.ts';
import { readBytes } from '../files/bytes.ts';
import { assertUnchanged, bytesOf, identityOf, locateFiles, type SourceFile } from '../files/locate.ts';
import { bytesOfRecords, cutLines, type RawRecord, rowsAtOnce } from '../files/records.ts';
import {
  type FileSplit,
  fromSplit,
  smallestSplit,
  splitLines,
  splitSize,
  startsWithMark,
  toSplit,
  unknownSplit,
  wholeFile,
} from '../files/splits.ts';
import type { Strangers } from '../files/strangers.ts';
import { ArrayScanner, BrokenArray, type ScannedElement } from './array-scanner.ts';
import { maxDepth, nestsTooDeep, tooDeep } from './depth.ts';
import { fieldsOf, jsonRowReader, type RawRow } from './row.ts';

export interface FileSourceOptions {
  readonly projectFolder: string;
  /** A single row may have so many bytes; a longer one is a problem. */
  readonly rowLimit: number;
  readonly strangers?: Strangers;
}

const sampleRows = 1000;

/** JSON array files (`system: 'json'`) and files with a JSON object on each line (`system: 'ndjson'`). */
export async function openJson(declared: ForeignSource, options: FileSourceOptions): Promise<Source> {
  const files = await locateFiles(declared.place, options.projectFolder);
  const readRow = jsonRowReader(declared.columns, options.strangers);
  const rawRows = rawRowsOf(declared.system);
  const split =
    declared.system === 'ndjson' ? (file: SourceFile, size: number) => splitLines(file, size, null) : splitArray;

  return {
    async facts(): Promise<SourceFacts> {
      const seen = new Set<string>();
      let rows = 0;
      // what is piped in is not read on before it is wanted
      sample: for (const file of files.filter(({ bytes }) => Number.isFinite(bytes))) {
        for await (const page of rawRows(wholeFile(file), options.rowLimit)) {
          for (const raw of page) {
            for (const field of fieldsOf(raw.bytes)) seen.add(field);
            rows += 1;
            if (rows >= sampleRows) break sample;
          }
        }
      }
      return {
        rows: rows < sampleRows ? rows : null,
        bytes: bytesOf(files),
        missing:
          rows === 0
            ? []
            : Object.entries(declared.columns)
                .filter(([, { field }]) => !seen.has(field))
                .map(([column]) => column),
        identity: identityOf(files),
      };
    },

    async splits(wanted: number): Promise<readonly Split[]> {
      const size = splitSize(files, wanted, smallestSplit);
      const splits: Split[] = [];
      for (const file of files) splits.push(...(await split(file, size)).map(toSplit));
      return splits;
    },

    async *read(wanted: Split, onBytes?: (bytes: number) => void): AsyncIterable<readonly SourceRow[]> {
      const piece = fromSplit(wanted, files);
      if (piece === null) throw unknownSplit(wanted);
      for await (const page of rawRows(piece, options.rowLimit)) {
        if (piece.file.compression === 'none') onBytes?.(bytesOfRecords(page));
        for (const some of slices(page, rowsAtOnce)) yield some.map(readRow);
      }
      await assertUnchanged(piece.file, options.projectFolder);
    },

    close: async () => undefined,
  };
}

/** Reads the rows of a piece as they stand in the file. */
export function rawRowsOf(system: string): (piece: FileSplit, limit: number) => AsyncIterable<readonly RawRow[]> {
  return system === 'ndjson' ? lineRows : arrayRows;
}

async function* lineRows({ file, start, end, first }: FileSplit, limit: number): AsyncIterable<readonly RawRow[]> {
  const cutter = cutLines({ limit, firstLine: first });
  const toRow = ({ bytes, line, tooLong }: RawRecord): RawRow => ({
    bytes,
    place: `${file.name}:${line}`,
    problem: tooLong ? `it is longer than ${limit} bytes` : nestsTooDeep(bytes) ? tooDeep : null,
  });
  const notBlank = ({ bytes }: RawRecord): boolean => bytes.some((byte) => byte !== 0x20 && byte !== 0x09);
  for await (const chunk of readBytes(file, start, end)) {
    const records: RawRecord[] = [];
    cutter.push(chunk, records);
    if (records.length > 0) yield records.filter(notBlank).map(toRow);
  }
  const last: RawRecord[] = [];
  cutter.end(last);
  yield last.filter(notBlank).map(toRow);
}

async function* arrayRows({ file, start, end, first }: FileSplit, limit: number): AsyncIterable<readonly RawRow[]> {
  const scanner = new ArrayScanner({ limit, maxDepth, first, keep: true });
  const toRow = ({ bytes, index, problem }: ScannedElement): RawRow => ({
    bytes,
    place: `${file.name}#${index}`,
    problem,
  });
  try {
    for await (const chunk of readBytes(file, start, end)) {
      const elements: ScannedElement[] = [];
      scanner.push(chunk, elements);
      if (elements.length > 0) yield elements.map(toRow);
    }
    scanner.end(end < file.bytes);
  } catch (thrown) {
    throw thrown instanceof BrokenArray ? malformed(file, thrown, first > 1) : thrown;
  }
}

/** Splits at elements, by reading the file once. */
async function splitArray(file: SourceFile, size: number): Promise<readonly FileSplit[]> {
  if (file.compression !== 'none' || file.bytes <= size) return [wholeFile(file)];
  const scanner = new ArrayScanner({ limit: Number.MAX_SAFE_INTEGER, maxDepth, first: 1, keep: false });
  const starts: { start: number; first: number }[] = [{ start: 0, first: 1 }];
  let mark: number | null = null;
  try {
    for await (const chunk of readBytes(file)) {
      // A byte order mark is not among the bytes read but counts in the file.
      mark ??= (await startsWithMark(file)) ? 3 : 0;
      const elements: ScannedElement[] = [];
      scanner.push(chunk, elements);
      for (const { offset, index } of elements) {
        if (offset + mark - (starts.at(-1)?.start ?? 0) >= size) starts.push({ start: offset + mark, first: index });
      }
    }
    scanner.end(false);
  } catch (thrown) {
    throw thrown instanceof BrokenArray ? malformed(file, thrown, false) : thrown;
  }
  return starts.map(({ start, first }, at) => ({ file, start, end: starts[at + 1]?.start ?? file.bytes, first }));
}

function malformed(file: SourceFile, broken: BrokenArray, inside: boolean): CqlformError {
  const where = inside ? '' : ` at line ${broken.line}`;
  const hint = broken.message.startsWith('it does not begin')
    ? 'If it holds one object on each line, declare it as ndjson.'
    : 'Mend the file at that place, then apply again.';
  return new CqlformError('SOURCE_MALFORMED', `${file.name} is not a JSON array${where}: ${broken.message}`, {
    next: hint,
    ...(inside ? {} : { where: { path: file.path, line: broken.line } }),
  });
}
