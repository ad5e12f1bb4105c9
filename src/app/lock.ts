import type { Lease } from '../model/journal.ts';
import type { Session } from './session.ts';

/** Who holds the lease; null when nobody does. */
export async function lockStatus({ journal }: Session): Promise<Lease | null> {
  const lease = await journal.lease();
  return lease === null || lease.owner === '' ? null : lease;
}

/** Takes the lease from its owner. Gives the lease that was broken, null when there was none. */
export async function lockRelease({ journal }: Session): Promise<Lease | null> {
  return journal.forceRelease();
}
