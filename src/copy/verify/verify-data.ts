import type { StoredRow, TokenRange } from '../../model/row.ts';
import type { Column } from '../../model/schema.ts';
import type { RowsVerification, VerifyRowsRequest, WorkContext } from '../../ports/engines.ts';
import type { Tally } from '../accounts.ts';
import { BucketedDigest, bucketOf, hashOfRow, type RowKey } from '../bucketed-digest.ts';
import type { CopyDependencies } from '../copy-data.ts';
import type { Piece } from '../input.ts';
import { assertReadsInTheClear } from '../masked-source.ts';
import { withInput } from '../opened-input.ts';
import { piecesOfSource } from '../source-pieces.ts';
import { tablePieces } from '../table-pieces.ts';
import { assertNoCounters } from '../target-row.ts';
import { CloseLook } from './close-look.ts';
import { cutoffAt, endingsOf } from './endings.ts';
import { eachSaid, eachStored, type StreamOptions, shapeOf, within } from './row-streams.ts';
import { storedRowOf } from './said-row.ts';
import { WireDigest } from './wire-digest.ts';
import { digestSaid, digestStored, isPlainShape } from './wire-sides.ts';

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
/** How much longer than the first a second pass may take that reads the times of all cells. */
const slowerPasses = 4;

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
  const shape = shapeOf(request);
  const options = { request, context, input, rows, clock, shape, ranges, since, within: within(ranges) };
  return looked(options, async () => {
    if (input.kind === 'source') return piecesOfSource(input.source, '');
    return tablePieces({ ...input.table, columns: input.columns, times: true }, []);
  });
}

/** Both sides, digested by buckets of their keys' hash. */
interface Digests {
  readonly tally: Tally;
  readonly expected: number;
  readonly actual: number;
  /** Parts of cells that end by themselves, and those among them whose end is too near to be compared. */
  readonly endingParts: number;
  readonly nearParts: number;
  readonly differing: readonly number[];
  bucketOf(row: RowKey): number;
  rowsIn(bucket: number): readonly [expected: number, actual: number];
}

type PiecesOf = () => Promise<readonly Piece[]>;

async function looked(options: StreamOptions, piecesOf: PiecesOf): Promise<RowsVerification> {
  const { clock } = options;
  const begun = clock.monotonic();
  const plain = isPlainShape(options.shape);
  let digests = await (plain
    ? digestsOfBytes(options, piecesOf)
    : digestsOfRows(options, piecesOf, cutoffAt(clock.now())));
  let looks = looksAt(digests);
  if (looks.length > mostLooks && (plain || digests.endingParts > 0)) {
    // rows that ran out on the way may be all that differs: once more, without those that can do so
    const longer = (clock.monotonic() - begun) * slowerPasses;
    digests = await digestsOfRows(options, piecesOf, cutoffAt(clock.now(), longer));
    looks = looksAt(digests);
  }
  const closely = new CloseLook(options, (row) => digests.bucketOf(row));
  for (const buckets of looks.slice(0, mostLooks)) await closely.look(new Set(buckets), await piecesOf());
  const left = looks.slice(mostLooks).flat();
  const { read, skipped, rejected } = digests.tally;
  return {
    read,
    skipped,
    rejected,
    expected: digests.expected - closely.repeated,
    actual: digests.actual,
    ...closely.report(digests.nearParts),
    unexamined: left.reduce((sum, bucket) => sum + Math.max(...digests.rowsIn(bucket)), 0),
  };
}

/** Rows of plain values, as their bytes; where some end by themselves, they are still the same on both sides. */
async function digestsOfBytes(options: StreamOptions, piecesOf: PiecesOf): Promise<Digests> {
  const [expected, actual] = [new WireDigest(), new WireDigest()];
  const tally = await bothSides(options.context, {
    said: (context) => digestSaid({ ...options, context }, piecesOf, expected),
    stored: (context) => digestStored({ ...options, context }, actual),
  });
  return {
    tally,
    expected: expected.rows,
    actual: actual.rows,
    endingParts: 0,
    nearParts: 0,
    differing: expected.differingFrom(actual),
    bucketOf: (row) => actual.bucketOf(row),
    rowsIn: (bucket) => [expected.rowsIn(bucket), actual.rowsIn(bucket)],
  };
}

