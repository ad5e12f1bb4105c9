import { CqlformError } from '../kernel/errors.ts';
import type { DataSpec } from '../model/data.ts';
import { withoutValues } from '../model/privacy.ts';
import type { Tally } from './accounts.ts';

const mostReasons = 100;
const reasonsShown = 3;

/** Thrown inside a copy when it cannot come to a good end any more. */
export class RejectsExhausted extends Error {}

interface Judged {
  readonly rejectsFile: string;
  readonly what: string;
  /** What to do, where there is no migration. */
  readonly advice?: string;
}

const ofMigration = 'mend the source or the function, or allow more with maxRejects';

/** How many rows a copy may reject, and what it has rejected. */
export class RejectLimit {
  readonly #most: DataSpec['maxRejects'];
  readonly #totalRows: number | null;
  readonly #reasons = new Map<string, { count: number; readonly example: string; readonly place: string }>();
  #rejected = 0;

  /** `totalRows` null: unknown, so that a share of the rows is judged at the end only. */
  constructor(most: DataSpec['maxRejects'], totalRows: number | null) {
    this.#most = most;
    this.#totalRows = totalRows;
  }

  /** Counts what an earlier attempt rejected. */
  resume({ rejected }: Pick<Tally, 'rejected'>): void {
    this.#rejected += rejected;
  }

  /** Throws `RejectsExhausted` when there are too many, however the copy goes on. */
  add(reason: string, place: string): void {
    this.#rejected += 1;
    // Reasons that differ only in the value are one.
    const kind = withoutValues(reason);
    const known = this.#reasons.get(kind);
    if (known !== undefined) known.count += 1;
    else if (this.#reasons.size < mostReasons) this.#reasons.set(kind, { count: 1, example: reason, place });
    if (this.#exceeded(this.#totalRows)) throw new RejectsExhausted();
  }

  /** Throws `TOO_MANY_REJECTS` when the rows rejected are more than allowed, of so many read. */
  judge(read: number, { rejectsFile, what, advice = ofMigration }: Judged): void {
    if (!this.#exceeded(read)) return;
    const reasons = [...this.#reasons.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, reasonsShown)
      .map(({ count, example, place }) => `${count} × ${example} (${place})`);
    throw new CqlformError(
      'TOO_MANY_REJECTS',
      `${what}: ${this.#rejected} of ${read} rows were rejected, ${this.#allowed()}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`,
      {
        next: `Look at ${rejectsFile}; then ${advice}.`,
        fields: { rejected: this.#rejected, read, rejectsFile, reasons },
      },
    );
  }

  #exceeded(read: number | null): boolean {
    if (typeof this.#most === 'number') return this.#rejected > this.#most;
    return read !== null && this.#rejected * 100 > Number(this.#most.slice(0, -1)) * read;
  }

  #allowed(): string {
    return this.#most === 0 ? 'none may be' : `${this.#most} may be`;
  }
}
