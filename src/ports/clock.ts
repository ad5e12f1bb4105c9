/** Time from outside, so that engines can be asked about any moment. */
export interface Clock {
  now(): Date;
  /** Microseconds since the epoch, never the same twice in a process. */
  micros(): bigint;
  /** Monotonic milliseconds. */
  monotonic(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
