import { longestNames } from '../model/identifier.ts';
import { mistake, shown } from './mistake.ts';

/** What no version takes; versions before 5.0 take less. */
const longest = Math.max(longestNames.table, longestNames.index);

/** The name of a table, view or index: letters, digits and underscores. Throws `MIGRATION_NAME_INVALID`. */
export function nameOf(what: string, value: unknown): string {
  if (typeof value === 'string' && /^\w+$/.test(value) && value.length <= longest) return value;
  throw mistake('NAME_INVALID', {
    message: `${what} has the name ${shown(value)}, which Cassandra refuses`,
    next: `Choose letters, digits and underscores, at most ${longest}; ${longestNames.tableBefore5} if an older version than 5.0 has to take it.`,
    fields: { name: typeof value === 'string' ? value : null },
  });
}

/** The name of a column, field, type or function: anything but nothing. Throws `MIGRATION_NAME_INVALID`. */
export function memberNameOf(what: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw mistake('NAME_INVALID', {
    message: `${what} has the name ${shown(value)}`,
    next: 'Give it a name that is not empty.',
    fields: { name: typeof value === 'string' ? value : null },
  });
}

/** Throws `MIGRATION_NAMED_TWICE` when a name stands twice in a list. */
export function refuseTwice(subject: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw mistake('NAMED_TWICE', {
    message: `${subject} names ${JSON.stringify(twice)} twice`,
    next: 'Name it once.',
    fields: { name: twice },
  });
}

/**
 * Throws `MIGRATION_NAME_ORDER` for a name that JavaScript moves to the front of its object (`'1'`), where the order
 * in which the names are written counts.
 */
export function refuseMoved(subject: string, names: readonly string[]): void {
  const moved = names.find((name) => /^(?:0|[1-9]\d*)$/.test(name));
  if (moved === undefined || names.length === 1) return;
  throw mistake('NAME_ORDER', {
    message: `${subject} has the name ${moved}, which JavaScript moves before all others, and the order counts`,
    next: 'Choose a name that does not consist of digits.',
    fields: { name: moved },
  });
}
