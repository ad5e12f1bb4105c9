import { fileURLToPath } from 'node:url';
import { CqlformError, type Place, reasonOf } from '../kernel/errors.ts';
import { RowRejected } from '../model/data.ts';

/** How a call of a migration's function ended. */
export type Called<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'reject'; readonly reason: string };

/**
 * Calls a function of a migration for one row. A thrown `RowRejected` rejects the row; anything else thrown is a fault
 * of the migration: `TRANSFORM_FAILED`, with the row's place and the line in the migration. A promise is `ASYNC_TRANSFORM`.
 */
export function callUserCode<T>(place: () => string, call: () => T): Called<T> {
  let value: T;
  try {
    value = call();
  } catch (thrown) {
    if (isRejection(thrown)) return { kind: 'reject', reason: thrown.reason };
    // What the declaration's own checks found, e.g. a promise, has a code and a way out already.
    if (thrown instanceof CqlformError) throw withPlace(thrown, place());
    throw transformFailed(place(), thrown);
  }
  if (isThenable(value)) {
    // Its failure, if it comes to one, is not another error.
    Promise.resolve(value).catch(() => undefined);
    throw asyncTransform(`the row's function returned a promise at ${place()}`);
  }
  return { kind: 'value', value };
}

export function asyncTransform(what: string): CqlformError {
  return new CqlformError('ASYNC_TRANSFORM', what, {
    next: 'Write the function without async and await: it has the row, and there is nothing to wait for.',
  });
}

export function transformFailed(place: string, thrown: unknown): CqlformError {
  const where = migrationLine(thrown);
  const line = where === null ? '' : ` (${where.path}:${where.line})`;
  return new CqlformError('TRANSFORM_FAILED', `the row's function failed at ${place}: ${reasonOf(thrown)}${line}`, {
    next: 'Mend the function; return reject(reason) for rows that cannot be used.',
    fields: { place },
    ...(where === null ? {} : { where }),
    cause: thrown,
  });
}

/** The same error, naming the row. */
export function withPlace(thrown: CqlformError, place: string): CqlformError {
  if (thrown.message.includes(place)) return thrown;
  const { code, message, next, fields, exitCode } = thrown;
  return new CqlformError(code, `${message} (at ${place})`, {
    next,
    fields: { ...fields, place },
    exitCode,
    cause: thrown,
  });
}

/** Also true for one that another copy of the module made. */
function isRejection(thrown: unknown): thrown is RowRejected {
  if (thrown instanceof RowRejected) return true;
  return (
    thrown instanceof Error && thrown.name === 'RowRejected' && 'reason' in thrown && typeof thrown.reason === 'string'
  );
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

const ownFolder = fileURLToPath(new URL('..', import.meta.url));

/** The first line of the stack that is neither Node's, nor a package's, nor ours. */
function migrationLine(thrown: unknown): Place | null {
  if (!(thrown instanceof Error) || thrown.stack === undefined) return null;
  for (const line of thrown.stack.split('\n')) {
    const match = /(?:at |\()(?:async )?((?:file:\/\/)?\/?[^()]*?):(\d+):(\d+)\)?$/.exec(line.trim());
    if (match === null) continue;
    const [, location = '', row, column] = match;
    const text = location.replace(/^.*? \(/, '').replace(/\?.*$/, '');
    const path = text.startsWith('file://') ? fileURLToPath(text) : text;
    if (path.startsWith('node:') || path.includes('/node_modules/') || path.startsWith(ownFolder)) continue;
    return { path, line: Number(row), column: Number(column) };
  }
  return null;
}
