import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../ports/clock.ts';

let last = 0n;

/** The clocks of this machine. `micros` follows the wall clock and never goes back within a process. */
export const systemClock: Clock = {
  now: () => new Date(),
  micros: () => {
    const now = BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000));
    const wall = BigInt(Date.now()) * 1000n;
    // The monotonic clock tells the microseconds as long as it agrees with the wall clock.
    const drift = now > wall ? now - wall : wall - now;
    const candidate = drift < 2_000n ? now : wall;
    last = candidate > last ? candidate : last + 1n;
    return last;
  },
  monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  sleep: async (milliseconds, signal) => {
    await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};
