import { createDigest } from '../cql/digest.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { canonicalJson } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { RestoreReport, RestoreRequest, WorkContext } from '../ports/engines.ts';
import type { ChunkEntry } from './index-segment.ts';
import { digestLive } from './live-digest.ts';
import type { Manifest } from './manifest.ts';
import { damaged, loadManifest, manifestKey, TableReader } from './repository.ts';
import { groupsOf, type RestoreDependencies, restoreConsistency, TableRestore, type Totals } from './restore-groups.ts';
import type { RestorePlan } from './restore-rows.ts';
import { restoreTarget } from './restore-target.ts';
import { checkStored } from './verify.ts';

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
    backupTypes: manifest.types,
    into: request.into,
    types: context.types,
    renamed: request.renamed,
    mode: request.mode,
  });
  const entries = await checkEverything(reader, dependencies.store, context);
  const plan: RestorePlan = {
    mode: request.mode,
    whole: entry.columns === null,
    into: request.into,
    types: context.types,
    target,
    timestamp: request.timestamp,
    attempt: context.attempt,
  };
  const restore = new TableRestore(reader, plan, { context, dependencies, consistency: manifest.consistency });
  const totals = await restore.run(groupsOf(entries));
  checkAgainstManifest(request, reader, totals);
  const live = await digestLive(
    dependencies.rows,
    {
      keyspace: context.keyspace,
      table: request.into,
      types: context.types,
      columns: [...target.static, ...target.regular],
      whole: plan.whole,
      countedAs: target.countedAs,
      consistency: restoreConsistency,
    },
    () => context.assertHeld(),
  );
  const { rows, staticRows, expired } = totals;
  return { rows, staticRows, expired, digest: live.digest, expected: totals.kept.sum };
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
  return { manifest: loaded.manifest, reader: new TableReader(store, backup.id, entry) };
}

/** The chunk list, once every stored byte of the table was hashed. */
async function checkEverything(
  reader: TableReader,
  store: BlobStore,
  context: WorkContext,
): Promise<readonly ChunkEntry[]> {
  const entries: ChunkEntry[] = [];
  const damage = await checkStored(reader, store, (segment, done) => {
    context.assertHeld();
    if (segment !== null) entries.push(...segment);
    context.onProgress({ unit: 'bytes', done, total: reader.entry.bytes });
  });
  const [first] = damage;
  if (first === undefined) return entries;
  const whole = reader.entry.chunks - damage.length;
  throw reader.fail(first, `nothing was written; ${Math.max(0, whole)} of ${reader.entry.chunks} chunks are whole`);
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
