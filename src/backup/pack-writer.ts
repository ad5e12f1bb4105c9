import { randomBytes } from 'node:crypto';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { packKey } from './repository.ts';
import { appendOnly } from './stores/append-only.ts';

const packTarget = 4 * 1024 * 1024;
const packsInFlight = 2;
export const packMagic: Uint8Array = Buffer.from('cqlform pack 1\n');

export interface PackWriting {
  /** True: no pack is one that is there already, even where its chunks are the same. */
  readonly apart: boolean;
  /** Told of each pack before it is put. */
  readonly onSealed: (hash: string, chunks: readonly PackedChunk[]) => Promise<void>;
}

/** A frame that readers of zstd pass over, with sixteen bytes of chance: it makes the pack another one. */
function frameApart(): Uint8Array {
  const frame = Buffer.alloc(8 + 16);
  frame.writeUInt32LE(0x184d2a50, 0);
  frame.writeUInt32LE(16, 4);
  randomBytes(16).copy(frame, 8);
  return frame;
}

/** A pack's name is known when it is full. */
export interface PackReference {
  hash: string | null;
}
export interface PackPlace {
  readonly pack: PackReference;
  readonly offset: number;
  readonly length: number;
}
export interface PackedChunk extends PackPlace {
  readonly content: string;
  readonly stored: string;
}

/**
 * Gathers stored chunks into objects of some megabytes, each named by the hash of its bytes, and reads each back after
 * it was put. Holds a bounded number of packs.
 */
export class PackWriter {
  readonly #store: BlobStore;
  readonly #writing: PackWriting;
  #reference: PackReference = { hash: null };
  #parts: Uint8Array[] = [];
  #chunks: PackedChunk[] = [];
  #size = 0;
  #putting: Promise<void>[] = [];
  /** Hashes of the packs that were put. */
  readonly packs = new Set<string>();

  constructor(store: BlobStore, writing: PackWriting) {
    this.#store = store;
    this.#writing = writing;
    this.#begin();
  }

  #begin(): void {
    this.#reference = { hash: null };
    this.#parts = this.#writing.apart ? [packMagic, frameApart()] : [packMagic];
    this.#chunks = [];
    this.#size = this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  async add(stored: Uint8Array, names: { readonly content: string; readonly stored: string }): Promise<PackPlace> {
    const place = { pack: this.#reference, offset: this.#size, length: stored.length };
    this.#parts.push(stored);
    this.#chunks.push({ ...place, ...names });
    this.#size += stored.length;
    if (this.#size >= packTarget) await this.#seal();
    return place;
  }

  /** After it, every chunk that was handed in is in the store, and was read back. */
  async flush(): Promise<void> {
    if (this.#chunks.length > 0) await this.#seal();
    await Promise.all(this.#putting);
    this.#putting = [];
  }

  async #seal(): Promise<void> {
    const bytes = Buffer.concat(this.#parts);
    const chunks = this.#chunks;
    const hash = sha256(bytes);
    this.#reference.hash = hash;
    this.#begin();
    const put = this.#writing.onSealed(hash, chunks).then(async () => {
      await putVerified(this.#store, packKey(hash), bytes);
      this.packs.add(hash);
    });
    put.catch(() => undefined);
    this.#putting.push(put);
    if (this.#putting.length > packsInFlight) await this.#putting.shift();
  }
}

/**
 * Puts an object whose key names its content, and reads every byte back. One that is there already but damaged is
 * replaced, which an append-only store refuses (`STORE_APPEND_ONLY`). Throws `STORE_UNRELIABLE` when what comes back is not what was put.
 */
export async function putVerified(
  store: BlobStore,
  key: string,
  bytes: Uint8Array,
  options: { readonly replace?: boolean } = {},
): Promise<void> {
  for (const replace of store.appendOnly === true ? [false] : [options.replace ?? false, true]) {
    await store.put(key, bytes, { replace });
    const back = await store.get(key);
    if (back !== null && Buffer.compare(back, bytes) === 0) return;
    if (back !== null && store.appendOnly === true) throw appendOnly(store, `${key} is there otherwise, and stays so`);
  }
  throw new CqlformError('STORE_UNRELIABLE', `${store.name} does not give back what was written to ${key}`, {
    next: 'Do not trust this store: check its disk or service, or name another one, then run the same command again.',
    fields: { store: store.name, object: key },
    exitCode: exitCodes.integrity,
  });
}
