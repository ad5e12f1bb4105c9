import { policies } from 'cassandra-driver';
import type { Clock } from '../ports/clock.ts';
import { systemClock } from './system-clock.ts';

/**
 * The cluster's time, told by this machine's clock and how far the cluster's is ahead of it. Every time that is decided
 * here has to stand beside times that the nodes give to the writes of others.
 */
export class ClusterClock implements Clock {
  #ahead = 0;
  #last = 0n;

  /** How many milliseconds the cluster's clock is ahead of this machine's; negative: behind it. */
  get aheadMs(): number {
    return this.#ahead;
  }

  follow(aheadMs: number): void {
    this.#ahead = aheadMs;
  }

  now(): Date {
    return new Date(systemClock.now().getTime() + this.#ahead);
  }

  micros(): bigint {
    const candidate = systemClock.micros() + BigInt(Math.round(this.#ahead * 1000));
    this.#last = candidate > this.#last ? candidate : this.#last + 1n;
    return this.#last;
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(milliseconds, signal);
  }
}

/** Times of statements that name none, by the cluster's clock: by this machine's they could lose against older writes. */
export class ClusterTimestamps extends policies.timestampGeneration.MonotonicTimestampGenerator {
  readonly #clock: ClusterClock;

  constructor(clock: ClusterClock) {
    super(0, 0);
    this.#clock = clock;
  }

  override getDate(): number {
    return this.#clock.now().getTime();
  }
}
