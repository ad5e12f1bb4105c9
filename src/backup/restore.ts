import { createDigest } from '../cql/digest.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { canonicalJson } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { RestoreReport, RestoreRequest, WorkContext } from '../ports/engines.ts';
import { boundsOf } from './grid.ts';
import type { ChunkEntry } from './index-segment.ts';
import { digestLive } from './live-digest.ts';
import type { Manifest } from './manifest.ts';
import { damaged, loadManifest, manifestKey, TableReader } from './repository.ts';
import { groupsOf, type RestoreDependencies, TableRestore } from './restore-groups.ts';
import { expectsOthers, type RestorePlan } from './restore-rows.ts';
import { restoreTarget } from './restore-target.ts';
import type { Totals } from './restore-totals.ts';
import { restoreConsistency } from './restore-writer.ts';
import { checkBeside, checkStored } from './verify.ts';

/**
 * Brings the rows of one table of a backup back. Every byte is checked before the first row is written; then group after
 * group of chunks is written and checkpointed, so that a killed restore goes on where it was; then the live table is read
 * and compared.
 */
export async function restoreBackup(
  request: RestoreRequest,
  context: WorkContext,
  dependencies: RestoreDependencies,
): Promise<RestoreReport> {
  const { manifest, reader } = await open(request, dependencies.store);
  const { entry, layout } = reader;
  const target = restoreTarget({
    layout,
    from: entry.table,
    backupTypes: manifest.types,
    into: request.into,
    types: context.types,
    renamed: request.renamed,
    leaveOut: request.leaveOut ?? [],
    mode: request.mode,
  });
  const bounds = boundsOf(entry.tokens);
  const [beside] = await checkBeside(manifest, dependencies.store);
  if (beside !== undefined && request.skipDamaged !== true) throw reader.fail(beside, 'nothing was written');
  const skipped = await checkEverything(reader, dependencies.store, { request, context });
  const plan: RestorePlan = {
    mode: request.mode,
    whole: entry.columns === null,
    into: request.into,
    types: context.types,
    target,
    timestamp: request.timestamp,
    attempt: context.attempt,
    floors: request.floors ?? {},
    timed: manifest.writeTimes ?? true,
    dryRun: request.dryRun ?? false,
  };
  const restore = new TableRestore(reader, plan, { context, dependencies, consistency: manifest.consistency });
  const totals = await restore.run(
    groupsOf(skipped === null ? reader.wholeSegments() : skipped.segments(reader), bounds),
  );
  if (skipped === null) checkAgainstManifest(request, reader, totals);
  const { rows, staticRows, expired, written, deleted } = totals;
  // What had run out is in a digest of the backup's rows, and not among those of the table.
  const restored = totals.expected.expiringCells - (expectsOthers(plan) ? 0 : expired);
  const skippedChunks = skipped?.chunks ?? 0;
  const report = { rows, staticRows, expired, expected: totals.expected.sum, written, deleted, skippedChunks };
  if (plan.dryRun) return { ...report, digest: report.expected, expiring: { restored, found: restored } };
  const live = await digestLive(
    dependencies.rows,
    {
      keyspace: context.keyspace,
      table: request.into,
      types: context.types,
      columns: [...target.static, ...target.regular],
      whole: plan.whole,
      countedAs: target.countedAs,
      bounds,
      consistency: restoreConsistency,
    },
    () => context.assertHeld(),
  );
  return { ...report, digest: live.digest.sum, expiring: { restored, found: live.digest.expiringCells } };
}

async function open(
  { backup }: RestoreRequest,
  store: BlobStore,
): Promise<{ readonly manifest: Manifest; readonly reader: TableReader }> {
  const loaded = await loadManifest(store, backup.id);
  if (loaded === null) throw missing(backup.id, store);
  const all = { table: backup.table, range: 'all', object: manifestKey(backup.id) };
  if (loaded.hash !== backup.manifestHash) {
    const problem = 'this is not the manifest that the ledger knows';
    throw damaged(backup.id, { ...all, problem }, 'nothing was written');
  }
  const wanted = canonicalJson([backup.table, backup.columns]);
  const entry = loaded.manifest.tables.find((each) => canonicalJson([each.table.name, each.columns]) === wanted);
  if (entry === undefined) throw damaged(backup.id, { ...all, problem: 'it has no such table' }, 'nothing was written');
  return { manifest: loaded.manifest, reader: new TableReader(store, loaded.manifest, entry) };
}

/** Hashes every stored byte of the table. Null: all are as they were; throws where they are not and nobody wants the rest. */
async function checkEverything(
  reader: TableReader,
  store: BlobStore,
  { request, context }: { readonly request: RestoreRequest; readonly context: WorkContext },
): Promise<Skipped | null> {
  const skipped = new Skipped();
  const damage = await checkStored(reader, store, {
    onRead: (done) => {
      context.assertHeld();
      context.onProgress({ unit: 'bytes', done, total: reader.entry.bytes });
    },
    onDamaged: (entry) => skipped.add(entry),
  });
  const [first] = damage;
  if (first === undefined) return null;
  if (request.skipDamaged === true && request.mode !== 'exact') return skipped;
  const whole = reader.entry.chunks - damage.length;
  throw reader.fail(first, `nothing was written; ${Math.max(0, whole)} of ${reader.entry.chunks} chunks are whole`);
}

/** Chunks that are not whole. */
class Skipped {
  readonly #names = new Set<string>();
  #listed = 0;
  #all = 0;

  add(entry: ChunkEntry): void {
    this.#names.add(nameOf(entry));
  }

  /** Known once the list was gone through: chunks of a damaged part of the index count, too. */
  get chunks(): number {
    return this.#all - this.#listed;
  }

  async *segments(reader: TableReader): AsyncGenerator<readonly ChunkEntry[]> {
    this.#all = reader.entry.chunks;
    this.#listed = 0;
    for await (const entries of reader.segments(() => undefined)) {
      const whole = entries.filter((entry) => !this.#names.has(nameOf(entry)));
      this.#listed += whole.length;
      yield whole;
    }
  }
}

function nameOf({ cell, part }: ChunkEntry): string {
  return `${cell.depth}/${cell.index}#${part}`;
}

/** What was written and what was left out must together be the whole backup. */
function checkAgainstManifest({ backup }: RestoreRequest, reader: TableReader, totals: Totals): void {
  const all = createDigest([]);
  all.merge(totals.kept);
  all.merge(totals.left);
  if (all.hex() === reader.entry.valueDigest && all.hex() === backup.valueDigest) return;
  const problem = 'its rows do not add up to the digest that was taken when it was made';
  throw reader.fail(
    { table: backup.table, range: 'all', object: manifestKey(backup.id), problem },
    'its chunks are whole',
  );
}

function missing(id: string, store: BlobStore): CqlformError {
  return new CqlformError('BACKUP_MISSING', `there is no backup ${id} in ${store.name}`, {
    next: 'Look at `cqlform backup list`, and check that the configuration names the store the backup was made in.',
    fields: { backup: id, store: store.name },
    exitCode: exitCodes.integrity,
  });
}