async function digestsOfRows(options: StreamOptions, piecesOf: PiecesOf, cutoff: number): Promise<Digests> {
  const { shape, request } = options;
  const counts = (row: StoredRow): boolean =>
    request.spec.kind !== 'backfill' || row.cells.some((cell) => cell !== null);
  const [expected, actual] = [new EndingDigest(shape, cutoff), new EndingDigest(shape, cutoff)];
  const tally = await bothSides(options.context, {
    said: async (context) =>
      eachSaid({ ...options, context }, await piecesOf(), (row) => {
        const stored = storedRowOf(row, shape);
        if (counts(stored)) expected.add(stored);
      }),
    stored: (context) =>
      eachStored({ ...options, context }, (row) => {
        if (counts(row)) actual.add(row);
      }),
  });
  return {
    tally,
    expected: expected.rows,
    actual: actual.rows,
    endingParts: expected.endingParts + actual.endingParts,
    nearParts: expected.nearParts,
    differing: expected.differingFrom(actual),
    bucketOf: (row) => bucketOf(hashOfRow(row)),
    rowsIn: (bucket) => [expected.rowsIn(bucket), actual.rowsIn(bucket)],
  };
}

/** What stays, and apart from it what ends after the cutoff. */
class EndingDigest {
  readonly #staying: BucketedDigest;
  readonly #ending: BucketedDigest;
  readonly #cutoff: number;
  nearParts = 0;

  constructor(shape: readonly Column[], cutoff: number) {
    this.#staying = new BucketedDigest(shape);
    this.#ending = new BucketedDigest(shape);
    this.#cutoff = cutoff;
  }

  add(row: StoredRow): void {
    this.#staying.add(row);
    const { row: ending, near } = endingsOf(row, this.#cutoff);
    if (ending !== null) this.#ending.add(ending);
    this.nearParts += near;
  }

  get rows(): number {
    const total = this.#staying.total();
    return total.rows + total.expiringRows;
  }

  get endingParts(): number {
    return this.#staying.total().expiringCells;
  }

  rowsIn(bucket: number): number {
    return this.#staying.rowsIn(bucket);
  }

  differingFrom(other: EndingDigest): readonly number[] {
    const differing = new Set(this.#staying.differingFrom(other.#staying));
    for (const bucket of this.#ending.differingFrom(other.#ending)) differing.add(bucket);
    return [...differing];
  }
}

/** Reads both sides at once; where one fails, the other stops. */
async function bothSides<T>(
  context: WorkContext,
  {
    said,
    stored,
  }: { readonly said: (context: WorkContext) => Promise<T>; readonly stored: (context: WorkContext) => Promise<void> },
): Promise<T> {
  let failed: { readonly thrown: unknown } | null = null;
  const seen = [0, 0];
  const side = (index: number): WorkContext => ({
    ...context,
    assertHeld: () => {
      if (failed !== null) throw failed.thrown;
      context.assertHeld();
    },
    onProgress: (progress) => {
      seen[index] = progress.done;
      context.onProgress({ ...progress, done: (seen[0] ?? 0) + (seen[1] ?? 0) });
    },
  });
  const watched = <S>(work: Promise<S>): Promise<S> =>
    work.catch((thrown: unknown) => {
      failed ??= { thrown };
      throw thrown;
    });
  const [one, other] = await Promise.allSettled([watched(said(side(0))), watched(stored(side(1)))]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return one.value;
}

/** The buckets that differ, in groups whose rows fit into memory together. */
function looksAt({ differing, rowsIn }: Pick<Digests, 'differing' | 'rowsIn'>): readonly (readonly number[])[] {
  const looks: number[][] = [];
  let held = 0;
  for (const bucket of differing) {
    const [expected, actual] = rowsIn(bucket);
    held += expected + actual;
    const look = looks.at(-1);
    if (look === undefined || held > heldRows) {
      looks.push([bucket]);
      held = expected + actual;
    } else look.push(bucket);
  }
  return looks;
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
