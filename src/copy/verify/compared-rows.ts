import { own } from '../../kernel/own.ts';
import type { Cell, StoredRow } from '../../model/row.ts';
import type { Column } from '../../model/schema.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RowDifference, RowsVerification, VerifyRowsRequest, WorkContext } from '../../ports/engines.ts';
import { describer } from '../row-difference.ts';
import { comparable, cutoffAt, mustLast, recordOf } from './endings.ts';
import { newestTime } from './newest-time.ts';
import { type Said, type SaidRow, storedRowOf } from './said-row.ts';

const mostOfAKind = 10;

export interface ComparedRowsOptions {
  readonly request: Pick<VerifyRowsRequest, 'spec' | 'into' | 'timestamp'>;
  readonly context: Pick<WorkContext, 'types'>;
  readonly clock: Pick<Clock, 'now'>;
  /** The compared columns of the target. */
  readonly shape: readonly Column[];
  /** What the source says was written after this time, in microseconds, is newer than the copy; null: it tells no times. */
  readonly since: bigint | null;
}

/** `extra`: cells that the copy would not have written, and nothing else. */
export type Verdict = 'equal' | 'newer' | 'extra' | 'different' | 'missing';

/** Compares rows cell by cell, and counts and keeps what differs. */
export class ComparedRows {
  readonly #options: ComparedRowsOptions;
  readonly #describe: ReturnType<typeof describer>;
  readonly #counts = { missing: 0, extra: 0, different: 0, newer: 0 };
  readonly #differences: RowDifference[] = [];
  #uncertain = 0;
  #ended = 0;
  #cutoff = 0;

  constructor(options: ComparedRowsOptions) {
    this.#options = options;
    const columns = options.shape.map(({ name }) => name);
    this.#describe = describer({ table: options.request.into, columns }, options.context.types);
  }

