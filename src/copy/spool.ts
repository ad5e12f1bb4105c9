import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Split } from '../ports/source.ts';

/*
 * Rejected rows, key hashes and sampled rows of a copy, one file of each per piece of work, in `<rejects file>.work/`. A piece that is
 * done again begins its files again, so nothing is there twice; when the copy ends the rejects are joined, in the order
 * of the pieces, into the rejects file itself.
 */

const flushAt = 64 * 1024;

/** Sizes of a piece's files, kept in its checkpoint. */
export interface SpoolSizes {
  readonly rejectBytes: number;
  readonly keyBytes: number;
  readonly sampleBytes: number;
}

export class Spool {
  readonly #rejectsFile: string;
  readonly #folder: string;

  constructor(rejectsFile: string) {
    this.#rejectsFile = rejectsFile;
    this.#folder = `${rejectsFile}.work`;
  }

  begin(piece: string): PieceSpool {
    return new PieceSpool((kind) => this.#path(piece, kind));
  }

  /** The files of key hashes that the pieces left. */
  async keyFiles(pieces: readonly string[]): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
    const files = pieces.map(async (piece) => {
      const path = this.#path(piece, 'keys');
      return { path, bytes: await sizeOf(path) };
    });
    return (await Promise.all(files)).filter(({ bytes }) => bytes > 0);
  }

  /** A path in the work folder for a file that lives as long as one call. */
  scratch(name: string): string {
    return join(this.#folder, name);
  }

  /** False when the files of a finished piece are not here (another machine, or they were deleted): then it must be done again. */
  async has(piece: string, sizes: SpoolSizes): Promise<boolean> {
    const [rejectBytes, keyBytes, sampleBytes] = await Promise.all([
      sizeOf(this.#path(piece, 'rejects')),
      sizeOf(this.#path(piece, 'keys')),
      sizeOf(this.#path(piece, 'sample')),
    ]);
    return rejectBytes === sizes.rejectBytes && keyBytes === sizes.keyBytes && sampleBytes === sizes.sampleBytes;
  }

  /** The sampled rows of finished pieces, file by file. */
  async *samples(pieces: readonly string[]): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      const path = this.#path(piece, 'sample');
      if ((await sizeOf(path)) > 0) yield await readFile(path);
    }
  }

  /** Keeps what a source was cut into, so that an attempt that goes on cuts it the same. */
  async keepSplits(identity: string, splits: readonly Split[]): Promise<void> {
    const path = this.scratch('splits.json');
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(`${path}.partial`, JSON.stringify({ identity, splits }));
      await rename(`${path}.partial`, path);
    } catch (thrown) {
      throw unwritable(path, thrown);
    }
  }

  /** What was kept of a source that has not changed since; null when there is nothing. */
  async keptSplits(identity: string): Promise<readonly Split[] | null> {
    const text = await readFile(this.scratch('splits.json'), 'utf8').catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return null;
      throw thrown;
    });
    if (text === null) return null;
    const kept = JSON.parse(text) as { readonly identity: string; readonly splits: readonly Split[] };
    return kept.identity === identity ? kept.splits : null;
  }

  /** Joins what the pieces rejected into the rejects file; removes it when there is nothing. */
  async joinRejects(pieces: readonly string[]): Promise<void> {
    const partial = `${this.#rejectsFile}.partial`;
    let bytes = 0;
    for (const piece of pieces) {
      const path = this.#path(piece, 'rejects');
      const size = await sizeOf(path);
      if (size === 0) continue;
      await pipeline(createReadStream(path), createWriteStream(partial, { flags: bytes === 0 ? 'w' : 'a' }));
      bytes += size;
    }
    if (bytes === 0) await rm(this.#rejectsFile, { force: true });
    else await rename(partial, this.#rejectsFile);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #path(piece: string, kind: FileKind): string {
    return join(this.#folder, `${sha256(piece).slice(0, 16)}.${kind}`);
  }
}

type FileKind = 'rejects' | 'keys' | 'sample';

/** The files of one piece; they appear with their first content. */
export class PieceSpool {
  readonly #rejects: Appender;
  readonly #keys: Appender;
  readonly #sample: Appender;

  constructor(path: (kind: FileKind) => string) {
    this.#rejects = new Appender(path('rejects'));
    this.#keys = new Appender(path('keys'));
    this.#sample = new Appender(path('sample'));
  }

  async reject(line: string): Promise<void> {
    await this.#rejects.append(Buffer.from(`${line}\n`));
  }

  /** Copies it; null: there is nothing to wait for. */
  key(hash: Buffer): Promise<void> | null {
    return this.#keys.append(hash);
  }

  sample(record: Buffer): Promise<void> | null {
    return this.#sample.append(record);
  }

  async close(): Promise<SpoolSizes> {
    const rejectBytes = await this.#rejects.close();
    const keyBytes = await this.#keys.close();
    return { rejectBytes, keyBytes, sampleBytes: await this.#sample.close() };
  }
}

class Appender {
  readonly #path: string;
  #handle: FileHandle | null = null;
  #block: Buffer | null = null;
  #held = 0;
  #written = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Null: there is nothing to wait for. */
  append(bytes: Buffer): Promise<void> | null {
    if (this.#held + bytes.length > flushAt) return this.#appendAfter(Buffer.from(bytes));
    this.#block ??= Buffer.allocUnsafe(flushAt);
    this.#held += bytes.copy(this.#block, this.#held);
    return null;
  }

  async #appendAfter(bytes: Buffer): Promise<void> {
    await this.#flush();
    if (bytes.length > flushAt) await this.#write(bytes);
    else await this.append(bytes);
  }

  /** The file's size; 0 when nothing was appended, and then there is no file. */
  async close(): Promise<number> {
    await this.#flush();
    await this.#handle?.close();
    if (this.#handle === null) await rm(this.#path, { force: true });
    return this.#written;
  }

  async #flush(): Promise<void> {
    if (this.#block === null || this.#held === 0) return;
    const bytes = this.#block.subarray(0, this.#held);
    this.#held = 0;
    await this.#write(bytes);
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      if (this.#handle === null) {
        await mkdir(dirname(this.#path), { recursive: true });
        this.#handle = await open(this.#path, 'w');
      }
      await this.#handle.appendFile(bytes);
    } catch (thrown) {
      throw unwritable(this.#path, thrown);
    }
    this.#written += bytes.length;
  }
}

function unwritable(path: string, cause: unknown): CqlformError {
  return new CqlformError('REJECTS_UNWRITABLE', `${path} cannot be written: ${reasonOf(cause)}`, {
    next: 'Make room, or give the right to write there, then apply again: it goes on where it stopped.',
    fields: { path },
    retryable: true,
    cause,
  });
}

async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return null;
    throw thrown;
  });
  return facts?.size ?? 0;
}
