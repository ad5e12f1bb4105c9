/** Values remembered to tell whether one comes again. */
const remembered = 200_000;
/** Hashes kept to estimate how many values there are: the estimate is a few percent off. */
const kept = 4096;
const space = 2 ** 53;

/** A text as a number below 2^53 that spreads evenly; equal texts give equal numbers. */
export function hashOfText(text: string): number {
  let low = 0x9e37_79b9 ^ text.length;
  let high = 0x85eb_ca6b;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x0100_0193);
    high = Math.imul(high ^ (code + at), 0xcc9e_2d51);
    high = (high << 13) | (high >>> 19);
  }
  low = mixed(low ^ (high >>> 7));
  high = mixed(high ^ low);
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

function mixed(value: number): number {
  let so = value ^ (value >>> 16);
  so = Math.imul(so, 0x7feb_352d);
  so ^= so >>> 15;
  so = Math.imul(so, 0x846c_a68b);
  return so ^ (so >>> 16);
}

/** Counts different values in bounded memory: exactly while there are few, by the least hashes where there are many. */
export class Distinct {
  readonly #seen = new Set<number>();
  #least = new Set<number>();
  #limit = space;
  #repeated = false;
  #forgotten = false;

  add(hash: number): void {
    if (!this.#repeated && !this.#forgotten) this.#remember(hash);
    if (hash >= this.#limit) return;
    this.#least.add(hash);
    if (this.#least.size >= 2 * kept) this.#cut();
  }

  get unique(): 'yes' | 'no' | 'unproved' {
    if (this.#repeated) return 'no';
    return this.#forgotten ? 'unproved' : 'yes';
  }

  get count(): { readonly count: number; readonly exact: boolean } {
    if (this.#limit === space) return { count: this.#least.size, exact: true };
    this.#cut();
    return { count: Math.round(((kept - 1) / this.#limit) * space), exact: false };
  }

  #remember(hash: number): void {
    if (this.#seen.has(hash)) {
      this.#repeated = true;
      this.#seen.clear();
    } else if (this.#seen.size >= remembered) {
      this.#forgotten = true;
      this.#seen.clear();
    } else this.#seen.add(hash);
  }

  #cut(): void {
    if (this.#least.size <= kept) return;
    const sorted = [...this.#least].sort((a, b) => a - b).slice(0, kept);
    this.#limit = sorted.at(-1) ?? space;
    this.#least = new Set(sorted);
  }
}
