import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { SourceFile } from './locate.ts';
import { readStandardInput, standardInput } from './standard-input.ts';

const chunkSize = 256 * 1024;
const byteOrderMarks: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['UTF-32', [0xff, 0xfe, 0x00, 0x00]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
];

/** Bytes `start` to `end` (exclusive) of a file; a compressed file is unpacked and always read whole. A UTF-8 byte order mark at its start is left out. */
export async function* readBytes(file: SourceFile, start = 0, end: number = file.bytes): AsyncIterable<Buffer> {
  let first = start === 0;
  if (file.path === standardInput) {
    for await (const chunk of readStandardInput()) {
      yield first ? withoutMark(file, chunk) : chunk;
      first = false;
    }
    return;
  }
  try {
    for (let at = start; at < end; ) {
      const { raw, unpacked } = openStream(file, at, end);
      try {
        for await (const chunk of unpacked) {
          const bytes = chunk as Buffer;
          yield first ? withoutMark(file, bytes) : bytes;
          first = false;
        }
      } finally {
        raw.destroy();
        unpacked.destroy();
      }
      const taken = takenBy(file, unpacked, end - at);
      if (taken === 0) throw new Error('something stands behind its last frame');
      at += taken;
    }
  } catch (thrown) {
    throw unreadable(file, thrown);
  }
}

/** The whole file, as `readBytes` gives it; but what is given may be overwritten when more is asked for. */
export async function* readBytesAgain(file: SourceFile): AsyncIterable<Buffer> {
  if (file.compression !== 'none' || file.path === standardInput) {
    yield* readBytes(file);
    return;
  }
  const memory = Buffer.allocUnsafeSlow(Math.min(chunkSize, Math.max(1, file.bytes)));
  try {
    const handle = await open(file.path);
    try {
      for (let at = 0; at < file.bytes; ) {
        const { bytesRead } = await handle.read(memory, 0, Math.min(memory.length, file.bytes - at));
        if (bytesRead === 0) return;
        const bytes = memory.subarray(0, bytesRead);
        yield at === 0 ? withoutMark(file, bytes) : bytes;
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw unreadable(file, thrown);
  }
}

function unreadable(file: SourceFile, thrown: unknown): CqlformError {
  if (thrown instanceof CqlformError) return thrown;
  return new CqlformError('SOURCE_UNREADABLE', `${file.name} cannot be read: ${reasonOf(thrown)}`, {
    next:
      file.compression === 'none'
        ? 'Check the disk and the rights of the file, then apply again.'
        : `Check that the file is whole and really ${file.compression} (it is taken to be by its extension).`,
    fields: { file: file.name },
    cause: thrown,
  });
}

/** Bytes of the file that a stream has used: zstd ends with each frame, of which a file may have several. */
function takenBy(file: SourceFile, unpacked: Readable, offered: number): number {
  if (file.compression !== 'zstd' || !('bytesWritten' in unpacked)) return offered;
  return typeof unpacked.bytesWritten === 'number' ? unpacked.bytesWritten : offered;
}

function openStream(
  file: SourceFile,
  start: number,
  end: number,
): { readonly raw: Readable; readonly unpacked: Readable } {
  const raw = createReadStream(file.path, { start, end: end - 1, highWaterMark: chunkSize });
  if (file.compression === 'none') return { raw, unpacked: raw };
  const unpack = file.compression === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  // The error of either side surfaces where the unpacked stream is read.
  pipeline(raw, unpack, () => undefined);
  return { raw, unpacked: unpack };
}

function withoutMark(file: SourceFile, chunk: Buffer): Buffer {
  if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) return chunk.subarray(3);
  const wrong = byteOrderMarks.find(([, mark]) => mark.every((byte, at) => chunk[at] === byte));
  if (wrong === undefined) return chunk;
  throw new CqlformError('SOURCE_ENCODING', `${file.name} is in ${wrong[0]}; only UTF-8 is read`, {
    next: `Convert it: iconv -f ${wrong[0]} -t UTF-8 ${file.name}`,
    fields: { file: file.name, encoding: wrong[0] },
  });
}
