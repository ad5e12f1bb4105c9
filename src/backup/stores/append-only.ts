import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { BlobStore } from '../../ports/blobs.ts';

/** A store in which nothing is deleted or replaced, because whoever writes there may not; what tries to is refused. */
export function appendOnlyStore(store: BlobStore): BlobStore {
  return {
    name: store.name,
    appendOnly: true,
    put: async (key, bytes) => {
      await store.put(key, bytes);
    },
    get: (key) => store.get(key),
    getRange: (key, offset, length) => store.getRange(key, offset, length),
    list: (prefix) => store.list(prefix),
    delete: (key) => Promise.reject(appendOnly(store, `${key} is not deleted`)),
  };
}

/** Throws `STORE_APPEND_ONLY` for work that deletes. */
export function assertMayDelete(store: BlobStore, what: string): void {
  if (store.appendOnly === true) throw appendOnly(store, what);
}

export function appendOnly({ name }: BlobStore, what: string): CqlformError {
  return new CqlformError('STORE_APPEND_ONLY', `${what}: ${name} is append-only`, {
    next: 'Do it from a machine whose credentials may delete and replace objects, with a configuration that does not say `appendOnly` of this place.',
    fields: { store: name },
    exitCode: exitCodes.blocked,
  });
}
