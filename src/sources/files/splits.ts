import { CqlformError } from '../../kernel/errors.ts';
import type { Split } from '../../ports/source.ts';
import { readBytes } from './bytes.ts';
import type { SourceFile } from './locate.ts';

/** A piece of a file that begins at the start of a line. */
export interface FileSplit {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** Line (or element, for JSON arrays) that stands at `start`, from 1. */
  readonly first: number;
}

/** No split is made smaller than this, so that small files stay whole. */
export const smallestSplit: number = 8 * 1024 * 1024;

export function toSplit({ file, start, end, first }: FileSplit): Split {
  return {
    id: `${file.name}:${start}-${end}`,
    detail: { file: file.name, start, end, first },
    bytes: Number.isFinite(end) ? end - start : null,
  };
}

export function fromSplit(split: Split, files: readonly SourceFile[]): FileSplit | null {
  const { file: name, start, end, first } = split.detail;
  const file = files.find((candidate) => candidate.name === name);
  if (file === undefined || typeof start !== 'number' || typeof end !== 'number' || typeof first !== 'number')
    return null;
  return { file, start, end, first };
}

export function unknownSplit(split: Split): CqlformError {
  return new CqlformError('SOURCE_CHANGED', `there is no file for the piece ${split.id}`, {
    next: 'Put the file back, or roll back what was applied and plan anew.',
  });
}

export function wholeFile(file: SourceFile): FileSplit {
  return { file, start: 0, end: file.bytes, first: 1 };
}

/** The size that gives about the wanted number of splits, over all files. */
export function splitSize(files: readonly SourceFile[], wanted: number, smallest: number): number {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  return Math.max(smallest, Math.ceil(total / Math.max(1, wanted)));
}

/**
 * Splits a file at line ends by reading it once. With a `quote`, a file that holds that byte anywhere stays whole,
 * because a line end could stand inside quotes.
 */
export async function splitLines(file: SourceFile, size: number, quote: number | null): Promise<readonly FileSplit[]> {
  if (file.compression !== 'none' || file.bytes <= size) return [wholeFile(file)];
  const splits: FileSplit[] = [];
  let offset = 0;
  let line = 1;
  let start = 0;
  let first = 1;
  let begun = false;
  for await (const chunk of readBytes(file)) {
    if (!begun && (await startsWithMark(file))) offset = byteOrderMarkBytes;
    begun = true;
    if (quote !== null && chunk.includes(quote)) return [wholeFile(file)];
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) {
      line += 1;
      const next = offset + at + 1;
      if (next - start < size || next >= file.bytes) continue;
      splits.push({ file, start, end: next, first });
      start = next;
      first = line;
    }
    offset += chunk.length;
  }
  splits.push({ file, start, end: file.bytes, first });
  return splits;
}

const byteOrderMarkBytes = 3;

/** Whether a byte order mark stands at the start: it is left out of the bytes read, but counts in the file's offsets. */
export async function startsWithMark(file: SourceFile): Promise<boolean> {
  for await (const chunk of readBytes(file, 0, Math.min(byteOrderMarkBytes, file.bytes))) return chunk.length === 0;
  return false;
}
