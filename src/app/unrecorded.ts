import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { WorkContext } from '../ports/engines.ts';

/** Of work outside a run: nothing of it is recorded, so every try begins anew. */
export const unrecorded: Pick<WorkContext, 'attempt' | 'finished' | 'checkpoint'> = {
  attempt: 1,
  finished: [],
  checkpoint: () => Promise.resolve(),
};

/** Throws `INTERRUPTED` once the user has asked to stop; `next` says what the same command does when it is run again. */
export function assertGoingOn(signal: AbortSignal, said: { readonly message: string; readonly next: string }): void {
  if (!signal.aborted) return;
  throw new CqlformError('INTERRUPTED', said.message, { next: said.next, exitCode: exitCodes.interrupted });
}
