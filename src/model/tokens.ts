import { canonicalUuid } from './canonical.ts';
import { RowRejected } from './data.ts';
import { type KeyedHash, permuted, type Sign } from './permutation.ts';

/** Of a UUID in its canonical form: where version and variant stand, which stay. */
const fixedInUuid: ReadonlySet<number> = new Set([14, 19]);
/** What an int and a bigint hold: numbers that fit stay numbers that fit, and the others among themselves. */
const limits = [2n ** 31n, 2n ** 63n];

/**
 * A text of the same form: digits for digits, letters for letters of the same case, hexadecimal digits in a UUID; all
 * other ASCII signs stay. Throws `RowRejected` for letters and digits that are not ASCII: they would stay as they are.
 */
export function tokenOfText(text: string, hash: KeyedHash): string {
  const uuid = canonicalUuid(text);
  return uuid === null ? replaced(text, hash, signOf) : replaced(uuid, hash, nibbleOf);
}

/** A number of as many digits, with the same sign; an integer of 32 or 64 bits stays one. */
export function tokenOfInteger(value: bigint, hash: KeyedHash): bigint {
  const negative = value < 0n;
  const size = negative ? -value : value;
  const fitsInto = (magnitude: bigint): number =>
    limits.findIndex((limit) => (negative ? magnitude <= limit : magnitude < limit));
  // there is no zero below zero
  const fits = (found: string): boolean =>
    (found === '0' ? !negative : !found.startsWith('0')) && fitsInto(BigInt(found)) === fitsInto(size);
  // walking on in a permutation until the number is of the wanted kind leaves it a permutation of that kind
  let found = String(size);
  do found = replaced(found, hash, signOf);
  while (!fits(found));
  return negative ? -BigInt(found) : BigInt(found);
}

function replaced(text: string, hash: KeyedHash, read: (character: string, at: number) => Sign | null): string {
  const characters = Array.from(text);
  const signs = characters.map(read);
  const others = permuted(
    signs.filter((sign) => sign !== null),
    hash,
  ).values();
  return characters
    .map((character, at) => {
      const sign = signs[at];
      return sign === null || sign === undefined ? character : written(character, sign, others.next().value ?? 0);
    })
    .join('');
}

function signOf(character: string): Sign | null {
  if (/[0-9]/.test(character)) return { value: Number(character), radix: 10 };
  if (/[a-z]/i.test(character)) return { value: character.toLowerCase().charCodeAt(0) - 97, radix: 26 };
  if (/[\p{L}\p{N}]/u.test(character)) {
    throw new RowRejected('a letter that is not ASCII has no token of its form; use privacy.hash');
  }
  return null;
}

function nibbleOf(character: string, at: number): Sign | null {
  return character === '-' || fixedInUuid.has(at) ? null : { value: Number.parseInt(character, 16), radix: 16 };
}

function written(character: string, { radix }: Sign, value: number): string {
  if (radix !== 26) return value.toString(16);
  const letter = String.fromCharCode(97 + value);
  return character === character.toLowerCase() ? letter : letter.toUpperCase();
}
