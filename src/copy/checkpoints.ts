import type { Checkpoint } from '../ports/journal.ts';

/** The newest record of each piece that is done. */
export function newestDone(checkpoints: readonly Checkpoint[]): readonly Checkpoint[] {
  const newest = new Map<string, Checkpoint>();
  for (const checkpoint of checkpoints) {
    if (checkpoint.state !== 'done') continue;
    const known = newest.get(checkpoint.range);
    if (known === undefined || known.attempt <= checkpoint.attempt) newest.set(checkpoint.range, checkpoint);
  }
  return [...newest.values()];
}
