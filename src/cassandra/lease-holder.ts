import type { LeaseRow } from './journal-row.ts';

/** How long a lease lasts. */
export interface LeaseTimings {
  /** Milliseconds between two heartbeats. */
  readonly beatMs: number;
  /** Milliseconds without a heartbeat after which its holder may do nothing more. */
  readonly takeoverMs: number;
  /** Milliseconds that a contender waits besides, for statements that the holder sent in time: longer than a schema statement may take. */
  readonly graceMs: number;
}

/**
 * Watches another's lease, by one's own monotonic clock only: it may be taken over once the same fence and beat were
 * seen over the whole period and the grace.
 */
export class HolderWatch {
  readonly #timings: LeaseTimings;
  #seen: LeaseRow | undefined;
  #since = 0;

  constructor(timings: LeaseTimings) {
    this.#timings = timings;
  }

  /** True when the holder that this row states is dead or stopped. `now` is monotonic, from before the row was asked for. */
  sees(row: LeaseRow, now: number): boolean {
    if (this.#seen === undefined || this.#seen.fence !== row.fence || this.#seen.beat !== row.beat) {
      this.#seen = row;
      this.#since = now;
    }
    return this.silence(now) > this.#timings.takeoverMs + this.#timings.graceMs;
  }

  /** Milliseconds for which the beat has stood still before one's eyes. */
  silence(now: number): number {
    return this.#seen === undefined ? 0 : now - this.#since;
  }
}
