import type { Emit } from '../../model/event.ts';
import type { Output } from '../output.ts';

/** For commands that only take the lease for a moment: says so when they have to wait. */
export function leaseEvents(output: Output): Emit {
  return (event) => {
    if (event.kind !== 'lease' || event.state !== 'waiting') return;
    output.err(output.paint.warn(`waiting for the lease, held by ${event.owner}`));
  };
}
