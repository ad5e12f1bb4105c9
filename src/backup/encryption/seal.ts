import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** What every sealed object begins with; no object of a repository in the clear does. */
export const sealedMagic: Uint8Array = Buffer.from('cqlform sealed 1\n');

const saltBytes = 32;
const tagBytes = 16;
/** Every object has a key of its own, made of a salt of chance, so that the nonce need not differ. */
const nonce = Buffer.alloc(12);

/** How many bytes a sealed object has more than its content. */
export const sealedOverhead: number = sealedMagic.length + saltBytes + tagBytes;

export function isSealed(stored: Uint8Array): boolean {
  return stored.length >= sealedMagic.length && sealedMagic.every((byte, at) => stored[at] === byte);
}

/** AES-256-GCM over the bytes, bound to the object's key: moved under another one, it does not open. */
export function seal(master: Uint8Array, key: string, bytes: Uint8Array): Uint8Array {
  const salt = randomBytes(saltBytes);
  const cipher = createCipheriv('aes-256-gcm', objectKey(master, salt), nonce);
  cipher.setAAD(boundTo(key));
  return Buffer.concat([sealedMagic, salt, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** Null when it is not what was sealed under this key, in whatever way. */
export function unseal(master: Uint8Array, key: string, stored: Uint8Array): Uint8Array | null {
  if (!isSealed(stored) || stored.length < sealedOverhead) return null;
  const content = sealedMagic.length + saltBytes;
  const salt = stored.subarray(sealedMagic.length, content);
  const decipher = createDecipheriv('aes-256-gcm', objectKey(master, salt), nonce);
  decipher.setAAD(boundTo(key));
  decipher.setAuthTag(stored.subarray(stored.length - tagBytes));
  const plain = decipher.update(stored.subarray(content, stored.length - tagBytes));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return plain;
}

/** A key for one purpose, of the repository's data key. */
export function derivedKey(master: Uint8Array, purpose: string, salt: Uint8Array = Buffer.alloc(0)): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, salt, `cqlform ${purpose}`, 32));
}

function objectKey(master: Uint8Array, salt: Uint8Array): Uint8Array {
  return derivedKey(master, 'object', salt);
}

function boundTo(key: string): Uint8Array {
  return Buffer.concat([sealedMagic, Buffer.from(key, 'utf8')]);
}
