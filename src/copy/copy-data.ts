import type { CopySpec, DataSpec, RunClock, TransformSpec } from '../model/data.ts';
import type { CopyAccounts } from '../model/journal.ts';
import { type ByName, keyColumns, type Table, type UserType } from '../model/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type { CopyRequest, WorkContext } from '../ports/engines.ts';
import type { Checkpoint } from '../ports/journal.ts';
import type { OpenSource, Source } from '../ports/source.ts';
import { assertAddUp } from './accounts.ts';
import { countRepeated } from './collisions.ts';
import { copyForeignRow, transformRow } from './emitted-row.ts';
import type { InputRow, Outcome, Piece } from './input.ts';
import { timesOf } from './joined-row.ts';
import { RejectLimit, RejectsExhausted } from './reject-limit.ts';
import { sourcePieces } from './source-pieces.ts';
import { Spool, type SpoolSizes } from './spool.ts';
import { keepsKeys, StoredMapper } from './stored-mapper.ts';
import { StoredWrites } from './stored-writes.ts';
import { tablePieces } from './table-pieces.ts';
import { assertNoCounters, TargetEncoder, type TargetRow, writesOf } from './target-row.ts';
import { type RowWork, type Write, WriteEngine } from './write-engine.ts';

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

  const finished = await stillFinished(context.finished, { spool, identity: facts?.identity ?? null });
  const todo = await piecesOf(running, { finished, identity: facts?.identity ?? '' });
  const engine = new WriteEngine({
    rows: dependencies.rows,
    clock: dependencies.clock,
    context,
    into,
    spool,
    onReject: (reason, row) => rejects.add(reason, row.place()),
    work: rowWork(running, tracked),
    totalRows: facts?.rows ?? null,
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
  const newest = new Map<string, Checkpoint>();
  for (const checkpoint of checkpoints) if (checkpoint.state === 'done') newest.set(checkpoint.range, checkpoint);
  const finished: Checkpoint[] = [];
  for (const checkpoint of newest.values()) {
    const same = identity === null || checkpoint.detail['identity'] === identity;
    if (same && (await spool.has(checkpoint.range, sizesOf(checkpoint)))) finished.push(checkpoint);
  }
  return finished;
}

function sizesOf({ detail }: Checkpoint): SpoolSizes {
  return { rejectBytes: Number(detail['rejectBytes'] ?? 0), keyBytes: Number(detail['keyBytes'] ?? 0) };
}

async function piecesOf(
  running: Running,
  { finished, identity }: { readonly finished: readonly Checkpoint[]; readonly identity: string },
): Promise<readonly Piece[]> {
  const { context, dependencies, source } = running;
  const done = finished.map(({ range }) => range);
  if (source !== null) return (await sourcePieces(source, identity)).filter(({ id }) => !done.includes(id));
  const { table, columns } = tableRead(running.request);
  const { keyspace, types } = context;
  return tablePieces({ rows: dependencies.rows, keyspace, table, types, columns, times: true }, done);
}

/** The live table that is read, and the declared columns besides its key. */
function tableRead({ spec, from }: CopyRequest): { readonly table: Table; readonly columns: readonly string[] } {
  if (from === null || spec.from.kind !== 'table') throw new TypeError('a copy from a table was given no table');
  const keys = new Set(keyColumns(from));
  return { table: from, columns: spec.from.table.columns.map(({ name }) => name).filter((name) => !keys.has(name)) };
}

function keysAreKept({ spec, from, into }: CopyRequest): boolean {
  if (spec.kind === 'backfill') return true;
  return spec.kind === 'copy' && from !== null && keepsKeys(from, into, spec.columns);
}

function rowWork(running: Running, tracked: boolean): () => RowWork {
  const { request, context } = running;
  const { spec, into } = request;
  const encoder = new TargetEncoder(into, context.types);
  const run: RunClock = { startedAt: request.startedAt };
  if (spec.kind === 'transform')
    return () => emittedWork(running, { tracked, rows: transformed(spec, { encoder, run }) });
  if (request.from === null) {
    if (spec.kind === 'backfill') throw new TypeError('a backfill reads its own table');
    return () => emittedWork(running, { tracked, rows: (input) => copyForeignRow(input, { spec, encoder, run }) });
  }
  return () => storedWork(running, { spec, encoder, run, tracked });
}

type Emitted = (input: InputRow) => Outcome<TargetRow>;

function transformed(
  spec: TransformSpec,
  { encoder, run }: { readonly encoder: TargetEncoder; readonly run: RunClock },
): Emitted {
  return (input) => transformRow(input, { spec, encoder, run });
}

/** Rows that functions made: one write time for all cells of a row. */
function emittedWork(
  { request, context, dependencies }: Running,
  { rows, tracked }: { readonly rows: Emitted; readonly tracked: boolean },
): RowWork {
  const { into } = request;
  const nowSeconds = (): number => Math.floor(dependencies.clock.now().getTime() / 1000);
  return (input) => {
    const outcome = rows(input);
    if (outcome.kind !== 'rows') return outcome;
    const time = writeTimeOf(input, request, context);
    const left = time.expiresAt === null ? time.defaultTtl : time.expiresAt - nowSeconds();
    if (time.expiresAt !== null && left <= 0) return { kind: 'skip', reason: 'expired while it was read' };
    const at = { timestamp: time.timestamp, ttl: left, attempt: context.attempt, marker: true };
    return {
      kind: 'rows',
      rows: outcome.rows.map(
        (row): Write => ({ mutations: writesOf(row, into, at), key: tracked ? fullKey(row) : null }),
      ),
    };
  };
}

/**
 * The newest write time of a stored row's cells. A foreign row has the step's recorded time, 2 µs later with each
 * attempt, so that a file that was mended wins over what was read from it before.
 */
function writeTimeOf(
  { stored }: InputRow,
  { timestamp, floor, into }: CopyRequest,
  { attempt }: WorkContext,
): { readonly timestamp: bigint; readonly expiresAt: number | null; readonly defaultTtl: number } {
  const raised = (time: bigint): bigint => (floor !== null && floor > time ? floor : time);
  if (stored !== null) {
    const times = timesOf(stored);
    return { timestamp: raised(times.newest ?? timestamp), expiresAt: times.expiresAt, defaultTtl: 0 };
  }
  const defaultTtl = into.options['default_time_to_live'];
  return {
    timestamp: raised(timestamp) + 2n * BigInt(attempt - 1),
    expiresAt: null,
    defaultTtl: typeof defaultTtl === 'number' ? defaultTtl : 0,
  };
}

function fullKey({ partitionKey, clusteringKey }: TargetRow): Write['key'] {
  return clusteringKey === null ? null : [...partitionKey, ...clusteringKey];
}

/** Rows of a table, column by column with their own times. */
function storedWork(
  { request, context, dependencies }: Running,
  {
    spec,
    encoder,
    run,
    tracked,
  }: {
    readonly spec: Exclude<DataSpec, TransformSpec>;
    readonly encoder: TargetEncoder;
    readonly run: RunClock;
    readonly tracked: boolean;
  },
): RowWork {
  const { table, columns } = tableRead(request);
  return mappedWork({
    from: table,
    types: context.types,
    columns,
    mappings: spec.columns,
    inPlace: spec.kind === 'backfill',
    encoder,
    run,
    timestamp: request.timestamp,
    floor: request.floor,
    attempt: context.attempt,
    clock: dependencies.clock,
    tracked,
  });
}

export interface MappedWorkOptions {
  readonly from: Table;
  readonly types: ByName<UserType>;
  readonly columns: readonly string[];
  readonly mappings: CopySpec['columns'];
  /** Rows keep their key, and only cells of rows that are there are written. */
  readonly inPlace: boolean;
  readonly encoder: TargetEncoder;
  readonly run: RunClock;
  readonly timestamp: bigint;
  readonly floor: bigint | null;
  readonly attempt: number;
  readonly clock: Clock;
  readonly tracked: boolean;
}

export function mappedWork(options: MappedWorkOptions): RowWork {
  const { encoder, inPlace, clock, tracked } = options;
  const mapper = new StoredMapper({ ...options, sameKey: inPlace });
  const writes = new StoredWrites(mapper, {
    ...options,
    into: encoder.table,
    markers: !inPlace,
    nowSeconds: () => Math.floor(clock.now().getTime() / 1000),
  });
  return (input) => {
    const outcome = mapper.map(input);
    if (outcome.kind !== 'rows') return outcome;
    return {
      kind: 'rows',
      rows: outcome.rows.map((row) => ({
        mutations: writes.of(row),
        key: tracked ? fullKey({ ...row, cells: {} }) : null,
      })),
    };
  };
}
