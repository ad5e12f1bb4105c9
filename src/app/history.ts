import type { ReplayEntry, RunEntry, StepEntry, WatermarkEntry } from '../model/journal.ts';
import { standingOf } from '../runner/standing.ts';
import type { Session } from './session.ts';

export interface RunHistory {
  readonly run: RunEntry;
  readonly steps: readonly StepEntry[];
  /** Of rows that its steps rejected, oldest first. */
  readonly replays: readonly ReplayEntry[];
  /** Of its copies that `catch-up` follows: how far they came, and what the newest pass did. */
  readonly watermarks: readonly WatermarkEntry[];
}

/** Every run of the keyspace, oldest first, with its steps in the order they were begun. */
export async function history({ journal }: Session): Promise<readonly RunHistory[]> {
  const standing = standingOf(await journal.entries());
  return standing.runs.map((run) => ({
    run,
    steps: standing.steps.filter((step) => step.run === run.id),
    replays: standing.replays.filter((one) => one.run === run.id),
    watermarks: standing.watermarks.filter((one) => one.run === run.id),
  }));
}
