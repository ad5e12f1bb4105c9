import { setTimeout as sleep } from 'node:timers/promises';
import { sourceName } from '../model/data.ts';
import type { Clock } from '../ports/clock.ts';
import type { CopyOutcome, CopyRequest, WorkContext } from '../ports/engines.ts';
import type { Checkpoint } from '../ports/journal.ts';
import type { SourceFacts } from '../ports/source.ts';
import { assertAddUp } from './accounts.ts';
import { newestDone } from './checkpoints.ts';
import { countRepeated } from './collisions.ts';
import { counterColumns, settleMs } from './counter-writer.ts';
import type { Piece } from './input.ts';
import { type InputDependencies, type OpenedInput, withInput } from './opened-input.ts';
import type { RateLimit } from './rate.ts';
import { areDistinct, refuseCollisions } from './refuse-collisions.ts';
import { RejectLimit, RejectsExhausted } from './reject-limit.ts';
import { encodingWork, rowWork } from './row-work.ts';
import { assertOtherTable } from './same-table.ts';
import { sourcePieces } from './source-pieces.ts';
import { Spool, type SpoolSizes } from './spool.ts';
import { keepsKeys } from './stored-mapper.ts';
import { type StraightCopy, straightCopy } from './straight.ts';
import { changedPieces, tablePieces } from './table-pieces.ts';
import { TargetEncoder } from './target-row.ts';
import { ThreadedRows } from './threads/threaded-rows.ts';
import type { WorkMeter } from './threads/work-meter.ts';
import { workOrder } from './threads/work-order.ts';
import { verifyCopied } from './verify/post-condition.ts';
import { RowSample } from './verify/row-sample.ts';
import { WriteEngine } from './write-engine.ts';

export interface CopyDependencies extends InputDependencies {
  readonly clock: Clock;
  /** Of all that is copied; left out or null: no limit. */
  readonly limit?: RateLimit | null;
}

/** Runs one data spec to its end, or on from where an earlier attempt stopped. */
export async function copyData(
  request: CopyRequest,
  context: WorkContext,
  dependencies: CopyDependencies,
): Promise<CopyOutcome> {
  const counts = counterColumns(request.into).length > 0;
  if (counts && context.attempt > 1) await sleep(settleMs);
  return withInput(request, { context, dependencies }, (input) => run({ request, context, dependencies, input }));
}

interface Running {
  readonly request: CopyRequest;
  readonly context: WorkContext;
  readonly dependencies: CopyDependencies;
  readonly input: OpenedInput;
}

async function run(running: Running): Promise<CopyOutcome> {
  const { request, context, dependencies, input } = running;
  const { spec, into, rejectsFile } = request;
  if (input.kind === 'table' && input.other) {
    const { rows, keyspace, table } = input.table;
    const target = { rows: dependencies.rows, keyspace: context.keyspace, table: into.name };
    assertOtherTable({ rows, keyspace, table: table.name }, target, sourceName(spec.from));
  }
  const spool = new Spool(rejectsFile);
  const facts = input.kind === 'source' ? await input.source.facts() : null;
  const identity = identityOf(input, facts);
  const rejects = new RejectLimit(spec.maxRejects, facts?.rows ?? null);
  const tracked = !keysAreKept(running);

  const done = await stillFinished(context.finished, { spool, identity });
  const { finished, todo } = await piecesOf(running, { done, spool, identity: identity ?? '' });
  const sample = request.verify === 'sample' && input.kind === 'source' ? new RowSample() : null;
  for await (const kept of spool.samples(finished.map(({ range }) => range))) sample?.restore(kept);
  const threads = threadsOf(running, tracked);
  const working = { request, context, input, clock: dependencies.clock, tracked };
  const [work, encoding] = [rowWork(working), encodingWork(working)];
  const withheld = spec.privacy?.withheld === true;
  const totalRows = facts?.rows ?? null;
  const engine = new WriteEngine({
    rows: dependencies.rows,
    clock: dependencies.clock,
    context,
    into,
    spool,
    onReject: (reason, row) => rejects.add(reason, row.place()),
    work,
    encoding,
    tracked,
    totalRows,
    withheld,
    straight: tracked ? null : straightOf(running, threads?.meter ?? null),
    sample,
    threads,
    limit: dependencies.limit ?? null,
  });
  engine.resume(finished);
  rejects.resume(engine.total);
  const what = `${spec.kind} into ${into.name}`;
  const ids = [...finished.map(({ range }) => range), ...todo.map(({ id }) => id)];
  try {
    await threads?.begin();
    if (finished.length === 0 && mayCollide(running, facts)) {
      const reading = { pieces: todo, work, encoding, threads, context };
      await refuseCollisions({ ...reading, spec, rejectsFile, totalRows, withheld });
    }
    await engine.run(todo);
  } catch (thrown) {
    if (!(thrown instanceof RejectsExhausted)) throw thrown;
    await spool.joinRejects(ids);
    rejects.judge(engine.total.read, { rejectsFile, what });
    throw thrown;
  } finally {
    await threads?.end();
  }
  await spool.joinRejects(ids);
  rejects.judge(engine.total.read, { rejectsFile, what });
  const keyFiles = await spool.keyFiles(ids);
  const collisions = tracked ? await countRepeated(keyFiles, { scratch: (n) => spool.scratch(`part-${n}`) }) : 0;
  const total = { ...engine.total, collisions };
  assertAddUp(total, what);
  const verified = await verifyCopied({ ...running, accounts: total, sample: sample?.rows() ?? [] });
  await spool.remove();
  return { accounts: { ...total, rejectsFile: total.rejected > 0 ? rejectsFile : null }, verified };
}

