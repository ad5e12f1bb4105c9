const least = 4;
const most = 512;
/** A burst of time-outs has one cause: the limit is halved once for all that fail this soon after one another. */
const settleMs = 250;

/**
 * How many requests may be in flight: begins at 64, halves when the cluster is troubled, and grows by one for each
 * round of requests that went well.
 */
export class WriteLimit {
  #limit = 64;
  #inFlight = 0;
  #wellSince = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;
  readonly #waiting: (() => void)[] = [];

  get limit(): number {
    return this.#limit;
  }

  /** Resolves when there is room; the caller then holds a place until `release`. */
  async acquire(): Promise<void> {
    if (this.#inFlight < this.#limit) {
      this.#inFlight++;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    this.#inFlight--;
    while (this.#inFlight < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inFlight++;
      next();
    }
  }

  wentWell(): void {
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
}
