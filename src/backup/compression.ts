import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib';
import type { Compression } from '../ports/engines.ts';

export const usualCompression: Compression = { algorithm: 'zstd', level: 3 };

/** Less than this is compressed in less time than it takes to hand it to another thread. */
const small = 256 * 1024;

const chunkSize = 16 * 1024;

const zstdAsync = promisify(zstdCompress);
const unzstdAsync = promisify(zstdDecompress);
const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** The same content gives the same bytes. */
export async function compress(content: Uint8Array, compression: Compression): Promise<Uint8Array> {
  switch (compression.algorithm) {
    case 'zstd': {
      const params = { [constants.ZSTD_c_compressionLevel]: compression.level };
      // the usual room for what comes out is larger than most chunks are
      return content.length < small
        ? zstdCompressSync(content, { params, chunkSize })
        : await zstdAsync(content, { params });
    }
    case 'gzip':
      return await gzipAsync(content, { level: compression.level });
    case 'none':
      return content;
  }
}

/** What was compressed by whichever way: the first bytes say it, and no text in UTF-8 begins as they do. */
export async function decompress(stored: Uint8Array): Promise<Uint8Array> {
  switch (algorithmOf(stored)) {
    case 'zstd':
      return await unzstdAsync(stored);
    case 'gzip':
      return await gunzipAsync(stored);
    case 'none':
      return stored;
  }
}

export function algorithmOf(stored: Uint8Array): Compression['algorithm'] {
  const [first, second, third, fourth] = stored;
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return 'zstd';
  return first === 0x1f && second === 0x8b ? 'gzip' : 'none';
}
