import type { Mutation } from '../../model/row.ts';
import type { Column } from '../../model/schema.ts';
import type { RowsVerification } from '../../ports/engines.ts';
import { hashOfRow, type RowKey } from '../bucketed-digest.ts';
import type { Piece } from '../input.ts';
import { copyConsistency } from '../table-pieces.ts';
import { ComparedRows } from './compared-rows.ts';
import { endOf, stillLasting } from './endings.ts';
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
      if (before === undefined) held.set(name, { row, writes: request.repair ? this.#again(mutations) : [] });
      else {
        this.#repeated += 1;
        before.row = settled(before.row, row, (column) => this.#columns.get(column)?.type);
        if (request.repair) before.writes.push(...this.#again(mutations));
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
      if (verdict === 'different') again.push(expected.writes);
    });
    for (const { row, writes } of held.values()) {
      const verdict = this.#compared.verdict(row, null);
      if (verdict === 'equal') continue;
      this.#compared.add(verdict, row, null);
      if (verdict === 'missing') again.push(writes);
    }
    await this.#write(again);
  }

  #again(mutations: readonly Mutation[]): Again[] {
    const ends = endsOf(this.#options);
    return mutations.map((mutation) => ({ mutation, end: 'ttl' in mutation ? endOf(mutation, ends) : null }));
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
