import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** The keys of the configuration, by name; each is resolved when a value first needs it. */
export type Keys = ReadonlyMap<string, () => Uint8Array>;

let keys: Keys = new Map();
const named = new Set<string>();

/** The keys that the functions of `privacy` take from now on, in this process. */
export function useKeys(given: Keys): void {
  keys = given;
}

/** Says that a migration takes a key of this name. */
export function noteKey(name: string): void {
  named.add(name);
}

/** Names of the keys that the migrations loaded so far take. */
export function namedKeys(): readonly string[] {
  return [...named].sort();
}

/** Throws `PRIVACY_KEY_MISSING` for a name that the configuration does not have. */
export function keyNamed(name: string): Uint8Array {
  const key = keys.get(name);
  if (key !== undefined) return key();
  throw new CqlformError('PRIVACY_KEY_MISSING', `the configuration has no privacy key ${name}`, {
    next: `Name it: \`privacy: { keys: { ${name}: env('${name.toUpperCase()}_KEY') } }\`; \`openssl rand -base64 32\` makes one.`,
    fields: { key: name },
    exitCode: exitCodes.usage,
  });
}
