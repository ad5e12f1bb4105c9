import { CqlformError } from '../kernel/errors.ts';

/** What a message about a migration is about. */
export interface Subject {
  readonly migration: string;
  /** The object, without its keyspace: `users`, `users.email`. */
  readonly object: string;
}

/** A migration that cannot be applied to the state before it. */
export function mistake(
  code: string,
  { migration, object }: Subject,
  { message, next }: { readonly message: string; readonly next: string },
): CqlformError {
  return new CqlformError(code, `${migration}: ${message}`, { next, fields: { migration, object } });
}
