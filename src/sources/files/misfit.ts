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
  // JSON has neither integers beyond 2^53 nor Infinity, which `1e400` is read as.
  if (value instanceof Uint8Array)
    return `0x${Buffer.from(value.subarray(0, 28)).toString('hex')}${value.length > 28 ? '…' : ''}`;
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  const text = isNumber ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
