import { execFileSync } from 'node:child_process';

const leastBytes = 32;
/** A key of chance has more different bytes than this; a word that was padded has fewer. */
const leastDifferent = 16;
const commandTimeoutMs = 30_000;

/** What a command prints, without white space at its ends; null when it failed. Never more: it may be the key. */
export function printedBy([program = '', ...words]: readonly string[]): string | null {
  try {
    return execFileSync(program, words, {
      encoding: 'utf8',
      timeout: commandTimeoutMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

/** At least 32 bytes of chance, in base64 or hexadecimal digits; null for a text that is none. */
export function keyIn(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, /^[0-9a-f]+$/i.test(text) && text.length % 2 === 0 ? 'hex' : 'base64');
  const wellFormed = /^(?:[A-Za-z0-9+/_-]+=*)$/.test(text);
  return wellFormed && bytes.length >= leastBytes && new Set(bytes).size >= leastDifferent ? bytes : null;
}
