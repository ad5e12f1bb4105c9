import type { CopyAccounts } from '../model/journal.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type { CopyRequest, WorkContext } from '../ports/engines.ts';
import type { Checkpoint } from '../ports/journal.ts';
import type { OpenSource, Source } from '../ports/source.ts';
import { assertAddUp } from './accounts.ts';
import { newestDone } from './checkpoints.ts';
import { countRepeated } from './collisions.ts';
import type { Piece } from './input.ts';
import { assertReadsInTheClear } from './masked-source.ts';
import { RejectLimit, RejectsExhausted } from './reject-limit.ts';
import { rowWork, tableRead } from './row-work.ts';
import { sourcePieces } from './source-pieces.ts';
import { Spool, type SpoolSizes } from './spool.ts';
import { keepsKeys } from './stored-mapper.ts';
import { type StraightCopy, straightCopy } from './straight.ts';
import { tablePieces } from './table-pieces.ts';
import { assertNoCounters } from './target-row.ts';
import { WriteEngine } from './write-engine.ts';

export interface CopyDependencies {
  readonly rows: Rows;
  readonly openSource: OpenSource;
  readonly clock: Clock;
}

/** Runs one data spec to its end, or on from where an earlier attempt stopped. */
export async function copyData(
  request: CopyRequest,
  context: WorkContext,
  dependencies: CopyDependencies,
): Promise<CopyAccounts> {
  assertNoCounters(request.into);
  if (request.from !== null) await assertReadsInTheClear(dependencies.rows, context.keyspace, request.from);
  const { from } = request.spec;
  const source = from.kind === 'foreign' ? await dependencies.openSource(from) : null;
  try {
    return await run({ request, context, dependencies, source });
  } finally {
    await source?.close();
  }
}

interface Running {
  readonly request: CopyRequest;
  readonly context: WorkContext;
  readonly dependencies: CopyDependencies;
  readonly source: Source | null;
}

async function run(running: Running): Promise<CopyAccounts> {
  const { request, context, dependencies, source } = running;
  const { spec, into, rejectsFile } = request;
  const spool = new Spool(rejectsFile);
  const facts = source === null ? null : await source.facts();
  const rejects = new RejectLimit(spec.maxRejects, facts?.rows ?? null);
  const tracked = !keysAreKept(request);

  const done = await stillFinished(context.finished, { spool, identity: facts?.identity ?? null });
  const { finished, todo } = await piecesOf(running, { done, spool, identity: facts?.identity ?? '' });
  const engine = new WriteEngine({
    rows: dependencies.rows,
    clock: dependencies.clock,
    context,
    into,
    spool,
    onReject: (reason, row) => rejects.add(reason, row.place()),
    work: rowWork({ request, context, clock: dependencies.clock, tracked }),
    totalRows: facts?.rows ?? null,
    straight: tracked ? null : straightOf(request),
  });
  engine.resume(finished);
  rejects.resume(engine.total);
  const what = `${spec.kind} into ${into.name}`;
  const ids = [...finished.map(({ range }) => range), ...todo.map(({ id }) => id)];
  try {
    await engine.run(todo);
  } catch (thrown) {
    if (!(thrown instanceof RejectsExhausted)) throw thrown;
    await spool.joinRejects(ids);
    rejects.judge(engine.total.read, { rejectsFile, what });
    throw thrown;
  }
  await spool.joinRejects(ids);
  rejects.judge(engine.total.read, { rejectsFile, what });
  const keyFiles = await spool.keyFiles(ids);
  const collisions = tracked ? await countRepeated(keyFiles, { scratch: (n) => spool.scratch(`part-${n}`) }) : 0;
  const total = { ...engine.total, collisions };
  assertAddUp(total, what);
  await spool.remove();
  return { ...total, rejectsFile: total.rejected > 0 ? rejectsFile : null };
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
  return { rejectBytes: Number(detail['rejectBytes'] ?? 0), keyBytes: Number(detail['keyBytes'] ?? 0) };
}

/** What is still to do. Of a foreign source, finished pieces count only as it is cut now: others would overlap it. */
async function piecesOf(
  running: Running,
  { done, spool, identity }: { readonly done: readonly Checkpoint[]; readonly spool: Spool; readonly identity: string },
): Promise<{ readonly finished: readonly Checkpoint[]; readonly todo: readonly Piece[] }> {
  const { context, dependencies, source } = running;
  const names = new Set(done.map(({ range }) => range));
  if (source !== null) {
    const pieces = await sourcePieces(source, { identity, spool });
    const known = new Set(pieces.map(({ id }) => id));
    const finished = done.filter(({ range }) => known.has(range));
    return { finished, todo: pieces.filter(({ id }) => !names.has(id)) };
  }
  const { table, columns } = tableRead(running.request);
  const { keyspace, types } = context;
  const reading = { rows: dependencies.rows, keyspace, table, types, columns, times: true };
  return { finished: done, todo: await tablePieces(reading, [...names]) };
}

/** Only a copy of columns as they are, where keys cannot meet. */
function straightOf(request: CopyRequest): StraightCopy | null {
  const { spec, from, into, floor } = request;
  if (spec.kind !== 'copy' || from === null) return null;
  return straightCopy({ from, into, columns: tableRead(request).columns, mappings: spec.columns, floor });
}

function keysAreKept({ spec, from, into }: CopyRequest): boolean {
  if (spec.kind === 'backfill') return true;
  return spec.kind === 'copy' && from !== null && keepsKeys(from, into, spec.columns);
}
