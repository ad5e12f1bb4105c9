import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { PruneReport, PruneRequest } from '../ports/engines.ts';
import {
  contentObjects,
  type GarbageList,
  garbageLists,
  type Intents,
  leftBehind,
  readIntents,
  referred,
  writeGarbage,
} from './garbage.ts';
import { plainFolder } from './plain/plain-files.ts';
import { PruningMark } from './pruning-mark.ts';
import { manifestKey } from './repository.ts';
import { assertMayDelete } from './stores/append-only.ts';

/**
 * Takes backups away, and in two phases what only they needed. This run lists the objects that nothing refers to; a later
 * one, when the list is older than the grace, deletes those of it that still nothing refers to. Nothing is deleted while
 * a backup is being made: it may have found, before a manifest went, chunks that it uses again. A run that dies anywhere
 * leaves objects that the next one lists or deletes.
 */
export async function prune(store: BlobStore, request: PruneRequest, clock: Clock): Promise<PruneReport> {
  if (!request.dryRun) assertMayDelete(store, 'nothing is pruned');
  if (request.dryRun) return (await survey(store, request)).report;
  const mark = new PruningMark(store, clock);
  await mark.set();
  try {
    for (const id of request.forget) {
      request.assertHeld();
      await store.delete(manifestKey(id));
    }
    return await collect(store, request, mark);
  } finally {
    await mark.remove();
  }
}

async function collect(store: BlobStore, request: PruneRequest, mark: PruningMark): Promise<PruneReport> {
  const { intents, ripe, marked, deletions, report } = await survey(store, request);
  for (const key of [...deletions, ...intents.abandoned]) {
    request.assertHeld();
    // Left to the next run, which finds them again.
    if (!mark.holds()) return report;
    await store.delete(key);
  }
  await writeGarbage(store, marked, request.now);
  for (const { key } of ripe) await store.delete(key);
  for (const key of await leftBehind(store, request.now)) await store.delete(key);
  return report;
}

interface Survey {
  readonly intents: Intents;
  /** Lists that are done with once this run has ended. */
  readonly ripe: readonly GarbageList[];
  readonly marked: readonly string[];
  readonly deletions: readonly string[];
  readonly report: PruneReport;
}

async function survey(store: BlobStore, { forget, now, graceMs }: PruneRequest): Promise<Survey> {
  const intents = await readIntents(store, now);
  const needed = await referred(store, new Set(forget));
  const lists = await garbageLists(store);
  const quiet = intents.alive.length === 0;
  const ripe = quiet ? lists.filter(({ listedAt }) => now.getTime() - Date.parse(listedAt) >= graceMs) : [];
  const due = new Set(ripe.flatMap(({ objects }) => objects));
  const listed = new Set(lists.flatMap(({ objects }) => objects));
  const marked: string[] = [];
  const deletions: string[] = [];
  const sums = { markedBytes: 0, deletedBytes: 0, waiting: 0, waitingBytes: 0 };
  for await (const { key, bytes } of contentObjects(store)) {
    if (needed.has(key) || intents.packs.has(key)) continue;
    // of one that is being made
    if (intents.alive.some((id) => key.startsWith(`${plainFolder}${id}/`))) continue;
    if (due.has(key)) {
      deletions.push(key);
      sums.deletedBytes += bytes;
    } else if (listed.has(key)) {
      sums.waiting += 1;
      sums.waitingBytes += bytes;
    } else {
      marked.push(key);
      sums.markedBytes += bytes;
    }
  }
  const counts = { forgotten: forget.length, marked: marked.length, deleted: deletions.length };
  return { intents, ripe, marked, deletions, report: { ...sums, ...counts, alive: intents.alive } };
}
