/** What a conversion gives instead of a value: why the value does not fit the declared type. */
export class Misfit {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A converter of one field; null (or nothing) is never handed to it. */
export type FieldReader<T> = (value: T) => unknown;

/** `"n/a" is not a date`, long values shortened. */
export function misfit(value: unknown, what: string): Misfit {
  return new Misfit(`${shown(value)} is not ${what}`);
}

export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
