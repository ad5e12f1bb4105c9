import type { BlobStore } from '../../ports/blobs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DataKey, Secret } from './key-file.ts';
import { SealedNames } from './names.ts';
import { beginSealed, damagedKeys, isSealedRepository, keysLost, locked, unlock } from './repository-keys.ts';
import { isSealed, seal, sealedOverhead, unseal } from './seal.ts';

/**
 * A repository whose objects and their names are sealed, over any store. One that has no keys yet is begun with the first
 * object put; one that has backups in the clear can be read, and is not written to. An object that does not open is given
 * as no bytes at all, which nothing that reads a repository takes for whole.
 */
export function sealedStore(store: BlobStore, secret: Secret, clock: Clock): BlobStore {
  return new SealedStore(store, secret, clock);
}

/** For those who have no secret: refuses what is sealed, and to write in the clear where the rest is sealed. */
export function clearStore(store: BlobStore): BlobStore {
  return new ClearStore(store);
}

interface Opened {
  readonly data: DataKey;
  readonly names: SealedNames;
}

class SealedStore implements BlobStore {
  readonly name: string;
  readonly appendOnly: boolean;
  readonly #store: BlobStore;
  readonly #secret: Secret;
  readonly #clock: Clock;
  /** Null: there are no keys, so nothing is sealed. */
  #opening: Promise<Opened | null> | null = null;
  #beginning: Promise<Opened> | null = null;

  constructor(store: BlobStore, secret: Secret, clock: Clock) {
    this.#store = store;
    this.#secret = secret;
    this.#clock = clock;
    this.name = store.name;
    this.appendOnly = store.appendOnly ?? false;
  }

  async put(key: string, bytes: Uint8Array, options: { readonly replace?: boolean } = {}): Promise<void> {
    const { data, names } = (await this.#open()) ?? (await this.#begin());
    await this.#store.put(names.nameOf(key), seal(data.bytes, key, bytes), options);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const opened = await this.#open();
    if (opened === null) {
      const bytes = await this.#store.get(key);
      if (bytes !== null && isSealed(bytes)) throw keysLost(this.#store);
      return bytes;
    }
    const stored = await this.#store.get(opened.names.nameOf(key));
    return stored === null ? null : (unseal(opened.data.bytes, key, stored) ?? new Uint8Array());
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    return (await this.get(key))?.subarray(offset, offset + length) ?? null;
  }

  async *list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }> {
    const opened = await this.#open();
    if (opened === null) {
      yield* this.#store.list(prefix);
      return;
    }
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const { key: name, bytes } of this.#store.list(opened.names.nameOf(folder))) {
      const key = opened.names.keyOf(name);
      if (key?.startsWith(prefix) === true) yield { key, bytes: Math.max(0, bytes - sealedOverhead) };
    }
  }

  async delete(key: string): Promise<void> {
    const opened = await this.#open();
    await this.#store.delete(opened === null ? key : opened.names.nameOf(key));
  }

  async damagedKeys(): Promise<readonly string[]> {
    return damagedKeys(this.#store);
  }

  #open(): Promise<Opened | null> {
    this.#opening ??= unlock(this.#store, this.#secret).then((data) => (data === null ? null : opened(data)));
    return this.#opening;
  }

  #begin(): Promise<Opened> {
    this.#beginning ??= beginSealed(this.#store, this.#secret, this.#clock.now().toISOString()).then((data) => {
      const begun = opened(data);
      this.#opening = Promise.resolve(begun);
      return begun;
    });
    return this.#beginning;
  }
}

function opened(data: DataKey): Opened {
  return { data, names: new SealedNames(data.bytes) };
}

class ClearStore implements BlobStore {
  readonly name: string;
  readonly appendOnly: boolean;
  readonly #store: BlobStore;
  #checked: Promise<void> | null = null;

  constructor(store: BlobStore) {
    this.#store = store;
    this.name = store.name;
    this.appendOnly = store.appendOnly ?? false;
  }

  async put(key: string, bytes: Uint8Array, options: { readonly replace?: boolean } = {}): Promise<void> {
    await this.#assertClear();
    await this.#store.put(key, bytes, options);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const bytes = await this.#store.get(key);
    if (bytes === null) await this.#assertClear();
    else if (isSealed(bytes)) throw this.#locked();
    return bytes;
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    return (await this.get(key))?.subarray(offset, offset + length) ?? null;
  }

  async *list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }> {
    await this.#assertClear();
    yield* this.#store.list(prefix);
  }

  async delete(key: string): Promise<void> {
    await this.#store.delete(key);
  }

  /** Asked once: a repository is sealed from its first object on, or never. */
  #assertClear(): Promise<void> {
    this.#checked ??= isSealedRepository(this.#store).then((sealed) => {
      if (sealed) throw this.#locked();
    });
    return this.#checked;
  }

  #locked(): Error {
    return locked(this.#store, 'nothing says how to open it');
  }
}
