import type { WorkInput } from '../deps.ts';

/** So often the lease is looked at while a step waits. */
const longestNapMs = 1_000;

type Pausing = Pick<WorkInput, 'deps' | 'request' | 'context'>;

/**
 * Waits without doing anything, as long as the run may go on: throws `INTERRUPTED` as soon as the user stops it, and
 * `LEASE_LOST`.
 */
export async function pause({ deps, request, context }: Pausing, milliseconds: number): Promise<void> {
  const end = deps.clock.monotonic() + milliseconds;
  for (let left = milliseconds; left > 0; left = end - deps.clock.monotonic()) {
    context.assertHeld();
    try {
      await deps.clock.sleep(Math.min(left, longestNapMs), request.signal);
    } catch (thrown) {
      // An aborted sleep is a stop, and told as one.
      context.assertHeld();
      throw thrown;
    }
  }
  context.assertHeld();
}
