import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { StepResult } from '../../model/journal.ts';
import type { WorkInput } from '../deps.ts';
import { pause } from './pause.ts';

const longestWaitMs = 30 * 60_000;
const firstPauseMs = 50;
const longestPauseMs = 5_000;

/** Index builds run in the background: the step ends when every node can answer from the index. */
export async function runWait(input: WorkInput<'wait'>): Promise<StepResult> {
  const { work, deps, live, step } = input;
  const begun = deps.clock.monotonic();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    if (await deps.cluster.indexQueryable(live.name, work.for.index)) {
      return { kind: 'wait', milliseconds: Math.round(deps.clock.monotonic() - begun) };
    }
    const waited = deps.clock.monotonic() - begun;
    if (waited > longestWaitMs) {
      throw new CqlformError('INDEX_NOT_BUILT', `${step.address}: the index does not answer queries after 30 minutes`, {
        next: 'Look at the build in the server log; when it is done, run `cqlform apply` again.',
        fields: { step: step.id },
        retryable: true,
        exitCode: exitCodes.partlyApplied,
      });
    }
    deps.emit({
      kind: 'progress',
      step: step.id,
      progress: { unit: 'milliseconds', done: Math.round(waited), total: null },
    });
    await pause(input, pauseMs);
  }
}
