import { tokenOf } from '../../cql/token.ts';
import { eachAtATime } from '../../kernel/each-at-a-time.ts';
import type { Mutation, StoredRow, TokenRange } from '../../model/row.ts';
import { type Column, keyColumns } from '../../model/schema.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Rows } from '../../ports/cluster.ts';
import type { VerifyRowsRequest, WorkContext } from '../../ports/engines.ts';
import { emptyTally, type Tally } from '../accounts.ts';
import { hashOfRow } from '../bucketed-digest.ts';
import { leavesOutTimes, withInferredEnds } from '../inferred-ends.ts';
import type { Piece } from '../input.ts';
import type { OpenedInput } from '../opened-input.ts';
import { rowWork } from '../row-work.ts';
import { copyConsistency } from '../table-pieces.ts';
import { type Ends, recordOf } from './endings.ts';
import { type SaidRow, SaidRows } from './said-row.ts';

/** Pieces of each side that are read at once. */
export const readAtOnce = 4;
const rememberedStatics = 20_000;

export interface StreamOptions {
  readonly request: VerifyRowsRequest;
  readonly context: WorkContext;
  readonly input: OpenedInput;
  readonly rows: Rows;
  readonly clock: Clock;
  /** The compared columns of the target. */
  readonly shape: readonly Column[];
  /** The part of the ring that is compared, in order. */
  readonly ranges: readonly TokenRange[];
  /** Whether a partition is in that part. */
  readonly within: (partitionKey: SaidRow['partitionKey']) => boolean;
  /** What the source says was written after this time, in microseconds, is newer than the copy; null: it is not told. */
  readonly since: bigint | null;
}

export type UseSaid = (row: SaidRow, mutations: readonly Mutation[]) => void;

/** The source read once more, through the same functions: what should be in the target. */
export async function eachSaid(options: StreamOptions, pieces: readonly Piece[], use: UseSaid): Promise<Tally> {
  const { request, context, input, clock } = options;
  const tally = emptyTally();
  const said = saidRowsOf(options);
  const workOf = rowWork({ request, context, input, clock, tracked: false });
  const wanted = request.share >= 100 ? () => true : options.within;
  const repeated = new RepeatedStatics();
  await eachAtATime(pieces, readAtOnce, async (piece) => {
    const work = workOf();
    for await (const page of piece.rows()) {
      context.assertHeld();
      for (const row of page) {
        tally.read += 1;
        const outcome = row.problem === null ? work(row) : ({ kind: 'reject' } as const);
        if (outcome.kind === 'skip') tally.skipped += 1;
        if (outcome.kind === 'reject') tally.rejected += 1;
        if (outcome.kind !== 'rows') continue;
        tally.transformed += 1;
        for (const { mutations } of outcome.rows) {
          tally.written += 1;
          const [first] = mutations;
          if (first === undefined || !wanted(first.partitionKey)) continue;
          for (const one of said.of(mutations)) if (!repeated.has(one)) use(one, mutations);
        }
      }
      context.onProgress({ unit: 'rows', done: tally.read, total: null });
    }
  });
  return tally;
}

/** Reads writes as the rows that they make. */
export function saidRowsOf(options: StreamOptions): SaidRows {
  const { request, context, input } = options;
  const inferred = input.kind === 'table' && leavesOutTimes(input.table.rows, input.table.table, input.columns);
  return new SaidRows({ table: request.into, types: context.types, ends: endsOf(options), inferred });
}

/** Rows from outside have the TTL of their table, which began when the copy wrote them. */
export function endsOf({ request, input, clock }: Pick<StreamOptions, 'request' | 'input' | 'clock'>): Ends {
  return {
    nowSeconds: () => Math.floor(clock.now().getTime() / 1000),
    writtenSince: input.kind === 'source' ? Math.floor(request.startedAt.getTime() / 1000) : null,
  };
}

/** The target as it is. */
export async function eachStored(options: StreamOptions, use: (row: StoredRow) => void): Promise<void> {
  const { request, context, rows, shape, ranges } = options;
  const { keyspace, types } = context;
  const columns = shape.map(({ name }) => name);
  const untold = leavesOutTimes(rows, request.into, columns);
  let seen = 0;
  await eachAtATime(ranges, readAtOnce, async (range) => {
    const pages = rows.scan({
      keyspace,
      table: request.into,
      types,
      columns,
      range,
      times: true,
      consistency: copyConsistency,
    });
    for await (const page of untold ? withInferredEnds(pages) : pages) {
      context.assertHeld();
      for (const row of page) use(row);
      seen += page.length;
      context.onProgress({ unit: 'rows', done: seen, total: null });
    }
  });
}

/** Columns that a data spec may write, besides the key, as the target has them. */
export function shapeOf({ spec, into }: Pick<VerifyRowsRequest, 'spec' | 'into'>): readonly Column[] {
  const keys = new Set(keyColumns(into));
  const written =
    spec.kind === 'transform'
      ? spec.into.columns.map(({ name }) => name)
      : Object.entries(spec.columns).flatMap(([name, mapping]) => (mapping.kind === 'unset' ? [] : [name]));
  return into.columns.filter(({ name }) => written.includes(name) && !keys.has(name));
}

/** Static cells come again with every row of their partition; once is enough while they stay the same. */
class RepeatedStatics {
  readonly #said = new Map<string, Buffer>();

  has(row: SaidRow): boolean {
    if (row.kind !== 'static') return false;
    const name = hashOfRow(row).toString('latin1');
    const contents = Buffer.concat(
      [...row.columns].map(([column, said]) =>
        Buffer.concat([Buffer.from(column), (said.kind === 'said' && recordOf(said.cell)) || Buffer.alloc(1)]),
      ),
    );
    if (this.#said.get(name)?.equals(contents) === true) return true;
    if (this.#said.size >= rememberedStatics) this.#said.clear();
    this.#said.set(name, contents);
    return false;
  }
}

export function within(ranges: readonly TokenRange[]): (partitionKey: SaidRow['partitionKey']) => boolean {
  return (partitionKey) => {
    const token = tokenOf(partitionKey);
    return ranges.some(({ start, end }) => start < token && token <= end);
  };
}
