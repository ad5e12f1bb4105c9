import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Lease } from '../model/journal.ts';
import type { HeldLease, TakeOptions } from '../ports/journal.ts';
import type { ConnectOptions } from './connect.ts';
import { patiently } from './journal-patience.ts';
import { compareAndSet, type JournalPlace, journalTable, type LeaseRow, leaseOf, readLeaseRow } from './journal-row.ts';
import { LeaseDeadline, leaseEnds, moment } from './lease-deadline.ts';
import { leaseHeld, leaseLost, waitStopped } from './lease-errors.ts';
import { Heartbeat } from './lease-heartbeat.ts';
import { HolderWatch, type LeaseTimings } from './lease-holder.ts';
import { processMark } from './lease-owner.ts';

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
    if (options.signal?.aborted === true) throw waitStopped();
    const now = performance.now();
    const row = await readLeaseRow(place);
    const holder = leaseOf(row);
    if (holder === null || watch.sees(row, now)) {
      const fence = await claim(place, { row, owner: options.owner, deadline, takeoverMs: timings.takeoverMs });
      if (fence !== null) return fence;
    } else {
      if (performance.now() - start >= options.timeoutMs) {
        const lastsMs = timings.takeoverMs + timings.graceMs;
        throw leaseHeld(place.keyspace, holder, { silentMs: watch.silence(now), lastsMs });
      }
      if (announced !== row.fence) options.onWait(holder);
      announced = row.fence ?? undefined;
      await napped(pollMs, options.signal);
    }
  }
}

/** An aborted nap is a stop, which the caller tells. */
async function napped(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((thrown: unknown) => {
    if (signal?.aborted !== true) throw thrown;
  });
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
  const mark = `${randomUUID()} ${processMark() ?? ''}`;
  const taken = row.owner === null ? { condition: '', beat: [] } : { condition: ' AND beat = ?', beat: [row.beat] };
  const statement = `UPDATE ${journalTable(place)} SET owner = ?, claim = ?, fence = ?, beat = 0 WHERE keyspace_name = ? IF fence = ? AND owner = ?${taken.condition}`;
  const params = [owner, mark, fence, place.keyspace, row.fence, row.owner, ...taken.beat];
  let sent = moment();
  const outcome = await patiently(() => {
    sent = moment();
    return compareAndSet(place.client, statement, { params });
  });
  const mine = outcome.kind === 'applied' || (outcome.kind === 'unknown' && (await readLeaseRow(place)).claim === mark);
  if (!mine) return null;
  deadline.renew(sent, takeoverMs);
  return fence;
}

/** Moves the fence on, so that whatever the owner still writes is refused. Gives the lease that was broken. */
export async function breakLease(place: JournalPlace): Promise<Lease | null> {
  const row = await readLeaseRow(place);
  const holder = leaseOf(row);
  const { fence } = row;
  if (holder === null || fence === null) return null;
  const statement = `UPDATE ${journalTable(place)} SET owner = ?, claim = ?, fence = ? WHERE keyspace_name = ? IF fence = ?`;
  // Until this fence is past, by this call or by another's.
  do {
    await patiently(() =>
      compareAndSet(place.client, statement, { params: [null, null, fence + 1n, place.keyspace, fence] }),
    );
  } while ((await readLeaseRow(place)).fence === fence);
  return holder;
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

  /** Never throws: a lease that cannot be given back runs out by itself. */
  async #release(): Promise<void> {
    const { settings, fence, deadline, heartbeat } = this.#kept;
    const { place } = settings;
    deadline.end(leaseEnds.released);
    const stopped = heartbeat.stop();
    const statement = `UPDATE ${journalTable(place)} SET owner = ?, claim = ? WHERE keyspace_name = ? IF fence = ?`;
    const params = [null, null, place.keyspace, fence];
    await patiently(() => compareAndSet(place.client, statement, { params })).catch(() => undefined);
    await stopped;
  }
}
