import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';

export type FileFormat = 'csv' | 'json' | 'ndjson' | 'parquet';

const formats: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
};

/** By the extension, `.gz` and `.zst` left aside. Throws `FORMAT_UNKNOWN`. */
export function formatOf(place: string, known = ''): FileFormat {
  const format = formatNamed(place);
  if (format !== null) return format;
  throw new CqlformError('FORMAT_UNKNOWN', `what ${place} holds cannot be told by its name`, {
    next: `Say --format csv, json, ndjson or parquet.${known}`,
    fields: { place },
    exitCode: exitCodes.usage,
  });
}

/** Null: the name says nothing. */
export function formatNamed(place: string): FileFormat | null {
  const extension = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(place)?.[1]?.toLowerCase() ?? '';
  return own(formats, extension) ?? null;
}

export function isTabbed(place: string): boolean {
  return /\.tsv(\.gz|\.zst)?$/i.test(place);
}
