import { setTimeout as wait } from 'node:timers/promises';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { BlobStore } from '../../ports/blobs.ts';
import type { Bucket, Trouble } from './bucket.ts';
import { assertKey } from './key.ts';

/** Beside what the SDK itself tries again: a body that breaks off, and outages of a minute. */
const attempts = 8;
const firstPauseMs = 250;
const longestPauseMs = 15_000;

type Doing = 'read' | 'write' | 'list' | 'delete';

/**
 * Objects in a bucket below a path, `prefix`, which is empty for the bucket itself. Every call is tried again while its
 * trouble may pass; all of them may be repeated.
 */
export function cloudStore(name: string, prefix: string, open: () => Promise<Bucket>): BlobStore {
  return new CloudStore(name, prefix === '' ? '' : `${prefix}/`, open);
}

class CloudStore implements BlobStore {
  readonly name: string;
  /** Empty, or with a `/` at its end. */
  readonly #prefix: string;
  readonly #open: () => Promise<Bucket>;
  #opened: Promise<Bucket> | null = null;

  constructor(name: string, prefix: string, open: () => Promise<Bucket>) {
    this.name = name;
    this.#prefix = prefix;
    this.#open = open;
  }

  async put(key: string, bytes: Uint8Array, options: { readonly replace?: boolean } = {}): Promise<void> {
    const name = this.#nameOf(key);
    await this.#patiently('write', key, (bucket) => bucket.put(name, bytes, options.replace ?? false));
  }

  async get(key: string): Promise<Uint8Array | null> {
    const name = this.#nameOf(key);
    return await this.#patiently('read', key, (bucket) => bucket.get(name, null));
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    const name = this.#nameOf(key);
    return await this.#patiently('read', key, (bucket) => bucket.get(name, { offset, length }));
  }

  /** A page that fails is asked for again by listing anew: names that were given already are left out. */
  async *list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }> {
    const bucket = await this.#bucket();
    let last = '';
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const { name, bytes } of bucket.list(`${this.#prefix}${prefix}`)) {
          if (name <= last) continue;
          yield { key: name.slice(this.#prefix.length), bytes };
          last = name;
          attempt = 1;
        }
        return;
      } catch (thrown) {
        await this.#pauseOrThrow(attempt, bucket, { doing: 'list', key: prefix, thrown });
      }
    }
  }

  async delete(key: string): Promise<void> {
    const name = this.#nameOf(key);
    await this.#patiently('delete', key, (bucket) => bucket.delete(name));
  }

  #bucket(): Promise<Bucket> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #nameOf(key: string): string {
    assertKey(key);
    return `${this.#prefix}${key}`;
  }

  async #patiently<T>(doing: Doing, key: string, call: (bucket: Bucket) => Promise<T>): Promise<T> {
    const bucket = await this.#bucket();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call(bucket);
      } catch (thrown) {
        await this.#pauseOrThrow(attempt, bucket, { doing, key, thrown });
      }
    }
  }

  async #pauseOrThrow(attempt: number, bucket: Bucket, failed: Failed): Promise<void> {
    if (failed.thrown instanceof CqlformError) throw failed.thrown;
    const trouble = bucket.troubleOf(failed.thrown);
    if (trouble.kind !== 'passing' || attempt >= attempts) throw explained(this.name, failed, trouble);
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
    await wait(pause * (0.5 + Math.random() / 2));
  }
}

interface Failed {
  readonly doing: Doing;
  readonly key: string;
  readonly thrown: unknown;
}

/** The service's own message may quote a signed request, so only its code is told; the error itself is the cause. */
function explained(store: string, { doing, key, thrown }: Failed, { kind, reason }: Trouble): CqlformError {
  const what = `${key === '' ? 'objects' : key} in ${store}`;
  const facts = { fields: { store, object: key, reason }, cause: thrown };
  switch (kind) {
    case 'denied':
      return new CqlformError('STORE_DENIED', `not allowed to ${doing} ${what} (${reason})`, {
        ...facts,
        next: 'Give these credentials the right to list, read and write objects there (docs/guides/backups.md lists the rights), or name other ones.',
      });
    case 'expired':
      return new CqlformError('STORE_CREDENTIALS', `the credentials for ${store} do not hold (${reason})`, {
        ...facts,
        next: 'Sign in again or renew them, then run the same command again; what was stored before is kept and not sent twice.',
        retryable: true,
      });
    case 'missing':
      return new CqlformError('STORE_MISSING', `there is no such bucket or container: ${store} (${reason})`, {
        ...facts,
        next: 'Create it, or correct the name, the region or the endpoint.',
      });
    case 'full':
      return new CqlformError('STORE_FULL', `no room for ${what} (${reason})`, {
        ...facts,
        next: 'Make room or raise the quota, then run the same command again; nothing half-written counts as a backup.',
        retryable: true,
      });
    case 'passing':
      return new CqlformError('STORE_UNREACHABLE', `could not ${doing} ${what}, ${attempts} times (${reason})`, {
        ...facts,
        next: 'See that the service is up and can be reached from here, then run the same command again; what was stored before is kept.',
        retryable: true,
      });
    case 'other':
      return new CqlformError('STORE_FAILED', `could not ${doing} ${what}: ${reason}`, {
        ...facts,
        next: `The service refused the call: ${reasonOf(thrown).split('\n')[0]?.slice(0, 200) ?? reason}. Check the settings of this store.`,
      });
  }
}
