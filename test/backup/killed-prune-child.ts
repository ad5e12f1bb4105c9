import { prune } from '../../src/backup/prune.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { type MortalAt, mortally, mortalStore } from './mortal-store.ts';

/** What the parent asks of this process, which kills itself on the way. */
export interface PruneOrders {
  readonly folder: string;
  readonly forget: readonly string[];
  /** ISO. */
  readonly now: string;
  readonly graceMs: number;
  readonly dieAt: MortalAt;
}

const orders: PruneOrders = JSON.parse(process.argv[2] ?? '');
const { forget, graceMs } = orders;
const now = new Date(orders.now);
const request = { forget, graceMs, now, dryRun: false, assertHeld: () => undefined };
const mortal = mortalStore(localStore(orders.folder), mortally(orders.dieAt));
console.log(JSON.stringify(await prune(mortal, request, { ...systemClock, now: () => now })));
