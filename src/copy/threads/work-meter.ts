import { availableParallelism, cpus } from 'node:os';

const windowMs = 1_000;
const leastRows = 2_000;
/** Of the main thread's time. */
const leastShare = 0.5;
/** To hand a row to another thread and take back what became of it costs a few. */
const leastMicrosPerRow = 15;
/** Each holds an instance of the migration and a heap of its own. */
const mostThreads = 4;
/** One call in so many is timed. */
export const timedEvery = 8;

/** Tells how much of a copy's time its functions take on the main thread, and how many threads they are worth. */
export class WorkMeter {
  #worked = 0;
  #rows = 0;
  #begun = performance.now();
  #idle = idleMs();

  /** One row of `timedEvery` took so long. */
  took(milliseconds: number): void {
    this.#worked += milliseconds * timedEvery;
    this.#rows += timedEvery;
  }

  /**
   * Threads that would make the copy faster: 0 while functions are not what it waits for, or no core is idle. Looks at
   * the time since it last came to a judgement, of a second at least.
   */
  judge(): number {
    const now = performance.now();
    const wall = now - this.#begun;
    if (wall < windowMs || this.#rows < leastRows) return 0;
    const idle = idleMs();
    const cores = Math.min(availableParallelism() - 1, Math.floor((idle - this.#idle) / wall + 0.25));
    const wanted = threadsWorth({ worked: this.#worked, wall, rows: this.#rows, cores });
    this.#worked = 0;
    this.#rows = 0;
    this.#begun = now;
    this.#idle = idle;
    return wanted;
  }
}

/** Milliseconds of work in milliseconds of time, for so many rows, and cores that nobody uses. */
export function threadsWorth({
  worked,
  wall,
  rows,
  cores,
}: {
  readonly worked: number;
  readonly wall: number;
  readonly rows: number;
  readonly cores: number;
}): number {
  const share = worked / wall;
  const micros = (worked * 1000) / Math.max(1, rows);
  // a writer that is waited for, or a source, leaves the main thread idle, and the share is small
  if (share < leastShare || micros < leastMicrosPerRow || cores < 1) return 0;
  const rest = Math.max(1, wall - worked);
  return Math.min(cores, mostThreads, Math.ceil(worked / rest));
}

/** Of all cores together, since the machine was started. */
function idleMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0);
}
