import { CqlformError } from '../../kernel/errors.ts';

const keyPattern = /^[a-z0-9_-][a-z0-9._-]*(?:\/[a-z0-9_-][a-z0-9._-]*)*$/;

/** What every store can hold as a name, and no store or file system takes for something else. */
export function isKey(text: string): boolean {
  return keyPattern.test(text);
}

/** Throws `STORE_KEY`. */
export function assertKey(key: string): void {
  if (!isKey(key)) throw badKey(key);
}

export function badKey(key: string): CqlformError {
  return new CqlformError('STORE_KEY', `${JSON.stringify(key)} cannot be the key of a stored object`, {
    next: 'Use names of a-z, 0-9, `.`, `_` and `-`, parted by `/`; a name does not begin with a dot.',
    fields: { object: key },
  });
}
