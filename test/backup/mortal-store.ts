import type { BlobStore } from '../../src/ports/blobs.ts';

/** The nth piece of work; 0: never. */
export interface MortalAt {
  readonly count: number;
  readonly when: 'before' | 'after';
}

/** Work at some piece of which its process kills itself. */
export type Mortally = <T>(work: () => Promise<T>) => Promise<T>;

export function mortally(dieAt: MortalAt): Mortally {
  let count = 0;
  return async (work) => {
    count += 1;
    const now = count === dieAt.count;
    if (now && dieAt.when === 'before') process.kill(process.pid, 'SIGKILL');
    const result = await work();
    if (now) process.kill(process.pid, 'SIGKILL');
    return result;
  };
}

/** A store whose puts and deletes are such work. */
export function mortalStore(store: BlobStore, through: Mortally): BlobStore {
  return {
    name: store.name,
    put: (...given) => through(() => store.put(...given)),
    delete: (key) => through(() => store.delete(key)),
    get: (key) => store.get(key),
    getRange: (...given) => store.getRange(...given),
    list: (prefix) => store.list(prefix),
  };
}
