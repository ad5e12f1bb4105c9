import type { Mutation, StoredRow, TokenRange } from '../../model/row.ts';
import type { RowAddress } from '../../ports/cluster.ts';
import { hashOfRow } from '../bucketed-digest.ts';
import type { Piece } from '../input.ts';
import type { OpenedTableInput } from '../opened-input.ts';
import { copyConsistency, piecesOfRanges } from '../table-pieces.ts';
import { writesOfRow } from './lists-again.ts';
import { sampleRows } from './row-sample.ts';
import { eachSaid, type StreamOptions, saidRowsOf } from './row-streams.ts';
import { type SaidRow, settled } from './said-row.ts';

/** A row as its writes say it, with these. */
export interface SampledRow {
  row: SaidRow;
  readonly mutations: Mutation[];
}

const slices = 32;
const ring = { start: -(2n ** 63n), length: 2n ** 64n - 1n };

/** Rows of a table's source, of slices of the ring that hold some `sampleRows` of its rows; all where it has fewer. */
export async function sampleOfTable(
  options: StreamOptions,
  input: OpenedTableInput,
  rows: number,
): Promise<readonly SampledRow[]> {
  const whole = rows <= sampleRows;
  const ranges = whole ? [{ start: ring.start, end: ring.start + ring.length }] : slicesOf(sampleRows / rows);
  const most = whole ? sampleRows : (2 * sampleRows) / slices;
  const pieces = piecesOfRanges({ ...input.table, columns: input.columns, times: true }, ranges);
  const gathered = new Gathered(options);
  await eachSaid(
    options,
    pieces.map((piece) => firstOf(piece, most)),
    (row, mutations) => gathered.add(row, mutations),
  );
  return gathered.rows();
}

/** Rows that were written, and what they say. */
export function sampleOfWrites(
  options: StreamOptions,
  writes: readonly (readonly Mutation[])[],
): readonly SampledRow[] {
  const said = saidRowsOf(options);
  const gathered = new Gathered(options);
  for (const mutations of writes) for (const row of said.of(mutations)) gathered.add(row, mutations);
  return gathered.rows();
}

/** What is in the target under the keys of sampled rows. */
export function storedRows(
  { request, context, rows, shape }: StreamOptions,
  sampled: readonly SampledRow[],
): Promise<readonly (StoredRow | null)[]> {
  const { keyspace, types } = context;
  const columns = shape.map(({ name }) => name);
  const reading = { keyspace, table: request.into, types, columns, consistency: copyConsistency };
  const addresses = sampled.map(({ row: { kind, partitionKey, clusteringKey } }): RowAddress => {
    return kind === 'static' ? { kind, partitionKey } : { kind, partitionKey, clusteringKey };
  });
  return rows.read(reading, addresses);
}

/** Rows by their keys; those of one key as the cluster settles them. */
class Gathered {
  readonly #byKey = new Map<string, SampledRow>();
  readonly #options: StreamOptions;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  add(row: SaidRow, all: readonly Mutation[]): void {
    const mutations = [...writesOfRow(row, all)];
    const name = `${row.kind} ${hashOfRow(row).toString('latin1')}`;
    const before = this.#byKey.get(name);
    if (before === undefined) {
      this.#byKey.set(name, { row, mutations });
      return;
    }
    const typeOf = (column: string) => this.#options.shape.find(({ name: known }) => known === column)?.type;
    before.row = settled(before.row, row, typeOf);
    before.mutations.push(...mutations);
  }

  rows(): readonly SampledRow[] {
    return [...this.#byKey.values()];
  }
}

/** Spread over the ring, the same ones each time. */
function slicesOf(share: number): readonly TokenRange[] {
  const step = ring.length / BigInt(slices);
  const width = BigInt(Math.max(1, Math.floor(Number(step) * Math.min(1, share))));
  return Array.from({ length: slices }, (_, index) => {
    const start = ring.start + step * BigInt(index) + (step - width) / 2n;
    return { start, end: start + width };
  });
}

/** A piece that ends after so many rows. */
function firstOf(piece: Piece, most: number): Piece {
  return {
    ...piece,
    async *rows() {
      let seen = 0;
      for await (const page of piece.rows()) {
        yield page.slice(0, most - seen);
        seen += page.length;
        if (seen >= most) return;
      }
    },
  };
}
