import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Lease } from '../model/journal.ts';
import type { HeldLease, TakeOptions } from '../ports/journal.ts';
import type { ConnectOptions } from './connect.ts';
import { compareAndSet, type JournalPlace, journalTable, type LeaseRow, leaseOf, readLeaseRow } from './journal-row.ts';
import { LeaseDeadline, leaseEnds, moment } from './lease-deadline.ts';
import { leaseHeld, leaseLost, ledgerUnanswered } from './lease-errors.ts';
import { Heartbeat } from './lease-heartbeat.ts';
import { HolderWatch, type LeaseTimings } from './lease-holder.ts';

export interface LeaseSettings {
  readonly place: JournalPlace;
  readonly timings: LeaseTimings;
  /** For the heartbeat's own connection. */
  readonly options: ConnectOptions;
}

/** Takes the lease of a keyspace and keeps it. See `Journal.take`. */
export async function takeLease(settings: LeaseSettings, options: TakeOptions): Promise<HeldLease> {
  const deadline = new LeaseDeadline();
  // Started first: its connection is made while the lease is still asked for.
  const heartbeat = new Heartbeat(settings, deadline);
  try {
    const fence = await claimed(settings, options, deadline);
    heartbeat.start(fence);
    return new KeptLease({ settings, owner: options.owner, fence, deadline, heartbeat });
  } catch (thrown) {
    await heartbeat.stop();
    throw thrown;
  }
}

/** Waits for the lease; gives the fence under which it is held. */
async function claimed(
  { place, timings }: LeaseSettings,
  options: TakeOptions,
  deadline: LeaseDeadline,
): Promise<bigint> {
  const start = performance.now();
  const watch = new HolderWatch(timings);
  const pollMs = Math.min(timings.beatMs / 2, 500);
  let announced: bigint | undefined;
  for (;;) {
    const now = performance.now();
    const row = await readLeaseRow(place);
    const holder = leaseOf(row);
    if (holder === null || watch.sees(row, now)) {
      const fence = await claim(place, { row, owner: options.owner, deadline, takeoverMs: timings.takeoverMs });
      if (fence !== null) return fence;
    } else {
      if (performance.now() - start >= options.timeoutMs) throw leaseHeld(place.keyspace, holder, watch.silence(now));
      if (announced !== row.fence) options.onWait(holder);
      announced = row.fence ?? undefined;
      await wait(pollMs);
    }
  }
}

interface Claim {
  readonly row: LeaseRow;
  readonly owner: string;
  readonly deadline: LeaseDeadline;
  readonly takeoverMs: number;
}

/** Null when somebody else was faster. */
async function claim(place: JournalPlace, { row, owner, deadline, takeoverMs }: Claim): Promise<bigint | null> {
  const fence = (row.fence ?? 0n) + 1n;
  const mark = randomUUID();
  const sent = moment();
  const outcome = await compareAndSet(
    place.client,
    `UPDATE ${journalTable(place)} SET owner = ?, claim = ?, fence = ?, beat = 0 WHERE keyspace_name = ? IF fence = ? AND owner = ?${row.owner === null ? '' : ' AND beat = ?'}`,
    { params: [owner, mark, fence, place.keyspace, row.fence, row.owner, ...(row.owner === null ? [] : [row.beat])] },
  );
  const mine = outcome.kind === 'unknown' ? await isMine(place, mark, outcome.reason) : outcome.kind === 'applied';
  if (!mine) return null;
  deadline.renew(sent, takeoverMs);
  return fence;
}

async function isMine(place: JournalPlace, mark: string, reason: unknown): Promise<boolean> {
  const row = await readBack(place, reason);
  return row.claim === mark;
}

const readBacks = 5;
const readBackPauseMs = 300;

/** The row at SERIAL, after a write of which it is not known whether it happened. */
async function readBack(place: JournalPlace, reason: unknown): Promise<LeaseRow> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readLeaseRow(place);
    } catch {
      if (attempt === readBacks) throw ledgerUnanswered(place.keyspace, reason);
      await wait(readBackPauseMs);
    }
  }
}

/** Moves the fence on, so that whatever the owner still writes is refused. Gives the lease that was broken. */
export async function breakLease(place: JournalPlace): Promise<Lease | null> {
  for (;;) {
    const row = await readLeaseRow(place);
    const holder = leaseOf(row);
    if (holder === null || row.fence === null) return null;
    const outcome = await compareAndSet(
      place.client,
      `UPDATE ${journalTable(place)} SET owner = ?, claim = ?, fence = ? WHERE keyspace_name = ? IF fence = ?`,
      { params: [null, null, row.fence + 1n, place.keyspace, row.fence] },
    );
    if (outcome.kind === 'applied') return holder;
    if (outcome.kind === 'unknown') {
      const now = await readBack(place, outcome.reason);
      if (now.fence !== row.fence) return holder;
    }
  }
}

interface Kept {
  readonly settings: LeaseSettings;
  readonly owner: string;
  readonly fence: bigint;
  readonly deadline: LeaseDeadline;
  readonly heartbeat: Heartbeat;
}

class KeptLease implements HeldLease {
  readonly fence: number;
  readonly owner: string;
  readonly #kept: Kept;
  #released: Promise<void> | undefined;

  constructor(kept: Kept) {
    this.#kept = kept;
    this.fence = Number(kept.fence);
    this.owner = kept.owner;
  }

  assertHeld(): void {
    const { deadline, settings, heartbeat } = this.#kept;
    const { keyspace } = settings.place;
    if (deadline.state === leaseEnds.taken) throw leaseLost(keyspace, 'another run has taken it, or it was taken away');
    if (deadline.state === leaseEnds.released) throw leaseLost(keyspace, 'it was given back');
    if (deadline.left <= 0) {
      const failure = heartbeat.failure === undefined ? '' : `; the heartbeat failed: ${heartbeat.failure}`;
      throw leaseLost(
        keyspace,
        `it could not be renewed for ${settings.timings.takeoverMs} ms, so another run may hold it${failure}`,
      );
    }
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const { settings, fence, deadline, heartbeat } = this.#kept;
    deadline.end(leaseEnds.released);
    const stopped = heartbeat.stop();
    const outcome = await compareAndSet(
      settings.place.client,
      `UPDATE ${journalTable(settings.place)} SET owner = ?, claim = ? WHERE keyspace_name = ? IF fence = ?`,
      { params: [null, null, settings.place.keyspace, fence] },
    );
    await stopped;
    // Refused: it is another's already. Unknown: if it did not happen, the lease runs out by itself.
    if (outcome.kind === 'unknown') await readBack(settings.place, outcome.reason).catch(() => undefined);
  }
}
