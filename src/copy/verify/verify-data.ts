import type { StoredRow, TokenRange } from '../../model/row.ts';
import type { RowsVerification, VerifyRowsRequest, WorkContext } from '../../ports/engines.ts';
import { BucketedDigest } from '../bucketed-digest.ts';
import type { CopyDependencies } from '../copy-data.ts';
import type { Piece } from '../input.ts';
import { assertReadsInTheClear } from '../masked-source.ts';
import { withInput } from '../opened-input.ts';
import { piecesOfSource } from '../source-pieces.ts';
import { tablePieces } from '../table-pieces.ts';
import { assertNoCounters } from '../target-row.ts';
import { CloseLook } from './close-look.ts';
import { eachSaid, eachStored, type StreamOptions, shapeOf } from './row-streams.ts';
import { storedRowOf } from './said-row.ts';

/*
 * The source is read once more through the functions of the migration, and the target as it is; both are digested by
 * buckets of their keys' hash. Buckets that differ are read once more, so many that their rows fit into memory, and
 * compared cell by cell. So memory stays bounded, and what is equal costs one pass.
 */

const ringParts = 64;
const sampleParts = 1024;
/** Rows, of both sides, that are held at once. */
const heldRows = 60_000;
/** How often both sides are read again; what differs beyond that is counted, not examined. */
const mostLooks = 16;

/** Throws nothing for rows that differ: they are the report. */
export async function verifyData(
  request: VerifyRowsRequest,
  context: WorkContext,
  dependencies: CopyDependencies,
): Promise<RowsVerification> {
  assertNoCounters(request.into);
  return withInput(request, { context, dependencies }, (input) =>
    verifyInput(request, { context, dependencies, input, since: null }),
  );
}

export interface Verifying extends Pick<StreamOptions, 'context' | 'input' | 'since'> {
  readonly dependencies: CopyDependencies;
}

/** As `verifyData`, for an input that is open. */
export async function verifyInput(
  request: VerifyRowsRequest,
  { context, dependencies: { rows, clock }, input, since }: Verifying,
): Promise<RowsVerification> {
  const { into, share } = request;
  await assertReadsInTheClear(rows, context.keyspace, into);
  const ranges =
    share >= 100 ? await rows.splitFor(context.keyspace, into, ringParts) : sampled(rows.split(sampleParts), share);
  const options = { request, context, input, rows, clock, shape: shapeOf(request), ranges, since };
  return looked(options, async () => {
    if (input.kind === 'source') return piecesOfSource(input.source, '');
    return tablePieces({ ...input.table, columns: input.columns, times: true }, []);
  });
}

async function looked(options: StreamOptions, piecesOf: () => Promise<readonly Piece[]>): Promise<RowsVerification> {
  const { shape, request } = options;
  const counts = (row: StoredRow): boolean =>
    request.spec.kind !== 'backfill' || row.cells.some((cell) => cell !== null);
  const [expected, actual] = [new BucketedDigest(shape), new BucketedDigest(shape)];
  const tally = await eachSaid(options, await piecesOf(), (row) => {
    const stored = storedRowOf(row, shape);
    if (counts(stored)) expected.add(stored);
  });
  await eachStored(options, (row) => {
    if (counts(row)) actual.add(row);
  });
  const closely = new CloseLook(options);
  let left = [...expected.differingFrom(actual)];
  for (let look = 1; look <= mostLooks && left.length > 0; look += 1) {
    const taken = someOf(left, (bucket) => expected.rowsIn(bucket) + actual.rowsIn(bucket));
    await closely.look(new Set(left.slice(0, taken)), await piecesOf());
    left = left.slice(taken);
  }
  const { read, skipped, rejected } = tally;
  const [wanted, there] = [expected.total(), actual.total()];
  return {
    read,
    skipped,
    rejected,
    expected: wanted.rows + wanted.expiringRows - closely.repeated,
    actual: there.rows + there.expiringRows,
    ...closely.report(wanted.expiringCells),
    unexamined: left.reduce((sum, bucket) => sum + Math.max(expected.rowsIn(bucket), actual.rowsIn(bucket)), 0),
  };
}

/** How many of the first buckets fit into memory together; at least one. */
function someOf(buckets: readonly number[], rowsIn: (bucket: number) => number): number {
  let held = 0;
  const over = buckets.findIndex((bucket, index) => {
    held += rowsIn(bucket);
    return index > 0 && held > heldRows;
  });
  return over === -1 ? buckets.length : over;
}

/** Ranges spread over the ring, the same ones each time. */
function sampled(ranges: readonly TokenRange[], share: number): readonly TokenRange[] {
  const step = 100 / share;
  const count = Math.max(1, Math.round(ranges.length / step));
  return Array.from(
    { length: count },
    (_, index) => ranges[Math.floor(((index + 0.5) * ranges.length) / count)],
  ).filter((range) => range !== undefined);
}
