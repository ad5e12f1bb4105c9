import { prune } from '../../src/backup/prune.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';

/** What the parent asks of this process, which kills itself on the way. */
export interface PruneOrders {
  readonly folder: string;
  readonly forget: readonly string[];
  /** ISO. */
  readonly now: string;
  readonly graceMs: number;
  /** Dies at the nth put or delete; 0: never. */
  readonly dieAt: { readonly count: number; readonly when: 'before' | 'after' };
}

const orders: PruneOrders = JSON.parse(process.argv[2] ?? '');

let count = 0;
async function mortally<T>(work: () => Promise<T>): Promise<T> {
  count += 1;
  const now = count === orders.dieAt.count;
  if (now && orders.dieAt.when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await work();
  if (now) process.kill(process.pid, 'SIGKILL');
  return result;
}

const store = localStore(orders.folder);
const mortal: BlobStore = {
  name: store.name,
  put: (...given) => mortally(() => store.put(...given)),
  delete: (key) => mortally(() => store.delete(key)),
  get: (key) => store.get(key),
  getRange: (...given) => store.getRange(...given),
  list: (prefix) => store.list(prefix),
};
const { forget, graceMs } = orders;
const now = new Date(orders.now);
const request = { forget, graceMs, now, dryRun: false, assertHeld: () => undefined };
console.log(JSON.stringify(await prune(mortal, request, { ...systemClock, now: () => now })));
