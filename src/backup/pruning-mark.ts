import { z } from 'zod';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';

const key = 'pruning.json';
/** A pruning stops deleting after so long … */
export const longestPruningMs: number = 30 * 60 * 1000;
/** … and is taken for dead after so long, which leaves room for clocks that differ. */
const staleAfterMs = 60 * 60 * 1000;
const pauseMs = 1000;

const shape = z.object({ startedAt: z.iso.datetime() });

/**
 * Keeps deletions and backups apart. A pruning sets its mark and then looks for intents; a backup writes its intent and
 * then looks for the mark: whichever comes second sees the other. A pruning that sees an intent deletes nothing; a
 * backup that sees the mark waits.
 */
export async function setPruningMark(store: BlobStore, now: Date): Promise<void> {
  await store.put(key, Buffer.from(`${JSON.stringify({ startedAt: now.toISOString() })}\n`), { replace: true });
}

export async function removePruningMark(store: BlobStore): Promise<void> {
  await store.delete(key);
}

/** Null when nobody prunes, as far as can be told. */
export async function pruningSince(store: BlobStore, now: Date): Promise<Date | null> {
  const bytes = await store.get(key);
  if (bytes === null) return null;
  const startedAt = startIn(bytes);
  return startedAt === null || now.getTime() - startedAt.getTime() > staleAfterMs ? null : startedAt;
}

function startIn(bytes: Uint8Array): Date | null {
  try {
    return new Date(shape.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).startedAt);
  } catch {
    return null;
  }
}

export async function waitForPruning(store: BlobStore, clock: Clock, assertHeld: () => void): Promise<void> {
  while ((await pruningSince(store, clock.now())) !== null) {
    assertHeld();
    await clock.sleep(pauseMs);
  }
}
