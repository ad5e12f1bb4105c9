import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';

const folder = 'pruning/';
const renewEachMs = 30_000;
/** A pruning that could not renew its mark for so long deletes nothing more … */
const lapsedAfterMs = 5 * 60_000;
/** … and one that has not for so long is taken for dead, which leaves room for clocks that differ and calls that hang. */
const staleAfterMs = 20 * 60_000;
const pauseMs = 1000;

const shape = z.object({ at: z.iso.datetime() });

/**
 * Keeps deletions and backups apart. A pruning sets a mark of its own and then looks for intents; a backup writes its
 * intent and then looks for marks: whichever comes second sees the other. A pruning that sees an intent deletes nothing;
 * a backup that sees a mark waits.
 */
export class PruningMark {
  readonly #store: BlobStore;
  readonly #clock: Clock;
  readonly #key: string = `${folder}${randomBytes(8).toString('hex')}.json`;
  #renewed = 0;
  #renewing: NodeJS.Timeout | null = null;
  /** The newest renewal, which must not come after the removal. */
  #putting: Promise<void> = Promise.resolve();

  constructor(store: BlobStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** From now on it is renewed by itself. */
  async set(): Promise<void> {
    await this.#put();
    // One that fails is made up for by the next, or the mark lapses.
    this.#renewing = setInterval(() => {
      this.#putting = this.#putting.then(() => this.#put()).catch(() => undefined);
    }, renewEachMs).unref();
  }

  /** To be asked before each deletion; false when backups may no longer be waiting for this pruning. */
  holds(): boolean {
    return this.#clock.monotonic() - this.#renewed <= lapsedAfterMs;
  }

  /** With it go those that died. */
  async remove(): Promise<void> {
    if (this.#renewing !== null) clearInterval(this.#renewing);
    await this.#putting;
    await this.#store.delete(this.#key);
    const now = this.#clock.now();
    const dead: string[] = [];
    for await (const { key } of this.#store.list(folder)) {
      const at = await timeOf(this.#store, key);
      if (at !== null && now.getTime() - at > staleAfterMs) dead.push(key);
    }
    for (const key of dead) await this.#store.delete(key);
  }

  async #put(): Promise<void> {
    // From before the call, which may be slow.
    const began = this.#clock.monotonic();
    const bytes = Buffer.from(`${JSON.stringify({ at: this.#clock.now().toISOString() })}\n`);
    await this.#store.put(this.#key, bytes, { replace: true });
    this.#renewed = began;
  }
}

/** Until nobody prunes, as far as can be told. */
export async function waitForPruning(store: BlobStore, clock: Clock, assertHeld: () => void): Promise<void> {
  while (await isPruned(store, clock.now())) {
    assertHeld();
    await clock.sleep(pauseMs);
  }
}

async function isPruned(store: BlobStore, now: Date): Promise<boolean> {
  for await (const { key } of store.list(folder)) {
    const at = await timeOf(store, key);
    if (at !== null && now.getTime() - at <= staleAfterMs) return true;
  }
  return false;
}

/** Milliseconds; null: it is gone, or cannot be read. */
async function timeOf(store: BlobStore, key: string): Promise<number | null> {
  const bytes = await store.get(key);
  return bytes === null ? null : timeIn(bytes);
}

function timeIn(bytes: Uint8Array): number | null {
  try {
    return Date.parse(shape.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).at);
  } catch {
    return null;
  }
}
