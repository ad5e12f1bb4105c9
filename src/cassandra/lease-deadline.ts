/** Why a lease ended before its holder gave it back. */
export const leaseEnds = { held: 0, taken: 1, released: 2 } as const;
export type LeaseEnd = (typeof leaseEnds)[keyof typeof leaseEnds];

/**
 * Until when a lease is held for certain, in memory that the heartbeat's thread and the main thread share. Each renewal
 * counts from the moment before it was sent, on the monotonic clock; the wall clock stands guard besides, because the
 * monotonic one may stand still while the machine sleeps.
 */
export class LeaseDeadline {
  readonly buffer: SharedArrayBuffer;
  readonly #times: BigInt64Array;
  readonly #end: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(24)) {
    this.buffer = buffer;
    this.#times = new BigInt64Array(buffer, 0, 2);
    this.#end = new Int32Array(buffer, 16, 1);
  }

  /** `sent`: what `moment()` gave before the renewal was sent. */
  renew(sent: Moment, milliseconds: number): void {
    Atomics.store(this.#times, 0, sent.monotonic + BigInt(milliseconds) * 1_000_000n);
    Atomics.store(this.#times, 1, sent.wall + BigInt(milliseconds));
  }

  end(why: Exclude<LeaseEnd, typeof leaseEnds.held>): void {
    Atomics.compareExchange(this.#end, 0, leaseEnds.held, why);
  }

  get state(): LeaseEnd {
    const end = Atomics.load(this.#end, 0);
    return end === leaseEnds.taken || end === leaseEnds.released ? end : leaseEnds.held;
  }

  /** Milliseconds until the lease may be another's; negative once it may. */
  get left(): number {
    const now = moment();
    const monotonic = Atomics.load(this.#times, 0) - now.monotonic;
    const wall = Atomics.load(this.#times, 1) - now.wall;
    return Math.min(Number(monotonic / 1_000_000n), Number(wall));
  }
}

export interface Moment {
  /** Nanoseconds, the same clock in every thread of the process. */
  readonly monotonic: bigint;
  /** Milliseconds since the epoch. */
  readonly wall: bigint;
}

export function moment(): Moment {
  return { monotonic: process.hrtime.bigint(), wall: BigInt(Date.now()) };
}
