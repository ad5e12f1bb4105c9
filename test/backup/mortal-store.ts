import type { BlobStore } from '../../src/ports/blobs.ts';

/** The nth put or delete; 0: never. */
export interface MortalAt {
  readonly count: number;
  readonly when: 'before' | 'after';
}

/** A store whose process kills itself at a put or a delete. */
export function mortalStore(store: BlobStore, dieAt: MortalAt): BlobStore {
  let count = 0;
  const mortally = async <T>(work: () => Promise<T>): Promise<T> => {
    count += 1;
    const now = count === dieAt.count;
    if (now && dieAt.when === 'before') process.kill(process.pid, 'SIGKILL');
    const result = await work();
    if (now) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return {
    name: store.name,
    put: (...given) => mortally(() => store.put(...given)),
    delete: (key) => mortally(() => store.delete(key)),
    get: (key) => store.get(key),
    getRange: (...given) => store.getRange(...given),
    list: (prefix) => store.list(prefix),
  };
}
