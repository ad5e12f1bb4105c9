import type { Session } from '../../app/session.ts';
import type { Emit } from '../../model/event.ts';
import type { Output } from '../output.ts';

/** For commands that only take the lease for a moment: says so when they have to wait. */
export function leaseEvents(output: Output): Emit {
  return (event) => {
    if (event.kind !== 'lease' || event.state !== 'waiting') return;
    output.err(output.paint.warn(`waiting for the lease, held by ${event.owner}`));
  };
}

/** A plan that is made while a run is under way may be another when that run has ended. */
export async function mentionRunner({ journal }: Session, output: Output): Promise<void> {
  const lease = output.json ? null : await journal.lease();
  if (lease === null || lease.owner === '') return;
  output.err(
    output.paint.warn(
      `The lease is held by ${lease.owner}: a run may be under way, after which this may be otherwise. See \`cqlform status\`.`,
    ),
  );
}
