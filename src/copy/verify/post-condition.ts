import { isMultiCell } from '../../cql/select.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { CopyVerified, VerifyLevel } from '../../model/journal.ts';
import type { Mutation, StoredRow } from '../../model/row.ts';
import type { Column } from '../../model/schema.ts';
import type { CopyRequest, RowsVerification, WorkContext } from '../../ports/engines.ts';
import type { CopyDependencies } from '../copy-data.ts';
import { counterColumns } from '../counter-writer.ts';
import type { OpenedInput } from '../opened-input.ts';
import { copyConsistency } from '../table-pieces.ts';
import { ComparedRows } from './compared-rows.ts';
import { countRows } from './count-rows.ts';
import { endOf, stillLasting } from './endings.ts';
import { endsOf, type StreamOptions, shapeOf } from './row-streams.ts';
import { type SampledRow, sampleOfTable, sampleOfWrites, storedRows } from './sampled-input.ts';
import { verifyInput } from './verify-data.ts';

/** The name of what the comparison leaves in the checkpoints when rows differ. */
const comparison = 'comparison';

export interface Copied {
  readonly request: CopyRequest;
  readonly context: WorkContext;
  readonly dependencies: CopyDependencies;
  readonly input: OpenedInput;
  readonly accounts: { readonly read: number; readonly written: number; readonly collisions: number };
  /** Writes of rows that came from outside Cassandra. */
  readonly sample: readonly (readonly Mutation[])[];
}

/**
 * Whether what a copy wrote is there: throws `COPY_DIFFERS` when it is not. An attempt after such a failure compares all
 * rows and writes again what is missing or older, because what a sample found is not all.
 */
export async function verifyCopied(copied: Copied): Promise<CopyVerified> {
  const { request, context } = copied;
  const mending = context.finished.some(({ range }) => range === comparison);
  const level: VerifyLevel = mending && request.verify !== 'none' ? 'full' : (request.verify ?? 'none');
  if (level === 'none') return { level, rows: 0, newer: 0, repaired: 0 };
  // every counter was read back when it was written
  if (counterColumns(request.into).length > 0) return { level, rows: copied.accounts.written, newer: 0, repaired: 0 };
  if (level === 'count') return counted(copied);
  const found = level === 'full' ? await compareAll(copied, mending) : await compareSample(copied);
  const { differs, ...verified } = found;
  if (differs !== null) {
    await context.checkpoint(comparison, 'started', { accounts: null, detail: { level } });
    throw copyDiffers(request, level, differs);
  }
  return { level, ...verified };
}

interface Found extends Omit<CopyVerified, 'level'> {
  readonly differs: Differs | null;
}

type Differs = Pick<RowsVerification, 'missing' | 'extra' | 'different' | 'unexamined' | 'differences'>;

async function counted(copied: Copied): Promise<CopyVerified> {
  const { request, context, dependencies, accounts } = copied;
  const there = await countRows(request.into, context, dependencies.rows);
  const wanted = request.spec.kind === 'backfill' ? 0 : accounts.written - accounts.collisions;
  if (there >= wanted) return { level: 'count', rows: there, newer: 0, repaired: 0 };
  // rows that ran out since are no loss, which counting cannot tell
  const { differs } = await compareAll(copied, false);
  if (differs === null) return { level: 'count', rows: there, newer: 0, repaired: 0 };
  await context.checkpoint(comparison, 'started', { accounts: null, detail: { level: 'count' } });
  throw copyDiffers(request, 'count', differs);
}

async function compareAll(copied: Copied, repair: boolean): Promise<Found> {
  const { request, context, dependencies, input } = copied;
  const since = sinceOf(copied);
  const verifying = { context, dependencies, input, since };
  const whole = { ...request, share: 100, repair };
  let report = await verifyInput(whole, verifying);
  const { repaired } = report;
  if (repaired > 0) report = await verifyInput({ ...whole, repair: false }, verifying);
  // rows that the copy did not make are nobody's loss: the target may have had rows before
  const { missing, different, unexamined, newer, expected } = report;
  const differs = missing + different + unexamined > 0 ? report : null;
  return { rows: expected, newer, repaired, differs };
}

async function compareSample(copied: Copied): Promise<Found> {
  const { input, sample, accounts } = copied;
  const options = streamOptions(copied);
  if (input.kind === 'source') return compared(options, sampleOfWrites(options, sample), { deletions: 'tried' });
  const read = (): ReturnType<typeof sampleOfTable> => sampleOfTable(options, input, accounts.read);
  const found = await compared(options, await read(), { deletions: 'unknown' });
  // somebody may have changed source and target between the two readings
  return found.differs === null ? found : compared(options, await read(), { deletions: 'unknown' });
}

/**
 * A row that is missing was lost, or deleted since. What comes from outside was written at the step's own time: where it
 * is written again at that time and still does not show, a later deletion hides it.
 */
