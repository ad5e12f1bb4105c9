import { z } from 'zod';
import type { Secret as BackupSecret } from '../backup/encryption/key-file.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { keyIn, printedBy } from './key-text.ts';
import type { Secret } from './project.ts';
import { type EnvSetting, fromEnvironment } from './source-settings.ts';

const leastLetters = 12;

/** `backup.encryption` of the configuration. */
export const encryptionSchema: z.ZodType<EncryptionSetting> = z.union([
  z.strictObject({ passphrase: fromEnvironment }),
  z.strictObject({ command: z.array(z.string().min(1)).min(1) }),
]);
export type EncryptionSetting = { readonly passphrase: EnvSetting } | { readonly command: readonly string[] };

/** Read when it is first needed, and once. */
export function backupSecretOf(setting: EncryptionSetting, secretOf: (value: EnvSetting) => Secret): BackupSecret {
  if ('command' in setting) return { kind: 'command', read: once(() => commandKey(setting.command)) };
  const { passphrase } = setting;
  return { kind: 'passphrase', read: once(() => goodPassphrase(passphrase.name, secretOf(passphrase)())) };
}

function goodPassphrase(variable: string, text: string): string {
  if (text.length >= leastLetters) return text;
  throw new CqlformError(
    'BACKUP_PASSPHRASE_WEAK',
    `the passphrase in ${variable} has fewer than ${leastLetters} letters`,
    {
      next: 'Take several words, or `openssl rand -base64 24`, and keep it where the old one was.',
      fields: { variable },
      exitCode: exitCodes.usage,
    },
  );
}

function commandKey(words: readonly string[]): Uint8Array {
  const text = printedBy(words);
  const key = text === null ? null : keyIn(text);
  if (key !== null) return key;
  const problem = text === null ? 'failed' : 'did not print 32 bytes of chance in base64 or hexadecimal digits';
  throw new CqlformError('BACKUP_KEY_COMMAND', `the command for the key of backups, ${words[0] ?? ''}, ${problem}`, {
    next: 'Run it by hand to see why; it has to print the key (`openssl rand -base64 32` makes one) and to end with 0.',
    exitCode: exitCodes.usage,
  });
}

function once<T>(read: () => T): () => T {
  let found: { readonly value: T } | null = null;
  return () => {
    found ??= { value: read() };
    return found.value;
  };
}
