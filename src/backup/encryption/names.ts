import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { derivedKey } from './seal.ts';

const ivBytes = 16;
const digits = '0123456789abcdefghijklmnopqrstuv';

/**
 * Keys of objects as they stand in a sealed repository: the first part as it is, each of the others enciphered. The same
 * key always gives the same name (a synthetic initialisation vector, the HMAC of what is enciphered), so that objects
 * are found by their keys; a name that was not made so gives no key.
 */
export class SealedNames {
  readonly #mac: Uint8Array;
  readonly #cipher: Uint8Array;

  constructor(master: Uint8Array) {
    this.#mac = derivedKey(master, 'names mac');
    this.#cipher = derivedKey(master, 'names cipher');
  }

  nameOf(key: string): string {
    const [folder = '', ...parts] = key.split('/');
    return [folder, ...parts.map((part) => (part === '' ? '' : this.#enciphered(folder, part)))].join('/');
  }

  /** Null for a name that is none of this repository's. */
  keyOf(name: string): string | null {
    const [folder = '', ...parts] = name.split('/');
    const plain = parts.map((part) => this.#deciphered(folder, part));
    return plain.includes(null) ? null : [folder, ...plain].join('/');
  }

  #enciphered(folder: string, part: string): string {
    const bytes = Buffer.from(part, 'utf8');
    const iv = this.#vector(folder, bytes);
    const cipher = createCipheriv('aes-256-ctr', this.#cipher, iv);
    return base32(Buffer.concat([iv, cipher.update(bytes), cipher.final()]));
  }

  #deciphered(folder: string, part: string): string | null {
    const bytes = fromBase32(part);
    if (bytes === null || bytes.length <= ivBytes) return null;
    const iv = bytes.subarray(0, ivBytes);
    const decipher = createDecipheriv('aes-256-ctr', this.#cipher, iv);
    const plain = Buffer.concat([decipher.update(bytes.subarray(ivBytes)), decipher.final()]);
    return timingSafeEqual(iv, this.#vector(folder, plain)) ? plain.toString('utf8') : null;
  }

  #vector(folder: string, bytes: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#mac).update(`${folder}/`).update(bytes).digest().subarray(0, ivBytes);
  }
}

/** RFC 4648's base32hex in small letters, without padding: every store takes it, and it is shorter than hexadecimal. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += digits[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + digits[(held << (5 - bits)) & 31];
}

function fromBase32(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const digit of text) {
    const value = digits.indexOf(digit);
    if (value === -1) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  // What is left are the filling bits of the last digit.
  return bits < 5 && held === 0 ? Uint8Array.from(bytes) : null;
}
