/**
 * What a record has of its own under a name. Names come from users, and `record[name]` would find what every object
 * inherits: `constructor`, `toString`, `valueOf`, `__proto__` are names of tables and columns like any other.
 */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Sets a member of the record's own; `record['__proto__'] = value` would set its prototype instead. */
export function setOwn<T>(record: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__')
    Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
  else record[name] = value;
}