/** What earlier attempts did and need not be done again: the source is the same, and the files that they left are here. */
async function stillFinished(
  checkpoints: readonly Checkpoint[],
  { spool, identity }: { readonly spool: Spool; readonly identity: string | null },
): Promise<readonly Checkpoint[]> {
  const finished: Checkpoint[] = [];
  for (const checkpoint of newestDone(checkpoints)) {
    const same = identity === null || checkpoint.detail['identity'] === identity;
    if (same && (await spool.has(checkpoint.range, sizesOf(checkpoint)))) finished.push(checkpoint);
  }
  return finished;
}

function sizesOf({ detail }: Checkpoint): SpoolSizes {
  const size = (name: keyof SpoolSizes): number => Number(detail[name] ?? 0);
  return { rejectBytes: size('rejectBytes'), keyBytes: size('keyBytes'), sampleBytes: size('sampleBytes') };
}

/** What is still to do. Of a foreign source, finished pieces count only as it is cut now: others would overlap it. */
async function piecesOf(
  running: Running,
  { done, spool, identity }: { readonly done: readonly Checkpoint[]; readonly spool: Spool; readonly identity: string },
): Promise<{ readonly finished: readonly Checkpoint[]; readonly todo: readonly Piece[] }> {
  const { input } = running;
  const names = new Set(done.map(({ range }) => range));
  if (input.kind === 'source') {
    const pieces = await sourcePieces(input.source, { identity, spool });
    const known = new Set(pieces.map(({ id }) => id));
    const finished = done.filter(({ range }) => known.has(range));
    return { finished, todo: pieces.filter(({ id }) => !names.has(id)) };
  }
  const pieces = await tablePieces({ ...input.table, columns: input.columns, times: true }, [...names]);
  return { finished: done, todo: changedPieces(pieces, running.request.pass) };
}

/** Null: what an earlier attempt read counts in any case. A table of the own keyspace is the plan's, which is checked. */
function identityOf(input: OpenedInput, facts: SourceFacts | null): string | null {
  if (facts !== null) return facts.identity;
  return input.kind === 'table' && input.other ? input.table.identity : null;
}

/** Only a copy column by column, where keys cannot meet. */
function straightOf({ request, context, input }: Running, meter: WorkMeter | null): StraightCopy | null {
  const { spec, into, floor, startedAt } = request;
  if (spec.kind !== 'copy' || input.kind === 'source') return null;
  const { table, columns } = input;
  return straightCopy({
    from: table,
    into: { table: into, types: context.types },
    columns,
    mappings: spec.columns,
    floor,
    functions: { encoder: new TargetEncoder(into, context.types), run: { startedAt }, meter },
  });
}

/** Null without functions, where the order of all rows counts, and where nobody asked for threads. */
function threadsOf(
  { request, context, input, dependencies: { clock } }: Running,
  tracked: boolean,
): ThreadedRows | null {
  const { threads, into, spec } = request;
  if (threads === undefined || threads.wanted === 0 || counterColumns(into).length > 0) return null;
  if (spec.kind !== 'transform' && Object.values(spec.columns).every(({ kind }) => kind !== 'function')) return null;
  // static cells are written once for all the rows of a partition that come one after another
  const statics = into.columns.some((column) => column.static);
  if (input.kind === 'table' && spec.kind !== 'transform' && statics) return null;
  return new ThreadedRows({ threads, into, clock, order: workOrder({ request, context, input, tracked }) });
}

/** Whether rows might overwrite each other that nobody has said may; those of a pass over changes are meant to. */
function mayCollide(running: Running, facts: SourceFacts | null): boolean {
  const { spec, pass } = running.request;
  if ((spec.maxCollisions ?? '100%') === '100%' || pass !== undefined) return false;
  if (keysAreKept(running)) return false;
  return facts === null || spec.from.kind !== 'foreign' || !areDistinct(spec, spec.from, facts);
}

function keysAreKept({ request: { spec, into }, context, input }: Running): boolean {
  if (spec.kind === 'backfill') return true;
  if (spec.kind !== 'copy' || input.kind === 'source') return false;
  return keepsKeys(input.table, { table: into, types: context.types }, spec.columns);
}
