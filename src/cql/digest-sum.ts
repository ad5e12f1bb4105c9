import { hash } from 'node:crypto';

/** The sum is kept in so many parts of 16 bits, each in a number that has room for billions of carries. */
const lanes = 16;
const laneBits = 16n;
const modulus = 2n ** 256n;

/** The sum, modulo 2^256, of the SHA-256 of records, each taken as a big-endian number. */
export class DigestSum {
  readonly #lanes = new Float64Array(lanes);

  add(record: Uint8Array): void {
    // as a string of one letter for each byte: a buffer would cost three times as much
    const sum = hash('sha256', record, 'binary');
    for (let lane = 0; lane < lanes; lane += 1) {
      const more = (sum.charCodeAt(2 * lane) << 8) | sum.charCodeAt(2 * lane + 1);
      this.#lanes[lane] = (this.#lanes[lane] ?? 0) + more;
    }
  }

  value(): bigint {
    let sum = 0n;
    for (const lane of this.#lanes) sum = (sum << laneBits) + BigInt(lane);
    return sum % modulus;
  }
}

/** As 64 hex digits. */
export function sumText(sum: bigint): string {
  return (sum % modulus).toString(16).padStart(64, '0');
}
