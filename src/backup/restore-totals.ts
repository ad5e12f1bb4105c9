import { createDigest, type Digest, type DigestState } from '../cql/digest.ts';
import { own } from '../kernel/own.ts';
import type { ChunkLayout } from './chunk-layout.ts';
import type { Joined } from './join.ts';
import { isEmpty } from './live-digest.ts';
import { expectsOthers, type RestorePlan, type RowWork } from './restore-rows.ts';

export interface Totals {
  readonly rows: number;
  readonly staticRows: number;
  readonly expired: number;
  /** Rows of the backup that something was written to, and rows of the table that were taken away. */
  readonly written: number;
  readonly deleted: number;
  /** Digest over the rows of the backup that count as restored, and over those left alone because they were deleted since. */
  readonly kept: DigestState;
  readonly left: DigestState;
  /** Of the rows as they have to be in the table afterwards, in the restored columns. */
  readonly expected: DigestState;
}

/** What the rows of a restore come to. */
export class Sum {
  rows = 0;
  readonly #plan: RestorePlan;
  readonly #kept: Digest;
  readonly #left: Digest;
  /** Null: the same as `kept`. */
  readonly #expected: Digest | null;
  readonly #counts = { staticRows: 0, expired: 0, written: 0, deleted: 0 };

  constructor(layout: ChunkLayout, plan: RestorePlan) {
    // Under the backup's own names.
    const columns = [...layout.static, ...layout.regular];
    this.#plan = plan;
    this.#kept = createDigest(columns);
    this.#left = createDigest(columns);
    this.#expected = expectsOthers(plan) ? createDigest([...plan.target.static, ...plan.target.regular]) : null;
  }

  add({ backup }: Joined, work: RowWork): void {
    const counts = this.#counts;
    counts.expired += work.expired;
    if (backup !== null) (work.fate === 'deleted-since' ? this.#left : this.#kept).add(backup.row);
    if (work.fate === 'kept' && backup?.row.kind === 'row') this.rows += 1;
    if (work.fate === 'kept' && backup?.row.kind === 'static') counts.staticRows += 1;
    if (work.mutations.length > 0 && backup !== null) counts.written += 1;
    if (work.mutations.length > 0 && backup === null) counts.deleted += 1;
    if (this.#expected === null || work.after === null) return;
    if (this.#plan.whole || !isEmpty(work.after)) this.#expected.add(work.after, this.#plan.target.countedAs);
  }

  merge(totals: Totals): void {
    const counts = this.#counts;
    this.rows += totals.rows;
    counts.staticRows += totals.staticRows;
    counts.expired += totals.expired;
    counts.written += totals.written;
    counts.deleted += totals.deleted;
    this.#kept.merge(totals.kept);
    this.#left.merge(totals.left);
    this.#expected?.merge(totals.expected);
  }

  totals(): Totals {
    const kept = this.#kept.state();
    const expected = this.#expected?.state() ?? kept;
    return { rows: this.rows, ...this.#counts, kept, left: this.#left.state(), expected };
  }
}

export function detailOf({ kept, left, expected, ...counts }: Totals): Record<string, string | number> {
  const flat = (name: string, state: DigestState): [string, string | number][] =>
    Object.entries(state).map(([key, value]) => [`${name}.${key}`, value]);
  return {
    ...counts,
    ...Object.fromEntries([...flat('kept', kept), ...flat('left', left), ...flat('expected', expected)]),
  };
}

/** What a checkpoint says; those of older versions lack some of it. */
export function totalsIn(detail: Readonly<Record<string, string | number>>): Totals {
  const state = (name: string): DigestState => ({
    sum: String(own(detail, `${name}.sum`)),
    rows: Number(own(detail, `${name}.rows`)),
    expiringRows: Number(own(detail, `${name}.expiringRows`)),
    expiringCells: Number(own(detail, `${name}.expiringCells`)),
  });
  return {
    rows: Number(detail['rows']),
    staticRows: Number(detail['staticRows'] ?? 0),
    expired: Number(detail['expired']),
    written: Number(detail['written'] ?? detail['rows']),
    deleted: Number(detail['deleted'] ?? 0),
    kept: state('kept'),
    left: state('left'),
    expected: own(detail, 'expected.sum') === undefined ? state('kept') : state('expected'),
  };
}
