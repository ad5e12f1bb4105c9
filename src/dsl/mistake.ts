import { CqlformError, type ErrorFields } from '../kernel/errors.ts';

/** What is wrong in a migration file, and how it is mended. `code` is without its `MIGRATION_` prefix. */
export interface Mistake {
  readonly message: string;
  readonly next: string;
  readonly fields?: ErrorFields;
}

export function mistake(code: string, { message, next, fields }: Mistake): CqlformError {
  return new CqlformError(`MIGRATION_${code}`, message, fields === undefined ? { next } : { next, fields });
}

export type Properties = Readonly<Record<string, unknown>>;

/** A value as people recognise it in a message: short, one line. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol' || value === undefined) return String(value);
  if (value instanceof Date) return 'a Date';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string') {
    return 'name' in value && typeof value.name === 'string' ? `${value.kind} ${value.name}` : `a ${value.kind}`;
  }
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    return 'an object';
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The value as an object with properties; throws `MIGRATION_NOT_AN_OBJECT`. */
export function objectOf(subject: string, value: unknown): Properties {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    assertNoPrototype(subject, value);
    return value as Properties;
  }
  throw mistake('NOT_AN_OBJECT', {
    message: `${subject} is ${shown(value)}, not an object`,
    next: `Write ${subject} as \`{ … }\`.`,
  });
}

/** In `{ __proto__: t.int() }` the member is the object's prototype, and would be passed over. */
function assertNoPrototype(subject: string, value: object): void {
  const parent: unknown = Object.getPrototypeOf(value);
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, 'kind')) return;
  throw mistake('NAME_INVALID', {
    message: `${subject} has a member __proto__, which JavaScript takes for the object's prototype`,
    next: "Write it in brackets: `['__proto__']: …`.",
    fields: { name: '__proto__' },
  });
}

/** The object, sure to have no property but those allowed; throws `MIGRATION_UNKNOWN_PROPERTY`. */
export function propertiesOf(subject: string, value: unknown, allowed: readonly string[]): Properties {
  const properties = objectOf(subject, value);
  for (const name of Object.keys(properties)) {
    if (allowed.includes(name)) continue;
    throw mistake('UNKNOWN_PROPERTY', {
      message: `${subject} has no property ${JSON.stringify(name)}`,
      next: `Remove it, or use one of: ${allowed.join(', ')}.`,
      fields: { property: name },
    });
  }
  return properties;
}

/** Throws `MIGRATION_NOT_A_LIST`. */
export function listOf(subject: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw mistake('NOT_A_LIST', {
    message: `${subject} is ${shown(value)}, not a list`,
    next: `Write ${subject} as \`[ … ]\`.`,
  });
}

/** Throws `MIGRATION_NOT_A_TEXT`, also for an empty one. */
export function textOf(subject: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw mistake('NOT_A_TEXT', {
    message: `${subject} is ${value === '' ? 'empty' : shown(value)}`,
    next: `Give ${subject} as a text that is not empty.`,
  });
}

/** Throws `MIGRATION_NOT_A_BOOLEAN`. */
export function booleanOf(subject: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw mistake('NOT_A_BOOLEAN', {
    message: `${subject} is ${shown(value)}`,
    next: `Give ${subject} as true or false.`,
  });
}
