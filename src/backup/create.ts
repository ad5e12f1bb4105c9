import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupReference } from '../model/journal.ts';
import type { TableScope } from '../model/step.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type { BackupRequest, BackupStored, Compression, WorkContext } from '../ports/engines.ts';
import { type Captured, type CaptureOptions, capture, type PassResult } from './capture.ts';
import { type ChunkLayout, layoutOf } from './chunk-layout.ts';
import { usualCompression } from './compression.ts';
import { nothingStored, storedOf, sumOf, totals } from './create-totals.ts';
import { type ChunkEntry, entriesPerSegment, inTokenOrder, writeSegment } from './index-segment.ts';
import { Intent, KnownChunks, rememberEarlier } from './known-chunks.ts';
import { formatOf, type IndexReference, type Manifest, type TableManifest, writeManifest } from './manifest.ts';
import { rememberNewest } from './newest-backups.ts';
import { putVerified } from './pack-writer.ts';
import { clearPlain, writeBeside } from './plain/plain-files.ts';
import { waitForPruning } from './pruning-mark.ts';
import { manifestKey } from './repository.ts';
import { columnsToRead } from './scope-rows.ts';
import { onlyExpired } from './second-pass.ts';
import { chunkForm, plainForm, type StoredForm } from './stored-form.ts';

