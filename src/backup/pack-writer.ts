import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { packKey } from './repository.ts';

const packTarget = 4 * 1024 * 1024;
const packsInFlight = 2;
export const packMagic: Uint8Array = Buffer.from('cqlform pack 1\n');

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
 * it was put. `onSealed` is told of each before it is put. Holds a bounded number of packs.
 */
export class PackWriter {
  readonly #store: BlobStore;
  readonly #onSealed: (hash: string, chunks: readonly PackedChunk[]) => Promise<void>;
  #reference: PackReference = { hash: null };
  #parts: Uint8Array[] = [packMagic];
  #chunks: PackedChunk[] = [];
  #size = packMagic.length;
  #putting: Promise<void>[] = [];
  /** Hashes of the packs that were put. */
  readonly packs = new Set<string>();

  constructor(store: BlobStore, onSealed: (hash: string, chunks: readonly PackedChunk[]) => Promise<void>) {
    this.#store = store;
    this.#onSealed = onSealed;
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
    this.#reference = { hash: null };
    this.#parts = [packMagic];
    this.#chunks = [];
    this.#size = packMagic.length;
    const put = this.#onSealed(hash, chunks).then(async () => {
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
 * replaced. Throws `STORE_UNRELIABLE` when what comes back is not what was put.
 */
export async function putVerified(
  store: BlobStore,
  key: string,
  bytes: Uint8Array,
  options: { readonly replace?: boolean } = {},
): Promise<void> {
  for (const replace of [options.replace ?? false, true]) {
    await store.put(key, bytes, { replace });
    const back = await store.get(key);
    if (back !== null && Buffer.compare(back, bytes) === 0) return;
  }
  throw new CqlformError('STORE_UNRELIABLE', `${store.name} does not give back what was written to ${key}`, {
    next: 'Do not trust this store: check its disk or service, or name another one, then run the same command again.',
    fields: { store: store.name, object: key },
    exitCode: exitCodes.integrity,
  });
}
