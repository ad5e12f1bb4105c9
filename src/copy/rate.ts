import type { Clock } from '../ports/clock.ts';

export interface Rate {
  readonly unit: 'rows' | 'bytes';
  readonly perSecond: number;
}

/** The rate of work that asks itself whether it may go on: waits in short pieces, and asks between them. */
export async function admitted(
  limit: RateLimit,
  moved: { readonly rows: number; readonly bytes: number },
  assertHeld: () => void,
): Promise<void> {
  const pieces = Math.max(1, Math.ceil(limit.secondsOf(moved) / burstSeconds));
  for (let piece = 0; piece < pieces; piece += 1) {
    await limit.admit(moved.rows / pieces, moved.bytes / pieces);
    assertHeld();
  }
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

  /** How long that much takes. */
  secondsOf({ rows, bytes }: { readonly rows: number; readonly bytes: number }): number {
    const { unit, perSecond } = this.#rate;
    return (unit === 'rows' ? rows : bytes) / perSecond;
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