async function compared(
  options: StreamOptions,
  sampled: readonly SampledRow[],
  { deletions }: { readonly deletions: 'tried' | 'unknown' },
): Promise<Found> {
  const rows = new ComparedRows(options);
  const stored = await storedRows(options, sampled);
  const suspects: Suspect[] = [];
  sampled.forEach((one, index) => {
    const there = stored[index] ?? null;
    const verdict = rows.verdict(one.row, there);
    const lost = verdict === 'missing' || verdict === 'different';
    const own = deletions === 'tried' && isAtOwnTime(one, options.request.timestamp);
    if (lost && own && rows.onlyLacks(one.row, there)) suspects.push({ ...one, there });
    else if (verdict !== 'equal') rows.add(verdict, one.row, there);
  });
  if (suspects.length > 0) {
    await writeAgain(options, suspects);
    const now = await storedRows(options, suspects);
    suspects.forEach(({ row }, index) => {
      const there = now[index] ?? null;
      const verdict = rows.verdict(row, there);
      if (verdict === 'equal') rows.add('missing', row, null);
      else rows.add(verdict === 'missing' || rows.onlyLacks(row, there) ? 'newer' : verdict, row, there);
    });
  }
  const { missing, different, newer } = rows.found;
  const differs = missing + different > 0 ? { ...rows.found, unexamined: 0 } : null;
  return { rows: sampled.length, newer, repaired: 0, differs };
}

/** Rows that a source gives times to are written in the past, where a deletion may have been there before. */
function isAtOwnTime({ mutations }: SampledRow, timestamp: bigint): boolean {
  return mutations.every((one) => one.kind !== 'count' && one.timestamp !== null && one.timestamp >= timestamp);
}

interface Suspect extends SampledRow {
  readonly there: StoredRow | null;
}

/** At the times of the first writing. Lists that are there are left out: written twice at one time they double. */
async function writeAgain(options: StreamOptions, suspects: readonly Suspect[]): Promise<void> {
  const { request, context, rows, shape } = options;
  const ends = endsOf(options);
  const { keyspace, types } = context;
  const writer = rows.write({ keyspace, table: request.into, types, consistency: copyConsistency });
  for (const { there, mutations } of suspects) {
    const lists = there === null ? [] : listsIn(there, shape);
    for (const mutation of mutations) {
      if (mutation.kind !== 'insert' && mutation.kind !== 'update') continue;
      if (Object.keys(mutation.cells).some((name) => lists.includes(name))) continue;
      context.assertHeld();
      const lasting = stillLasting(mutation, endOf(mutation, ends), ends.nowSeconds());
      if (lasting !== null) await writer.write(lasting);
    }
  }
  await writer.flush();
}

function listsIn({ kind, cells }: StoredRow, shape: readonly Column[]): readonly string[] {
  return shape
    .filter((column) => column.static === (kind === 'static'))
    .filter(({ type }, index) => type.kind === 'list' && isMultiCell(type) && cells[index] !== null)
    .map(({ name }) => name);
}

function streamOptions(copied: Copied): StreamOptions {
  const { request, context, dependencies, input } = copied;
  const { rows, clock } = dependencies;
  const whole = { ...request, share: 100, repair: false };
  return {
    request: whole,
    context,
    input,
    rows,
    clock,
    shape: shapeOf(whole),
    ranges: [],
    since: sinceOf(copied),
    within: () => true,
  };
}

/** A table's rows tell when they were written. */
function sinceOf({ request, input }: Copied): bigint | null {
  return input.kind === 'source' ? null : BigInt(request.startedAt.getTime()) * 1000n;
}

function copyDiffers({ spec, into }: CopyRequest, level: VerifyLevel, differs: Differs): CqlformError {
  const { missing, different, unexamined, differences } = differs;
  const counts = [
    [missing, 'missing'],
    [different, 'different'],
    [unexamined, 'in places that differ'],
  ] as const;
  const said = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ');
  const examples = differences
    .filter(({ kind }) => kind === 'missing' || kind === 'different')
    .map(({ key, expected, actual }) => `${key}: wrote ${expected ?? 'nothing'}, found ${actual ?? 'nothing'}`);
  const where = level === 'sample' ? 'of the rows looked at' : 'rows';
  const first = examples.length === 0 ? '' : `; ${examples.slice(0, 3).join('; ')}`;
  return new CqlformError(
    'COPY_DIFFERS',
    `${spec.kind} into ${into.name}: what was written is not what is there: ${said} ${where}${first}`,
    {
      next: 'Apply again: it compares all rows and writes again what is missing or older. Where somebody deletes rows of the target meanwhile, say --verify-copies=none.',
      fields: { table: into.name, missing, different, unexamined, examples },
      exitCode: exitCodes.integrity,
    },
  );
}
