import { Mirror } from '../../src/backup/mirror.ts';
import { loadManifest } from '../../src/backup/repository.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { type MortalAt, mortally, mortalStore } from './mortal-store.ts';

/** What the parent asks of this process, which kills itself on the way. */
export interface MirrorOrders {
  readonly from: string;
  readonly into: string;
  readonly id: string;
  readonly dieAt: MortalAt;
}

const { from, into, id, dieAt }: MirrorOrders = JSON.parse(process.argv[2] ?? '');
const source = localStore(from);
const loaded = await loadManifest(source, id);
if (loaded === null) throw new Error(`there is no backup ${id}`);
const request = {
  into: mortalStore(localStore(into), mortally(dieAt)),
  assertHeld: () => undefined,
  onProgress: () => undefined,
};
await new Mirror(source, request, systemClock).backup(loaded);
