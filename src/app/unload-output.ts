import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { UnloadFormat } from '../copy/unload/rows-text.ts';
import type { UnloadOutput } from '../copy/unload/unload.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import type { ByName, Column, UserType } from '../model/schema.ts';
import type { TypedFile } from '../ports/typed-file.ts';

export type OutputFormat = UnloadFormat | { readonly kind: 'parquet' };

export interface Output {
  readonly output: UnloadOutput;
  /** Waits for the work, then for its last byte; gives the file its name. */
  whole<T>(work: Promise<T>): Promise<T>;
}

/** Everything but the writing. */
export function nowhere(format: OutputFormat): Output {
  const text: UnloadFormat = format.kind === 'parquet' ? { kind: 'ndjson' } : format;
  return { output: { kind: 'text', format: text, write: async () => undefined }, whole: (work) => work };
}

/**
 * The folder that has to be made for a file; null: it is there. Only the last folder of a path is made: where more of it
 * is missing, it is misspelt. Throws `FILE_UNWRITABLE`.
 */
export function missingFolder(file: string): string | null {
  const folder = dirname(file);
  if (existsSync(folder)) return null;
  if (existsSync(dirname(folder))) return folder;
  throw new CqlformError('FILE_UNWRITABLE', `${file} cannot be written: there is no folder ${dirname(folder)}`, {
    next: 'Correct the path, or make the folder: only the last folder of a path is made.',
    fields: { file },
    exitCode: exitCodes.usage,
  });
}

/** A file, or standard output where there is none. Throws `FILE_UNWRITABLE`. */
export async function openOutput(file: string | null, format: OutputFormat): Promise<Output> {
  const folder = file === null ? null : missingFolder(file);
  if (file !== null && folder !== null) {
    await mkdir(folder, { recursive: true }).catch((thrown: unknown) => Promise.reject(unwritable(file, thrown)));
  }
  if (format.kind === 'parquet') {
    const { openParquetFile } = await import('../sources/parquet/writer.ts');
    const open = (columns: readonly Column[], types: ByName<UserType>): Promise<TypedFile> =>
      openParquetFile(file ?? '', columns, types);
    return { output: { kind: 'typed', open }, whole: (work) => work };
  }
  if (file === null) {
    const write = (text: Buffer): Promise<void> => handed(process.stdout, text);
    return { output: { kind: 'text', format, write }, whole: (work) => work };
  }
  const partial = `${file}.partial`;
  const entry = new PassThrough({ highWaterMark: 4 * 1024 * 1024 });
  const target = createWriteStream(partial);
  const piped = file.endsWith('.gz')
    ? pipeline(entry, createGzip(), target)
    : file.endsWith('.zst')
      ? pipeline(entry, createZstdCompress(), target)
      : pipeline(entry, target);
  const failed = (thrown: unknown): Promise<never> => Promise.reject(unwritable(file, thrown));
  // told by `write` and `whole`; until then it is nobody's
  piped.catch(() => undefined);
  const write = async (text: Buffer): Promise<void> => {
    try {
      await handed(entry, text);
    } catch (thrown) {
      // nothing closes the way there but what broke it
      await piped.catch(failed);
      throw thrown;
    }
  };
  return {
    output: { kind: 'text', format, write },
    whole: async (work) => {
      try {
        const done = await work;
        entry.end();
        await piped.catch(failed);
        await rename(partial, file);
        return done;
      } catch (thrown) {
        entry.destroy();
        await piped.catch(() => undefined);
        // What is half of a file helps nobody, and fills the disk; what went wrong is told, whatever comes of this.
        await rm(partial, { force: true }).catch(() => undefined);
        throw thrown;
      }
    },
  };
}

/** Throws `OUTPUT_CLOSED` where nobody reads any more. */
async function handed(stream: Writable, text: Buffer): Promise<void> {
  if (!stream.writable) throw closed();
  if (stream.write(text)) return;
  await new Promise<void>((proceed, fail) => {
    const ended = (): void => fail(closed());
    stream.once('error', ended).once('close', ended);
    stream.once('drain', () => {
      stream.off('error', ended).off('close', ended);
      proceed();
    });
  });
}

function closed(): CqlformError {
  return new CqlformError('OUTPUT_CLOSED', 'whoever took the rows has stopped taking them', {
    next: 'Nothing is to be done where that was meant, as by `head`.',
  });
}

function unwritable(file: string, cause: unknown): CqlformError {
  if (cause instanceof CqlformError) return cause;
  return new CqlformError('FILE_UNWRITABLE', `${file} cannot be written: ${reasonOf(cause)}`, {
    next: 'Make room, or give the right to write there; or name another file.',
    fields: { file },
    cause,
  });
}
