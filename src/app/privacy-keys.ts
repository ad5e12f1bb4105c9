import { type Keys, useKeys } from '../dsl/key-ring.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { hmacSha256 } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import { keyIn, printedBy } from './key-text.ts';
import type { Project, Secret } from './project.ts';

/** Where a key comes from: an environment variable, or what a command prints. */
export type KeySource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'command'; readonly command: readonly string[] };

/** The keys by name, each resolved once, when it is first needed; they are used from now on in this process. */
export function keysOf(sources: Readonly<Record<string, KeySource>>, secretOf: (name: string) => Secret): Keys {
  const keys = new Map(
    Object.entries(sources).map(([name, source]) => {
      let found: Uint8Array | null = null;
      const key = (): Uint8Array => {
        found ??= keyBytes(name, source.kind === 'env' ? secretOf(source.name)() : printed(name, source.command));
        return found;
      };
      return [name, key] as const;
    }),
  );
  useKeys(keys);
  return keys;
}

function printed(name: string, command: readonly string[]): string {
  const text = printedBy(command);
  if (text !== null) return text;
  throw new CqlformError('PRIVACY_KEY_COMMAND', `the command for the privacy key ${name} failed: ${command[0] ?? ''}`, {
    next: 'Run it by hand to see why; it has to print the key and to end with 0.',
    fields: { key: name },
    exitCode: exitCodes.usage,
  });
}

function keyBytes(name: string, text: string): Uint8Array {
  const key = keyIn(text);
  if (key !== null) return key;
  throw new CqlformError(
    'PRIVACY_KEY_WEAK',
    `the privacy key ${name} is not 32 bytes of chance in base64 or hexadecimal digits`,
    {
      next: 'Make one with `openssl rand -base64 32`, and keep it where the old one was.',
      fields: { key: name },
      exitCode: exitCodes.usage,
    },
  );
}

/** By name: 16 hexadecimal digits that tell a key from another, and nothing about it. */
export function keyFingerprints(
  { privacyKeys }: Pick<Project, 'privacyKeys'>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => {
      const key = privacyKeys.get(name)?.();
      const print =
        key === undefined
          ? 'missing'
          : Buffer.from(hmacSha256(key, 'cqlform fingerprint')).toString('hex').slice(0, 16);
      return [name, print];
    }),
  );
}

/** Names of the keys that are not what they were. */
export function keyChanges(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys(before).filter((name) => own(before, name) !== own(now, name));
}
