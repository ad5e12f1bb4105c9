import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { canonicalJson, sha256 } from '../../kernel/hash.ts';
import { derivedKey } from './seal.ts';

/** What opens a repository: a passphrase, or 32 bytes and more of chance that a command prints. */
export type Secret =
  | { readonly kind: 'passphrase'; readonly read: () => string }
  | { readonly kind: 'command'; readonly read: () => Uint8Array };

/** Takes 64 MiB and some tenths of a second, for those who guess as well. */
const cost = { n: 65_536, r: 8, p: 2 };
const mostMemory = 512 * 1024 * 1024;
const scryptAsync = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

const base64 = z.base64();
const shape = z.strictObject({
  format: z.strictObject({ major: z.literal(1), minor: z.int().nonnegative() }),
  repository: z.string(),
  label: z.string(),
  createdAt: z.string(),
  wrapping: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('passphrase'),
      // Bounds keep a forged file from taking all memory or all day.
      n: z.int().min(1024).max(1_048_576),
      r: z.int().min(1).max(32),
      p: z.int().min(1).max(16),
      salt: base64,
    }),
    z.strictObject({ kind: z.literal('command'), salt: base64 }),
  ]),
  nonce: base64,
  wrapped: base64,
});

/** The repository's data key, wrapped by one secret. */
export type KeyFile = z.infer<typeof shape>;

export interface DataKey {
  /** Which repository it is the key of. */
  readonly repository: string;
  readonly bytes: Uint8Array;
}

export async function wrapKey(
  data: DataKey,
  secret: Secret,
  said: { label: string; createdAt: string },
): Promise<KeyFile> {
  const salt = randomBytes(32).toString('base64');
  const wrapping = secret.kind === 'passphrase' ? { kind: secret.kind, ...cost, salt } : { kind: secret.kind, salt };
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await wrappingKey(wrapping, secret), nonce);
  cipher.setAAD(Buffer.from(data.repository));
  const wrapped = Buffer.concat([cipher.update(data.bytes), cipher.final(), cipher.getAuthTag()]);
  return {
    format: { major: 1, minor: 0 },
    repository: data.repository,
    ...said,
    wrapping,
    nonce: nonce.toString('base64'),
    wrapped: wrapped.toString('base64'),
  };
}

/** Null when this secret is not the one that it was wrapped with. */
export async function unwrapKey(file: KeyFile, secret: Secret): Promise<DataKey | null> {
  if (file.wrapping.kind !== secret.kind) return null;
  const stored = Buffer.from(file.wrapped, 'base64');
  if (stored.length !== 48) return null;
  const nonce = Buffer.from(file.nonce, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', await wrappingKey(file.wrapping, secret), nonce);
  decipher.setAAD(Buffer.from(file.repository));
  decipher.setAuthTag(stored.subarray(32));
  try {
    const bytes = Buffer.concat([decipher.update(stored.subarray(0, 32)), decipher.final()]);
    return { repository: file.repository, bytes };
  } catch {
    return null;
  }
}

async function wrappingKey(wrapping: KeyFile['wrapping'], secret: Secret): Promise<Uint8Array> {
  const salt = Buffer.from(wrapping.salt, 'base64');
  if (secret.kind === 'command') return derivedKey(secret.read(), 'wrapping', salt);
  if (wrapping.kind !== 'passphrase') throw new TypeError('a passphrase does not open a key of a command');
  const { n, r, p } = wrapping;
  return await scryptAsync(secret.read().normalize('NFKC'), salt, 32, { N: n, r, p, maxmem: mostMemory });
}

/** Canonical JSON with its hash, as manifests are written. */
export function writeKeyFile(key: KeyFile): Uint8Array {
  return Buffer.from(`${canonicalJson({ key, sha256: sha256(canonicalJson(key)) })}\n`);
}

/** Null when a byte of it is not as it was written. */
export function readKeyFile(bytes: Uint8Array): KeyFile | null {
  try {
    const text = Buffer.from(bytes).toString('utf8');
    const { key, sha256: hash } = z.strictObject({ key: shape, sha256: z.string() }).parse(JSON.parse(text));
    const written = Buffer.compare(writeKeyFile(key), bytes) === 0;
    return written && hash === sha256(canonicalJson(key)) ? key : null;
  } catch {
    return null;
  }
}