export interface CreateDependencies {
  readonly rows: Rows;
  readonly store: BlobStore;
  readonly clock: Clock;
  /** As the manifest states it. */
  readonly cluster: { readonly name: string; readonly version: string };
  /** Of backups that do not say it themselves; left out: zstd. */
  readonly compression?: Compression;
}

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
  await intent.begin(createdAt);
  await waitForPruning(store, clock, context.assertHeld);
  const anew = isPlain || request.strategy === 'full';
  if (!anew) await intent.rememberInto(known, context.keyspace);
  if (isPlain) await clearPlain(store, request.id);
  const tables: TableManifest[] = [];
  let stored = nothingStored;
  for (const scope of request.scopes) {
    const backup = new TableBackup(scope, {
      request: anew ? { ...request, strategy: 'full' } : request,
      context,
      dependencies,
      compression,
      known,
      intent,
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
  await intent.end();
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

/** Of a backup whose tables are stored; the files beside plain ones are put for it. */
async function manifestOf(
  tables: readonly TableManifest[],
  { request, context, dependencies, compression, createdAt }: Finishing,
): Promise<Manifest> {
  const { types, keyspace } = context;
  const { store, clock, cluster } = dependencies;
  const { id, label, consistency, ledgerHead, definitions, grants, strategy, schedule } = request;
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

interface Surroundings {
  readonly request: BackupRequest;
  readonly context: WorkContext;
  readonly dependencies: CreateDependencies;
  readonly compression: Compression;
  readonly known: KnownChunks;
  readonly intent: Intent;
}

class TableBackup {
  readonly #scope: Scope;
  readonly #around: Surroundings;
  readonly #options: CaptureOptions;
  #read = 0;
  stored: BackupStored = nothingStored;

  constructor(scope: Scope, around: Surroundings) {
    this.#scope = scope;
    this.#around = around;
    const layout = layoutOf(scope.table, scope.columns);
    this.#options = {
      rows: around.dependencies.rows,
      scope,
      layout,
      consistency: around.request.consistency,
      context: around.context,
      known: around.known,
      form: formFor(scope, layout, around),
      onRows: (count) => {
        this.#read += count;
        around.context.onProgress({ unit: 'rows', done: this.#read, total: null });
      },
    };
  }

  async run(): Promise<TableManifest> {
    const { context, dependencies, known } = this.#around;
    const { table, columns, tableId, tokens } = this.#scope;
    const { store, clock, rows } = dependencies;
    const scanStartedAt = clock.now().toISOString();
    if (this.#around.request.strategy !== 'full') {
      const { layout } = this.#options;
      await rememberEarlier(known, store, { keyspace: context.keyspace, name: table.name, layout });
    }
    const { pass, passes, stillWritten } = await this.#passes();
    await this.#options.form.packs.flush();
    const files = this.#options.form.files();
    const entries = [...pass.chunks.values()].map(toEntry).sort(inTokenOrder);
    const untimed = rows.untimedColumns(table);
    const readBytes = [...pass.chunks.values()].reduce((sum, { contentBytes }) => sum + contentBytes, 0);
    this.stored = { ...storedOf(entries, this.#options.form.packs.packs), readBytes };
    return {
      table,
      tableId,
      columns,
      ...(tokens === undefined ? {} : { tokens }),
      scanStartedAt,
      scanFinishedAt: clock.now().toISOString(),
      secondPasses: passes,
      stillWritten,
      counts: totals(pass.chunks.values()),
      valueDigest: pass.digest,
      timesInferred: untimed.filter((name) => columns === null || columns.includes(name)),
      chunkTarget: this.#options.form.target,
      chunks: entries.length,
      bytes: this.stored.bytes,
      index: await writeIndex(store, entries),
      ...(files === undefined ? {} : { files }),
    };
  }

  /** Reads again until nothing was written between two reads. */
  async #passes(): Promise<{ readonly pass: PassResult; readonly passes: number; readonly stillWritten: boolean }> {
    const { request, context, dependencies } = this.#around;
    let pass = await capture(this.#options, null);
    for (let number = 1; number <= request.secondPasses; number += 1) {
      const next = await capture(this.#options, pass);
      const differs = next.changed.length > 0 || next.chunks.size !== pass.chunks.size;
      await this.#options.form.packs.flush();
      const quiet = !differs || (await onlyExpired(pass, next, { layout: this.#options.layout, ...dependencies }));
      pass = next;
      if (quiet) return { pass, passes: number, stillWritten: false };
    }
    if (request.secondPasses === 0) return { pass, passes: 0, stillWritten: false };
    if (request.allowStillWritten) return { pass, passes: request.secondPasses, stillWritten: true };
    throw stillWritten(context.keyspace, this.#scope, pass.changed.length);
  }
}

function formFor(scope: Scope, layout: ChunkLayout, around: Surroundings): StoredForm {
  const { request, context, intent, compression } = around;
  const options = { store: around.dependencies.store, layout, compression };
  if (request.format === 'csv') {
    const { types, assertHeld } = context;
    return plainForm(options, { id: request.id, table: scope.table.name, types, assertHeld });
  }
  return chunkForm(options, {
    apart: request.strategy === 'full',
    onSealed: async (pack, chunks) => {
      context.assertHeld();
      await intent.sealed(pack, chunks);
    },
  });
}

function toEntry(captured: Captured): ChunkEntry {
  const { cell, part, content, stored, offset, length, rows, staticRows, pack } = captured;
  if (pack.hash === null) throw new TypeError('a chunk is in no pack');
  return { cell, part, content, stored, pack: pack.hash, offset, length, rows, staticRows };
}

async function writeIndex(store: BlobStore, entries: readonly ChunkEntry[]): Promise<IndexReference[]> {
  const index: IndexReference[] = [];
  for (let at = 0; at < entries.length; at += entriesPerSegment) {
    const segment = entries.slice(at, at + entriesPerSegment);
    const { key, bytes } = writeSegment(segment);
    await putVerified(store, key, bytes);
    index.push({ key, bytes: bytes.length, chunks: segment.length });
  }
  return index;
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

function stillWritten(keyspace: string, scope: TableScope, chunks: number): CqlformError {
  const what = `${keyspace}.${scope.table.name}${scope.columns === null ? '' : ` (${scope.columns.join(', ')})`}`;
  return new CqlformError(
    'STILL_WRITTEN',
    `somebody is still writing to ${what}: each reading found changes (in ${chunks} chunks the last time)`,
    {
      next: 'Stop the writers and run the same command again, or accept with --allow-still-written that what is written after the backup will be lost.',
      fields: { keyspace, table: scope.table.name, columns: scope.columns, chunks },
      exitCode: exitCodes.consentMissing,
      retryable: true,
    },
  );
}
