import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** What asks a command to stop. */
export const stops = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that Ctrl-C, SIGTERM and the terminal's end ask to stop between two statements; a second one ends the process
 * at once.
 */
export async function untilSignalled<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort(name);
    process.stderr.write(`\n${name}: stopping after the current statement; once more stops at once\n`);
  };
  for (const name of stops) process.on(name, stop);
  try {
    return await work(controller.signal);
  } catch (thrown) {
    throw controller.signal.reason === 'SIGINT' ? thrown : asTerminated(thrown);
  } finally {
    for (const name of stops) process.off(name, stop);
  }
}

/** Below, a stop is a stop; only here is it known which signal asked for it. */
function asTerminated(thrown: unknown): unknown {
  if (!(thrown instanceof CqlformError) || thrown.exitCode !== exitCodes.interrupted) return thrown;
  const { code, message, next, fields } = thrown;
  return new CqlformError(code, message, { next, fields, cause: thrown, exitCode: exitCodes.terminated });
}