  get found(): Pick<RowsVerification, 'missing' | 'extra' | 'different' | 'newer' | 'uncertain' | 'differences'> {
    return { ...this.#counts, uncertain: this.#uncertain, differences: this.#differences };
  }

  /** Cells, and elements of collections, that were not compared because they end about now. */
  get ended(): number {
    return this.#ended;
  }

  /** Both rows have been read; `stored` null: no row is there. */
  verdict(expected: SaidRow, stored: StoredRow | null): Verdict {
    this.#cutoff = cutoffAt(this.#options.clock.now());
    if (stored === null) {
      if (!mustBeThere(expected, this.#cutoff)) {
        this.#ended += Math.max(1, expected.columns.size);
        return 'equal';
      }
      return this.#isSince(expected) ? 'newer' : 'missing';
    }
    let verdict: Verdict = 'equal';
    for (const [said, actual] of this.#cells(expected, stored)) {
      const found = this.#cellVerdict(said, actual);
      if (found === 'different') return 'different';
      if (found !== null) verdict = found;
    }
    const beyond = this.#beyond(stored, expected);
    return beyond === 'extra' || verdict === 'equal' ? (beyond ?? verdict) : verdict;
  }

  /** Whether all that differs is not there: whole rows, cells, elements. */
  onlyLacks(expected: SaidRow, stored: StoredRow | null): boolean {
    if (stored === null) return true;
    return this.#cells(expected, stored).every(
      ([said, actual]) => this.#cellVerdict(said, actual) !== 'different' || lacks(said, actual),
    );
  }

  add(kind: Exclude<Verdict, 'equal'>, expected: SaidRow | null, stored: StoredRow | null): void {
    this.#counts[kind] += 1;
    if (this.#counts[kind] > mostOfAKind) return;
    const said = expected === null ? null : storedRowOf(expected, this.#options.shape);
    const [wanted, there] = [said && this.#describe(said), stored && this.#describe(stored)];
    this.#differences.push({
      kind,
      key: wanted?.key ?? there?.key ?? '',
      expected: wanted?.text ?? null,
      actual: there?.text ?? null,
    });
  }

  /** A row that the copy did not make: older than the copy, or written since. */
  unexpected(stored: StoredRow): void {
    const { request } = this.#options;
    if (request.spec.kind === 'backfill') return;
    this.#cutoff = cutoffAt(this.#options.clock.now());
    if (stored.kind === 'static') {
      const beyond = this.#beyond(stored, null);
      if (beyond !== null) this.add(beyond, null, stored);
      return;
    }
    const cells = stored.cells.filter((cell) => cell !== null);
    if (cells.length > 0 && !cells.some((cell) => mustLast(cell, this.#cutoff))) {
      this.#ended += cells.length;
      return;
    }
    const since = stored.cells.some((cell) => cell !== null && (newestTime(cell) ?? 0n) > request.timestamp);
    this.add(since ? 'newer' : 'extra', null, stored);
  }

  /**
   * Cells of columns that a copy takes as they are, where the source has none. A function may leave a cell to another step,
   * so that nothing is known of what it does not say.
   */
  #beyond(stored: StoredRow, expected: SaidRow | null): 'extra' | 'newer' | null {
    const { spec, timestamp } = this.#options.request;
    if (spec.kind !== 'copy') return null;
    const beyond = this.#options.shape
      .filter((column) => column.static === (stored.kind === 'static'))
      .flatMap(({ name }, index) => {
        const cell = comparable(null, stored.cells[index] ?? null, this.#cutoff).stored;
        const unsaid = expected?.columns.has(name) !== true && own(spec.columns, name)?.kind === 'column';
        return unsaid && cell !== null ? [newestTime(cell) ?? 0n] : [];
      });
    if (beyond.length === 0) return null;
    return beyond.every((time) => time > timestamp) ? 'newer' : 'extra';
  }

  #cells(expected: SaidRow, stored: StoredRow): readonly (readonly [Said, Cell | null])[] {
    return this.#options.shape
      .filter((column) => column.static === (stored.kind === 'static'))
      .flatMap(({ name }, index) => {
        const said = expected.columns.get(name);
        return said === undefined ? [] : [[said, stored.cells[index] ?? null] as const];
      });
  }

  #cellVerdict(said: Said, actual: Cell | null): 'different' | 'newer' | null {
    if (said.kind === 'unclear') {
      this.#uncertain += 1;
      return null;
    }
    const compared = comparable(said.cell, actual, this.#cutoff);
    this.#ended += compared.leftOut;
    const [wanted, there] = [recordOf(compared.said), recordOf(compared.stored)];
    if (wanted === null ? there === null : there !== null && wanted.equals(there)) return null;
    const { since } = this.#options;
    if (since !== null && said.writeTime > since) return 'newer';
    const time = compared.stored === null ? null : newestTime(compared.stored);
    return time !== null && time > said.writeTime ? 'newer' : 'different';
  }

  #isSince({ columns }: SaidRow): boolean {
    const { since } = this.#options;
    return since !== null && [...columns.values()].some((said) => said.kind === 'said' && said.writeTime > since);
  }
}

/** A row that ends by itself may be gone already. */
function mustBeThere({ columns, marker }: SaidRow, cutoff: number): boolean {
  if (marker !== null && (marker.expiresAt === null || marker.expiresAt > cutoff)) return true;
  return [...columns.values()].some((one) => one.kind === 'said' && mustLast(one.cell, cutoff));
}

/** Whether a cell is the one that was said with something of it taken away. */
function lacks(said: Said, actual: Cell | null): boolean {
  if (actual === null) return true;
  if (said.kind === 'unclear' || said.cell?.kind !== 'elements' || actual.kind !== 'elements') return false;
  const record = (element: (typeof actual.elements)[number]): string =>
    recordOf({ kind: 'elements', elements: [element] })?.toString('latin1') ?? '';
  const wanted = new Set(said.cell.elements.map(record));
  if (actual.elements.length >= said.cell.elements.length) return false;
  return actual.elements.every((element) => wanted.has(record(element)));
}
