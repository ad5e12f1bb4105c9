import { CqlformError } from '../../src/kernel/errors.ts';

/** The code and the message of the CqlformError that a function throws. */
export function mistakeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CqlformError)) throw error;
    if (error.next === '') throw new Error(`${error.code} does not say what to do`);
    return `${error.code}: ${error.message}`;
  }
  throw new Error('nothing was thrown');
}

/** What JavaScript users can pass: the compiler is told that it fits. */
export function untyped(value: unknown): never {
  return value as never;
}
