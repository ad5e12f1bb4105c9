import type { LeaseRow } from './journal-row.ts';
import { isDead } from './lease-owner.ts';

/** How long a statement of a process that is dead for certain may still be on its way. */
const deadGraceMs = 2_000;

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
 * seen over the whole period and the grace, or, when the holder ran on this machine and its process is dead, over a
 * shorter grace.
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
    const { takeoverMs, graceMs } = this.#timings;
    const dead = row.claim !== null && isDead(row.claim.slice(row.claim.indexOf(' ') + 1));
    return this.silence(now) > (dead ? Math.min(graceMs, deadGraceMs) : takeoverMs + graceMs);
  }

  /** Milliseconds for which the beat has stood still before one's eyes. */
  silence(now: number): number {
    return this.#seen === undefined ? 0 : now - this.#since;
  }
}
