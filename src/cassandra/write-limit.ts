const first = 64;
const least = 4;
const most = 512;
/** Bytes in flight at most, but always one request, however large. */
const mostBytes = 32 * 1024 * 1024;
/** A burst of time-outs has one cause: the limit is halved once for all that fail this soon after one another. */
const settleMs = 250;

interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * How many requests may be in flight: begins at 64, halves when the cluster is troubled, and grows by one for each
 * round of requests that went well.
 */
export class WriteLimit {
  #limit = first;
  #inFlight = 0;
  #bytes = 0;
  #wellSince = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;
  readonly #waiting: Waiting[] = [];

  get limit(): number {
    return this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves, in order of asking, when there is room; the caller then holds a place until `release`. */
  async acquire(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#take(bytes);
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push({ bytes, admit: resolve }));
  }

  /** `bytes` as acquired. */
  release(bytes: number): void {
    this.#inFlight--;
    this.#bytes -= bytes;
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.admit();
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

  #fits(bytes: number): boolean {
    return this.#inFlight < this.#limit && (this.#inFlight === 0 || this.#bytes + bytes <= mostBytes);
  }

  #take(bytes: number): void {
    this.#inFlight++;
    this.#bytes += bytes;
  }
}
