/**
 * True for a promise. What it may reject with later is not told: that the function is asynchronous at all is the error,
 * and an unhandled rejection would end the process before it is told.
 */
export function isPromise(value: unknown): boolean {
  if (!(value instanceof Promise)) return false;
  value.catch(() => undefined);
  return true;
}
