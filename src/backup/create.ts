import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupReference } from '../model/journal.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { BackupRequest, BackupStored, WorkContext } from '../ports/engines.ts';
import { usualCompression } from './compression.ts';
import { nothingStored, sumOf } from './create-totals.ts';
import { Intent, KnownChunks } from './known-chunks.ts';
import { formatOf, type Manifest, type TableManifest, writeManifest } from './manifest.ts';
import { rememberNewest } from './newest-backups.ts';
import { putVerified } from './pack-writer.ts';
import { clearPlain, writeBeside } from './plain/plain-files.ts';
import { waitForPruning } from './pruning-mark.ts';
import { manifestKey } from './repository.ts';
import { columnsToRead } from './scope-rows.ts';
import { type CreateDependencies, type Surroundings, TableBackup } from './table-backup.ts';

type Scope = BackupRequest['scopes'][number];

/**
 * Makes one backup of one or more tables. The order of writes is what makes it safe to kill: an intent, then packs and
 * index (named by content, read back), the manifest last. Whatever has no manifest is not a backup, and what it stored
 * serves the next try.
 */
export async function createBackup(
  asked: BackupRequest,
  context: WorkContext,
  dependencies: CreateDependencies,
): Promise<BackupReference[]> {
  const { rows, store, clock } = dependencies;
  const request = { ...asked, id: await freeId(store, asked.id) };
  for (const scope of request.scopes) {
    checkColumns(context.keyspace, scope);
    if (await rows.readsMasked(context.keyspace, scope.table)) throw masked(context.keyspace, scope.table.name);
  }
  const createdAt = clock.now().toISOString();
  const intent = new Intent(store, request.id);
  const compression = request.compression ?? dependencies.compression ?? usualCompression;
  const isPlain = request.format === 'csv';
  if (isPlain && request.secondPasses > 0) throw new TypeError('plain files are of one reading');
  const known = new KnownChunks(store, compression.algorithm);
  context.assertHeld();
  const { tables, hash, stored } = await intent.during(createdAt, () =>
    storeTables({ request, context, dependencies, compression, known, intent }, createdAt),
  );
  request.onStored?.(stored);
  return tables.map((each) => ({
    id: request.id,
    store: store.name,
    manifestHash: hash,
    table: each.table.name,
    columns: each.columns,
    rows: each.counts.rows,
    ...(each.counts.staticRows === 0 ? {} : { staticRows: each.counts.staticRows }),
    bytes: each.bytes,
    valueDigest: each.valueDigest,
  }));
}

interface StoredTables {
  readonly tables: readonly TableManifest[];
  readonly stored: BackupStored;
  /** Of the manifest, which is there by then. */
  readonly hash: string;
}

async function storeTables(around: Surroundings, createdAt: string): Promise<StoredTables> {
  const { request, context, dependencies, compression, known, intent } = around;
  const { store, clock } = dependencies;
  const isPlain = request.format === 'csv';
  await waitForPruning(store, clock, context.assertHeld);
  const anew = isPlain || request.strategy === 'full';
  if (!anew) await intent.rememberInto(known, context.keyspace);
  if (isPlain) await clearPlain(store, request.id);
  const tables: TableManifest[] = [];
  let stored = nothingStored;
  for (const scope of request.scopes) {
    const backup = new TableBackup(scope, {
      ...around,
      request: anew ? { ...request, strategy: 'full' } : request,
    });
    tables.push(await backup.run());
    stored = sumOf(stored, backup.stored);
  }
  const manifest = await manifestOf(tables, { request, context, dependencies, compression, createdAt });
  const { bytes, hash } = writeManifest(manifest);
  context.assertHeld();
  await intent.assertAlive();
  await putVerified(store, manifestKey(request.id), bytes, { replace: true });
  // what is to be used again are chunks
  for (const { table } of isPlain ? [] : tables) {
    await rememberNewest(store, { keyspace: context.keyspace, name: table.name }, { id: request.id, at: clock.now() });
  }
  return { tables, stored, hash };
}

/** Of a backup whose tables are stored; the files beside plain ones are put for it. */
async function manifestOf(
  tables: readonly TableManifest[],
  { request, context, dependencies, compression, createdAt }: Finishing,
): Promise<Manifest> {
  const { types, keyspace } = context;
  const { store, clock, cluster } = dependencies;
  const { id, label, consistency, ledgerHead, definitions, grants, strategy, schedule, writeTimes } = request;
  const plain =
    request.format === 'csv'
      ? ({ version: 1, files: await writeBeside(store, { id, types, definitions, tables }) } as const)
      : undefined;
  return {
    format: formatOf({ tables, compression, ...(plain === undefined ? {} : { plain }) }),
    ...{ id, label, createdAt, finishedAt: clock.now().toISOString() },
    ...{ cluster: cluster.name, serverVersion: cluster.version, keyspace, consistency, ledgerHead },
    compression,
    encryption: null,
    types,
    ...(plain === undefined ? {} : { plain }),
    ...(definitions === undefined ? {} : { definitions }),
    ...(grants === undefined ? {} : { grants }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(writeTimes === false ? { writeTimes } : {}),
    tables,
  };
}

/** A try of a backup that is there already takes its place; where nothing may be replaced it goes beside. */
async function freeId(store: BlobStore, id: string): Promise<string> {
  if (store.appendOnly !== true) return id;
  let free = id;
  for (let number = 2; (await store.get(manifestKey(free))) !== null; number += 1) free = `${id}-${number}`;
  return free;
}

interface Finishing extends Pick<Surroundings, 'request' | 'context' | 'dependencies' | 'compression'> {
  /** ISO. */
  readonly createdAt: string;
}

/** A backup of a column that is not there would be empty, and could take the place of one that is not. */
function checkColumns(keyspace: string, { table, columns }: Scope): void {
  const missing = (columns ?? []).filter((name) => !columnsToRead(table).includes(name));
  const [first] = missing;
  if (first === undefined) return;
  throw new CqlformError(
    'UNKNOWN_COLUMN',
    `${keyspace}.${table.name} has no column ${first} besides its key, so it cannot be backed up`,
    {
      next: 'Look at `cqlform drift`: the table is not what it was when this was planned.',
      fields: { keyspace, table: table.name, columns: missing },
    },
  );
}

function masked(keyspace: string, table: string): CqlformError {
  return new CqlformError(
    'MASKED_COLUMNS',
    `${keyspace}.${table} has masked columns that this role cannot read in the clear`,
    {
      next: `Grant it: GRANT UNMASK ON TABLE ${keyspace}.${table} TO <role>; a backup of masked values would be worthless.`,
      fields: { keyspace, table },
      exitCode: exitCodes.blocked,
    },
  );
}
