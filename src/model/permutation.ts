/** One sign of a text and how many there are of its sort, e.g. 7 of the 10 digits. */
export interface Sign {
  readonly value: number;
  readonly radix: number;
}
/** A pseudo-random function with a key: 32 bytes for a text. */
export type KeyedHash = (text: string) => Uint8Array;

const rounds = 10;
const spareBits = 64;

/**
 * A keyed permutation of all rows of signs of the same sorts: equal rows give equal ones, different rows different ones,
 * each sign one of its sort. A Feistel network over the two halves, as format-preserving encryption is made; whoever has
 * no key learns of a row only that it is the same as another.
 */
export function permuted(signs: readonly Sign[], hash: KeyedHash): readonly number[] {
  const shape = signs.map(({ radix }) => radix).join(',');
  const [only] = signs;
  if (only === undefined) return [];
  if (signs.length === 1) return [shuffledSign(only, hash)];
  const middle = signs.length >> 1;
  const halves = [signs.slice(0, middle), signs.slice(middle)] as const;
  const sizes = halves.map(sizeOf) as [bigint, bigint];
  let [left, right] = halves.map(numberOf) as [bigint, bigint];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) left = (left + noise(hash, `${shape} ${round} ${right}`, sizes[0])) % sizes[0];
    else right = (right + noise(hash, `${shape} ${round} ${left}`, sizes[1])) % sizes[1];
  }
  return [...signsOf(left, halves[0]), ...signsOf(right, halves[1])];
}

/** Of a single sign: its place in a keyed order of all of its sort. */
function shuffledSign({ value, radix }: Sign, hash: KeyedHash): number {
  const order = Array.from({ length: radix }, (_, sign) => ({ sign, by: hex(hash(`1 of ${radix} ${sign}`)) }));
  order.sort((a, b) => (a.by < b.by ? -1 : 1));
  return order[value]?.sign ?? value;
}

function sizeOf(signs: readonly Sign[]): bigint {
  return signs.reduce((size, { radix }) => size * BigInt(radix), 1n);
}

function numberOf(signs: readonly Sign[]): bigint {
  return signs.reduce((number, { value, radix }) => number * BigInt(radix) + BigInt(value), 0n);
}

function signsOf(number: bigint, signs: readonly Sign[]): readonly number[] {
  let rest = number;
  const values = signs.toReversed().map(({ radix }) => {
    const value = Number(rest % BigInt(radix));
    rest /= BigInt(radix);
    return value;
  });
  return values.reverse();
}

/** More bits than the size has by so many that every number below it is as likely. */
function noise(hash: KeyedHash, text: string, size: bigint): bigint {
  let bits = hex(hash(text));
  for (let more = 1; size >> BigInt(bits.length * 4 - spareBits) > 0n; more += 1) bits += hex(hash(`${text} ${more}`));
  return BigInt(`0x${bits}`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
