import { mistake, shown } from './mistake.ts';

const objectName = /^\w{1,48}$/;

/** The name of a table, view or index: 1 to 48 letters, digits and underscores. Throws `MIGRATION_NAME_INVALID`. */
export function nameOf(what: string, value: unknown): string {
  if (typeof value === 'string' && objectName.test(value)) return value;
  throw mistake('NAME_INVALID', {
    message: `${what} has the name ${shown(value)}, which Cassandra refuses`,
    next: 'Choose 1 to 48 letters, digits and underscores.',
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
