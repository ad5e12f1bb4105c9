const first = 64;
const least = 4;
const most = 512;
/** Bytes in flight at most, but always one request, however large. */
const mostBytes = 32 * 1024 * 1024;
/** A burst of time-outs has one cause: the limit is halved once for all that fail this soon after one another. */
const settleMs = 250;
/** Answers that take this many times as long as usual, and this long, are a reason to send no more, or less. */
const slower = { times: 4, ms: 100 };
const muchSlower = { times: 8, ms: 250 };
/** Weight of the newest answer in the mean, and how fast what is usual is forgotten. */
const newest = 0.05;
const forgetting = 1.0005;

/** What bounds all writers of a connection from outside. */
export interface Bound {
  /** Of the limit; 0: nothing may be sent. */
  readonly factor: number;
  writing(): void;
  /** Called once, when the factor may have changed. */
  onceChanged(wake: () => void): void;
}
const unbound: Bound = { factor: 1, writing: () => undefined, onceChanged: () => undefined };

interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * How many requests may be in flight: begins at 64, halves when the cluster is troubled, and grows by one for each
 * round of requests that went well; while answers take much longer than they used to, it shrinks by a tenth instead.
 */
export class WriteLimit {
  #limit = first;
  #inFlight = 0;
  #bytes = 0;
  #wellSince = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;
  readonly #waiting: Waiting[] = [];
  readonly #bound: Bound;
  #usualMs = Number.POSITIVE_INFINITY;
  #meanMs = 0;
  #listening = false;

  constructor(bound: Bound = unbound) {
    this.#bound = bound;
  }

  get limit(): number {
    return this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves, in order of asking, when there is room; the caller then holds a place until `release`. */
  async acquire(bytes: number): Promise<void> {
    this.#bound.writing();
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#take(bytes);
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push({ bytes, admit: resolve });
      this.#listen();
    });
  }

  /** `bytes` as acquired. */
  release(bytes: number): void {
    this.#inFlight--;
    this.#bytes -= bytes;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.admit();
    }
  }

  /** Where nothing is in flight, no answer will let the next one go: a change of the bound has to. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#bound.onceChanged(() => {
      this.#listening = false;
      this.#admit();
      if (this.#waiting.length > 0) this.#listen();
    });
  }

  /** `milliseconds`: how long the answer took; left out: unknown. */
  wentWell(milliseconds?: number, now: number = performance.now()): void {
    if (milliseconds !== undefined && this.#isSlow(milliseconds, now)) return;
    this.#wellSince++;
    if (this.#wellSince < this.#limit || this.#limit >= most) return;
    this.#wellSince = 0;
    this.#limit++;
  }

  wasTroubled(now: number = performance.now()): void {
    this.#wellSince = 0;
    if (now - this.#halvedAt < settleMs) return;
    this.#halvedAt = now;
    this.#limit = Math.max(least, this.#limit >> 1);
  }

  /** Whether there is no room to grow; shrinks where there is too little. */
  #isSlow(milliseconds: number, now: number): boolean {
    this.#meanMs = this.#meanMs === 0 ? milliseconds : this.#meanMs + (milliseconds - this.#meanMs) * newest;
    this.#usualMs = Math.min(this.#usualMs * forgetting, this.#meanMs);
    const than = ({ times, ms }: typeof slower): boolean => this.#meanMs > ms && this.#meanMs > this.#usualMs * times;
    if (than(muchSlower) && now - this.#halvedAt >= settleMs) {
      this.#halvedAt = now;
      this.#limit = Math.max(least, Math.floor(this.#limit * 0.9));
    }
    return than(slower);
  }

  #fits(bytes: number): boolean {
    const { factor } = this.#bound;
    const allowed = factor === 1 ? this.#limit : factor === 0 ? 0 : Math.max(1, Math.floor(this.#limit * factor));
    return this.#inFlight < allowed && (this.#inFlight === 0 || this.#bytes + bytes <= mostBytes);
  }

  #take(bytes: number): void {
    this.#inFlight++;
    this.#bytes += bytes;
  }
}
