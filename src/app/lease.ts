import type { Emit } from '../model/event.ts';
import type { HeldLease } from '../ports/journal.ts';
import { actorOf } from './actor.ts';
import { ledgerSettings } from './ledger-home.ts';
import type { Session } from './session.ts';

export interface LeaseOptions {
  /** How long to wait for another run's lease. */
  readonly leaseTimeoutMs: number;
  readonly emit: Emit;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** Does work that writes the ledger, under the lease; gives the lease back whatever happened. */
export async function withLease<T>(
  session: Session,
  { leaseTimeoutMs, emit, signal }: LeaseOptions,
  work: (lease: HeldLease) => Promise<T>,
): Promise<T> {
  await session.journal.prepare(ledgerSettings(session.project));
  const lease = await session.journal.take({
    owner: actorOf(),
    timeoutMs: leaseTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
    onWait: (holder) => emit({ kind: 'lease', owner: holder.owner, fence: holder.fence, state: 'waiting' }),
  });
  const { owner, fence } = lease;
  emit({ kind: 'lease', owner, fence, state: 'taken' });
  try {
    return await work(lease);
  } finally {
    await lease.release();
    emit({ kind: 'lease', owner, fence, state: 'released' });
  }
}
