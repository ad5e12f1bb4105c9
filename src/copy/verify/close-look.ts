import { cellRecord } from '../../cql/digest.ts';
import type { Cell, Mutation, StoredRow } from '../../model/row.ts';
import type { Column } from '../../model/schema.ts';
import type { RowDifference, RowsVerification } from '../../ports/engines.ts';
import { bucketOf, hashOfRow, type RowKey } from '../bucketed-digest.ts';
import type { Piece } from '../input.ts';
import { describer } from '../row-difference.ts';
import { copyConsistency } from '../table-pieces.ts';
import { newestTime } from './newest-time.ts';
import { eachSaid, eachStored, type StreamOptions } from './row-streams.ts';
import { type Said, type SaidRow, settled, storedRowOf } from './said-row.ts';

const mostOfAKind = 10;

interface Held {
  row: SaidRow;
  /** What to write again; empty unless repairing. */
  readonly mutations: Mutation[];
}

/** Compares rows cell by cell, bucket by bucket. */
export class CloseLook {
  readonly #options: StreamOptions;
  readonly #describe: ReturnType<typeof describer>;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #counts = { missing: 0, extra: 0, different: 0, newer: 0 };
  readonly #differences: RowDifference[] = [];
  #uncertain = 0;
  #repaired = 0;
  #repeated = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    const { request, context, shape } = options;
    const columns = shape.map(({ name }) => name);
    this.#describe = describer({ table: request.into, columns }, context.types);
    this.#columns = new Map(shape.map((column) => [column.name, column]));
  }

  /** Rows that were said more than once. */
  get repeated(): number {
    return this.#repeated;
  }

  report(
    expiringCells: number,
  ): Pick<RowsVerification, 'missing' | 'extra' | 'different' | 'newer' | 'uncertain' | 'repaired' | 'differences'> {
    return {
      ...this.#counts,
      uncertain: this.#uncertain + expiringCells,
      repaired: this.#repaired,
      differences: this.#differences,
    };
  }

  async look(buckets: ReadonlySet<number>, pieces: readonly Piece[]): Promise<void> {
    const { request } = this.#options;
    const held = new Map<string, Held>();
    const nameIn = (row: RowKey): string | null => {
      const hash = hashOfRow(row);
      return buckets.has(bucketOf(hash)) ? `${row.kind} ${hash.toString('latin1')}` : null;
    };
    await eachSaid(this.#options, pieces, (row, mutations) => {
      const name = nameIn(row);
      if (name === null) return;
      const before = held.get(name);
      if (before === undefined) held.set(name, { row, mutations: request.repair ? [...mutations] : [] });
      else {
        this.#repeated += 1;
        before.row = settled(before.row, row, (column) => this.#columns.get(column)?.type);
        if (request.repair) before.mutations.push(...mutations);
      }
    });
    const again: (readonly Mutation[])[] = [];
    await eachStored(this.#options, (stored) => {
      const name = nameIn(stored);
      if (name === null) return;
      const expected = held.get(name);
      held.delete(name);
      if (expected === undefined) this.#unexpected(stored);
      else if (this.#compared(expected.row, stored)) again.push(expected.mutations);
    });
    for (const { row, mutations } of held.values()) {
      if (!this.#mustBeThere(row)) continue;
      this.#add('missing', storedRowOf(row, this.#options.shape), null);
      again.push(mutations);
    }
    await this.#write(again);
  }

  /** Whether the row differs in something that writing it again would mend. */
  #compared(expected: SaidRow, stored: StoredRow): boolean {
    const columns = this.#options.shape.filter((column) => column.static === (stored.kind === 'static'));
    let verdict: 'different' | 'newer' | null = null;
    columns.forEach(({ name }, index) => {
      const said = expected.columns.get(name);
      if (said === undefined) return;
      const found = this.#cellVerdict(said, stored.cells[index] ?? null);
      if (found !== null && verdict !== 'different') verdict = found;
    });
    if (verdict !== null) this.#add(verdict, storedRowOf(expected, this.#options.shape), stored);
    return verdict === 'different';
  }

  #cellVerdict(said: Said, actual: Cell | null): 'different' | 'newer' | null {
    if (said.kind === 'unclear') {
      this.#uncertain += 1;
      return null;
    }
    const [wanted, there] = [cellRecord(said.cell), cellRecord(actual)];
    if (wanted === null ? there === null : there !== null && wanted.equals(there)) return null;
    const time = actual === null ? null : newestTime(actual);
    return time !== null && time > said.writeTime ? 'newer' : 'different';
  }

  /** A row that the copy did not make: older than the copy, or written since. */
  #unexpected(stored: StoredRow): void {
    const { request } = this.#options;
    if (stored.kind === 'static' || request.spec.kind === 'backfill') return;
    const since = stored.cells.some((cell) => cell !== null && (newestTime(cell) ?? 0n) > request.timestamp);
    this.#add(since ? 'newer' : 'extra', null, stored);
  }

  /** A row that ends by itself may be gone already. */
  #mustBeThere(row: SaidRow): boolean {
    const said = [...row.columns.values()].filter((one) => one.kind === 'said' && one.cell !== null);
    const lasting = said.some((one) => one.kind === 'said' && cellRecord(one.cell) !== null);
    return lasting || (said.length === 0 && row.kind === 'row');
  }

  #add(kind: RowDifference['kind'], expected: StoredRow | null, actual: StoredRow | null): void {
    this.#counts[kind] += 1;
    if (this.#counts[kind] > mostOfAKind) return;
    const [wanted, there] = [expected && this.#describe(expected), actual && this.#describe(actual)];
    this.#differences.push({
      kind,
      key: wanted?.key ?? there?.key ?? '',
      expected: wanted?.text ?? null,
      actual: there?.text ?? null,
    });
  }

  async #write(again: readonly (readonly Mutation[])[]): Promise<void> {
    const { request, context, rows } = this.#options;
    if (!request.repair || again.length === 0) return;
    const { keyspace, types } = context;
    const writer = rows.write({ keyspace, table: request.into, types, consistency: copyConsistency });
    try {
      for (const mutation of again.flat()) {
        context.assertHeld();
        await writer.write(mutation);
      }
    } finally {
      await writer.flush();
    }
    this.#repaired += again.length;
  }
}
