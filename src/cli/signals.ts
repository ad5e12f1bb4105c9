import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** Runs work that Ctrl-C and SIGTERM ask to stop between two statements; a second one ends the process at once. */
export async function untilSignalled<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort(name);
    process.stderr.write(`\n${name}: stopping after the current statement; once more stops at once\n`);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (thrown) {
    throw controller.signal.reason === 'SIGTERM' ? asTerminated(thrown) : thrown;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** Below, a stop is a stop; only here is it known which signal asked for it. */
function asTerminated(thrown: unknown): unknown {
  if (!(thrown instanceof CqlformError) || thrown.exitCode !== exitCodes.interrupted) return thrown;
  const { code, message, next, fields } = thrown;
  return new CqlformError(code, message, { next, fields, cause: thrown, exitCode: exitCodes.terminated });
}
