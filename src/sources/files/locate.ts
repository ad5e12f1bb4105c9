import { createHash } from 'node:crypto';
import { glob, open, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { CqlformError } from '../../kernel/errors.ts';
import { sha256 } from '../../kernel/hash.ts';
import { standardInput, standardInputFile } from './standard-input.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

export interface SourceFile {
  readonly path: string;
  /** Relative to the project folder, with `/`: how people see it in places and reasons. */
  readonly name: string;
  /** Infinite for standard input, of which nobody knows it. */
  readonly bytes: number;
  readonly compression: Compression;
  /** Size, modification time and a hash of the first and last 64 KiB. */
  readonly identity: string;
}

const sampledBytes = 64 * 1024;

/** The files that a place (a path or a glob, relative to the project folder) names, sorted by name; throws `SOURCE_MISSING` when there is none. */
export async function locateFiles(place: string, folder: string): Promise<readonly SourceFile[]> {
  if (place === standardInput) return [standardInputFile];
  const direct = await fileAt(resolve(folder, place), folder);
  if (direct !== null) return [direct];
  if (!/[*?[{]/.test(place)) throw missing(place, folder);
  const files: SourceFile[] = [];
  for await (const match of glob(place, { cwd: folder })) {
    const file = await fileAt(resolve(folder, match), folder);
    if (file !== null) files.push(file);
  }
  if (files.length === 0) throw missing(place, folder);
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One identity for all files of a source. */
export function identityOf(files: readonly SourceFile[]): string {
  return sha256(files.map((file) => `${file.name}\0${file.identity}`).join('\n'));
}

/** Of all files; null: nobody knows. */
export function bytesOf(files: readonly SourceFile[]): number | null {
  const sum = files.reduce((so, { bytes }) => so + bytes, 0);
  return Number.isFinite(sum) ? sum : null;
}

/** Throws `SOURCE_CHANGED` when the file is no longer what was located. */
export async function assertUnchanged(file: SourceFile, folder: string): Promise<void> {
  if (file.path === standardInput) return;
  const now = await fileAt(file.path, folder);
  if (now?.identity === file.identity) return;
  throw new CqlformError('SOURCE_CHANGED', `${file.name} changed while it was being read`, {
    next: 'Let the file come to rest, then apply again; what was written is overwritten with the same keys.',
    fields: { file: file.name },
    retryable: true,
  });
}

function missing(place: string, folder: string): CqlformError {
  return new CqlformError('SOURCE_MISSING', `no file ${place} in ${folder}`, {
    next: `Put the file at ${resolve(folder, place)}, or correct the path in the migration (it is relative to the project folder).`,
    fields: { place, folder },
  });
}

async function fileAt(path: string, folder: string): Promise<SourceFile | null> {
  const facts = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return null;
    throw unreadable(path, thrown);
  });
  if (facts === null || !facts.isFile()) return null;
  const inside = relative(folder, path);
  return {
    path,
    name: inside.startsWith('..') ? path : inside.split(sep).join('/'),
    bytes: facts.size,
    compression: path.endsWith('.gz') ? 'gzip' : path.endsWith('.zst') ? 'zstd' : 'none',
    identity: sha256(`${facts.size}:${facts.mtimeMs}:${await sampleHash(path, facts.size)}`),
  };
}

async function sampleHash(path: string, size: number): Promise<string> {
  const handle = await open(path).catch((thrown: unknown) => {
    throw unreadable(path, thrown);
  });
  try {
    const hash = createHash('sha256');
    const starts = size > sampledBytes ? [0, Math.max(sampledBytes, size - sampledBytes)] : [0];
    for (const start of starts) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(sampledBytes), 0, sampledBytes, start);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

function unreadable(path: string, cause: unknown): CqlformError {
  return new CqlformError('SOURCE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}`, {
    next: 'Give the user who runs cqlform the right to read the file.',
    fields: { path },
    cause,
  });
}
