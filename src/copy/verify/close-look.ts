import { isDeepStrictEqual } from 'node:util';
import type { Mutation, StoredRow } from '../../model/row.ts';
import type { Column } from '../../model/schema.ts';
import type { RowsVerification } from '../../ports/engines.ts';
import { hashOfRow, type RowKey } from '../bucketed-digest.ts';
import type { Piece } from '../input.ts';
import { copyConsistency } from '../table-pieces.ts';
import { ComparedRows } from './compared-rows.ts';
import { endOf, stillLasting } from './endings.ts';
import { listsAgain, mutationAgain, writesOfRow } from './lists-again.ts';
import { eachSaid, eachStored, endsOf, type StreamOptions } from './row-streams.ts';
import { type SaidRow, settled } from './said-row.ts';

interface Again {
  readonly mutation: Mutation;
  readonly end: number | null;
}

interface Held {
  row: SaidRow;
  /** What to write again, and until when it lasts; empty unless repairing. */
  readonly writes: Again[];
}

/** Compares rows cell by cell, bucket by bucket. */
export class CloseLook {
  readonly #options: StreamOptions;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #compared: ComparedRows;
  readonly #bucketOf: (row: RowKey) => number;
  #repaired = 0;
  #repeated = 0;

  constructor(options: StreamOptions, bucketOf: (row: RowKey) => number) {
    this.#options = options;
    this.#bucketOf = bucketOf;
    this.#compared = new ComparedRows(options);
    this.#columns = new Map(options.shape.map((column) => [column.name, column]));
  }

  /** Rows that were said more than once. */
  get repeated(): number {
    return this.#repeated;
  }

  report(
    expiringCells: number,
  ): Pick<RowsVerification, 'missing' | 'extra' | 'different' | 'newer' | 'uncertain' | 'repaired' | 'differences'> {
    const { uncertain, ...found } = this.#compared.found;
    return { ...found, uncertain: uncertain + Math.max(this.#compared.ended, expiringCells), repaired: this.#repaired };
  }

  async look(buckets: ReadonlySet<number>, pieces: readonly Piece[]): Promise<void> {
    const { request } = this.#options;
    const held = new Map<string, Held>();
    const nameIn = (row: RowKey): string | null =>
      buckets.has(this.#bucketOf(row)) ? `${row.kind} ${hashOfRow(row).toString('latin1')}` : null;
    await eachSaid(this.#options, pieces, (row, mutations) => {
      const name = nameIn(row);
      if (name === null) return;
      const before = held.get(name);
      if (before === undefined) held.set(name, { row, writes: request.repair ? this.#again(row, mutations) : [] });
      else {
        this.#repeated += 1;
        before.row = settled(before.row, row, (column) => this.#columns.get(column)?.type);
        if (request.repair) pushUnlessSame(before.writes, this.#again(row, mutations));
      }
    });
    const again: (readonly Again[])[] = [];
    await eachStored(this.#options, (stored) => {
      const name = nameIn(stored);
      if (name === null) return;
      const expected = held.get(name);
      held.delete(name);
      if (expected === undefined) {
        this.#compared.unexpected(stored);
        return;
      }
      const verdict = this.#compared.verdict(expected.row, stored);
      if (verdict !== 'equal') this.#compared.add(verdict, expected.row, stored);
      if (verdict === 'different') again.push(this.#sparing(expected, stored));
    });
    for (const { row, writes } of held.values()) {
      const verdict = this.#compared.verdict(row, null);
      if (verdict === 'equal') continue;
      this.#compared.add(verdict, row, null);
      if (verdict === 'missing') again.push(writes);
    }
    await this.#write(again);
  }

  /** Of a row's own writes: static cells are a row by themselves. */
  #again(row: SaidRow, mutations: readonly Mutation[]): Again[] {
    const ends = endsOf(this.#options);
    return writesOfRow(row, mutations).map((mutation) => ({
      mutation,
      end: 'ttl' in mutation ? endOf(mutation, ends) : null,
    }));
  }

  /** Without the lists that are there as they should be: written twice at one time they would double. */
  #sparing({ row, writes }: Held, stored: StoredRow): readonly Again[] {
    if (writes.length === 0) return writes;
    const lists = listsAgain(row, stored, this.#options.shape);
    return writes.flatMap(({ mutation, end }) => {
      const spared = mutationAgain(mutation, lists);
      return spared === null ? [] : [{ mutation: spared, end }];
    });
  }

  async #write(again: readonly (readonly Again[])[]): Promise<void> {
    const { request, context, rows, clock } = this.#options;
    if (!request.repair || again.length === 0) return;
    const { keyspace, types } = context;
    const writer = rows.write({ keyspace, table: request.into, types, consistency: copyConsistency });
    try {
      for (const { mutation, end } of again.flat()) {
        context.assertHeld();
        // what ran out since it was read stays gone
        const lasting = stillLasting(mutation, end, Math.floor(clock.now().getTime() / 1000));
        if (lasting !== null) await writer.write(lasting);
      }
    } finally {
      await writer.flush();
    }
    this.#repaired += again.length;
  }
}

/** Static cells may come once more with another row of their partition. */
function pushUnlessSame(writes: Again[], more: readonly Again[]): void {
  const last = writes.slice(-more.length);
  if (!isDeepStrictEqual(last, more)) writes.push(...more);
}
