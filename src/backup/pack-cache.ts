import type { BlobStore } from '../ports/blobs.ts';
import { packKey } from './repository.ts';

/** Packs held at a time: a table's neighbouring chunks lie in a few packs that were filled side by side. */
const packsHeld = 6;

/** Chunks out of packs that are read whole: a store may have to fetch a megabyte for every few kilobytes asked of it. */
export class PackCache {
  readonly #store: BlobStore;
  readonly #keyOf: (pack: string) => string;
  readonly #packs = new Map<string, Promise<Uint8Array | null>>();

  constructor(store: BlobStore, keyOf: (pack: string) => string = packKey) {
    this.#store = store;
    this.#keyOf = keyOf;
  }

  /** A view of the bytes; fewer when the pack is cut short, null when it is missing. */
  async chunk(place: {
    readonly pack: string;
    readonly offset: number;
    readonly length: number;
  }): Promise<Uint8Array | null> {
    const bytes = await this.#pack(place.pack);
    return bytes === null ? null : bytes.subarray(place.offset, place.offset + place.length);
  }

  #pack(hash: string): Promise<Uint8Array | null> {
    const held = this.#packs.get(hash);
    const pack = held ?? this.#store.get(this.#keyOf(hash));
    // the one used last stays longest
    this.#packs.delete(hash);
    this.#packs.set(hash, pack);
    if (held === undefined) pack.catch(() => this.#packs.delete(hash));
    const [oldest] = this.#packs.keys();
    if (this.#packs.size > packsHeld && oldest !== undefined) this.#packs.delete(oldest);
    return pack;
  }
}
