import type { Clock } from '../ports/clock.ts';

export interface Rate {
  readonly unit: 'rows' | 'bytes';
  readonly perSecond: number;
}

/** How much may go ahead of the even flow, in seconds: so that a batch need not wait for each of its rows. */
const burstSeconds = 0.25;

/** Lets work through at an even rate. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #free = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate, clock: Clock, signal: AbortSignal) {
    this.#rate = rate;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Resolves when that much may go. Does not wait any more once the signal has come. */
  async admit(rows: number, bytes: number): Promise<void> {
    const { unit, perSecond } = this.#rate;
    const now = this.#clock.monotonic();
    const from = Math.max(this.#free, now - burstSeconds * 1000);
    this.#free = from + ((unit === 'rows' ? rows : bytes) / perSecond) * 1000;
    if (from <= now || this.#signal.aborted) return;
    await this.#clock.sleep(from - now, this.#signal).catch((thrown: unknown) => {
      if (!this.#signal.aborted) throw thrown;
    });
  }
}
