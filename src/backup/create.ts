import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupReference } from '../model/journal.ts';
import type { TableScope } from '../model/step.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type { BackupRequest, BackupStored, WorkContext } from '../ports/engines.ts';
import { type Captured, type CaptureOptions, capture, chunkTarget, type PassResult } from './capture.ts';
import { layoutOf } from './chunk-layout.ts';
import { type ChunkEntry, entriesPerSegment, inTokenOrder, writeSegment } from './index-segment.ts';
import { Intent, KnownChunks, rememberEarlier } from './known-chunks.ts';
import {
  type BackupCounts,
  formatOf,
  type IndexReference,
  type Manifest,
  type TableManifest,
  writeManifest,
} from './manifest.ts';
import { rememberNewest } from './newest-backups.ts';
import { PackWriter, putVerified } from './pack-writer.ts';
import { waitForPruning } from './pruning-mark.ts';
import { manifestKey, zstdLevel } from './repository.ts';
import { columnsToRead } from './scope-rows.ts';
import { onlyExpired } from './second-pass.ts';

export interface CreateDependencies {
  readonly rows: Rows;
  readonly store: BlobStore;
  readonly clock: Clock;
  /** As the manifest states it. */
  readonly cluster: { readonly name: string; readonly version: string };
}

type Scope = BackupRequest['scopes'][number];

/**
 * Makes one backup of one or more tables. The order of writes is what makes it safe to kill: an intent, then packs and
 * index (named by content, read back), the manifest last. Whatever has no manifest is not a backup, and what it stored
 * serves the next try.
 */
export async function createBackup(
  request: BackupRequest,
  context: WorkContext,
  dependencies: CreateDependencies,
): Promise<BackupReference[]> {
  const { rows, store, clock } = dependencies;
  for (const scope of request.scopes) {
    checkColumns(context.keyspace, scope);
    if (await rows.readsMasked(context.keyspace, scope.table)) throw masked(context.keyspace, scope.table.name);
  }
  const createdAt = clock.now().toISOString();
  const intent = new Intent(store, request.id);
  const known = new KnownChunks(store);
  context.assertHeld();
  await intent.begin(createdAt);
  await waitForPruning(store, clock, context.assertHeld);
  const anew = request.strategy === 'full';
  if (!anew) await intent.rememberInto(known, context.keyspace);
  const tables: TableManifest[] = [];
  let stored = nothingStored;
  for (const scope of request.scopes) {
    const backup = new TableBackup(scope, { request, context, dependencies, known, intent });
    tables.push(await backup.run());
    stored = sumOf(stored, backup.stored);
  }
  const manifest: Manifest = {
    format: formatOf(tables),
    id: request.id,
    label: request.label,
    createdAt,
    finishedAt: clock.now().toISOString(),
    cluster: dependencies.cluster.name,
    serverVersion: dependencies.cluster.version,
    keyspace: context.keyspace,
    consistency: request.consistency,
    ledgerHead: request.ledgerHead,
    compression: { algorithm: 'zstd', level: zstdLevel },
    encryption: null,
    types: context.types,
    ...(request.definitions === undefined ? {} : { definitions: request.definitions }),
    ...(request.grants === undefined ? {} : { grants: request.grants }),
    ...(request.strategy === undefined ? {} : { strategy: request.strategy }),
    ...(request.schedule === undefined ? {} : { schedule: request.schedule }),
    tables,
  };
  const { bytes, hash } = writeManifest(manifest);
  context.assertHeld();
  await intent.assertAlive();
  await putVerified(store, manifestKey(request.id), bytes, { replace: true });
  for (const { table } of tables) {
    await rememberNewest(store, { keyspace: context.keyspace, name: table.name }, request.id);
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

interface Surroundings {
  readonly request: BackupRequest;
  readonly context: WorkContext;
  readonly dependencies: CreateDependencies;
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
    const { store, rows } = around.dependencies;
    this.#scope = scope;
    this.#around = around;
    this.#options = {
      rows,
      scope,
      layout: layoutOf(scope.table, scope.columns),
      consistency: around.request.consistency,
      context: around.context,
      known: around.known,
      packs: new PackWriter(store, {
        apart: around.request.strategy === 'full',
        onSealed: async (pack, chunks) => {
          around.context.assertHeld();
          await around.intent.sealed(pack, chunks);
        },
      }),
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
    await this.#options.packs.flush();
    const entries = [...pass.chunks.values()].map(toEntry).sort(inTokenOrder);
    const untimed = rows.untimedColumns(table);
    const readBytes = [...pass.chunks.values()].reduce((sum, { contentBytes }) => sum + contentBytes, 0);
    this.stored = { ...storedOf(entries, this.#options.packs.packs), readBytes };
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
      chunkTarget,
      chunks: entries.length,
      bytes: this.stored.bytes,
      index: await writeIndex(store, entries),
    };
  }

  /** Reads again until nothing was written between two reads. */
  async #passes(): Promise<{ readonly pass: PassResult; readonly passes: number; readonly stillWritten: boolean }> {
    const { request, context, dependencies } = this.#around;
    let pass = await capture(this.#options, null);
    for (let number = 1; number <= request.secondPasses; number += 1) {
      const next = await capture(this.#options, pass);
      const differs = next.changed.length > 0 || next.chunks.size !== pass.chunks.size;
      await this.#options.packs.flush();
      const quiet = !differs || (await onlyExpired(pass, next, { layout: this.#options.layout, ...dependencies }));
      pass = next;
      if (quiet) return { pass, passes: number, stillWritten: false };
    }
    if (request.secondPasses === 0) return { pass, passes: 0, stillWritten: false };
    if (request.allowStillWritten) return { pass, passes: request.secondPasses, stillWritten: true };
    throw stillWritten(context.keyspace, this.#scope, pass.changed.length);
  }
}

function toEntry(captured: Captured): ChunkEntry {
  const { cell, part, content, stored, offset, length, rows, staticRows, pack } = captured;
  if (pack.hash === null) throw new TypeError('a chunk is in no pack');
  return { cell, part, content, stored, pack: pack.hash, offset, length, rows, staticRows };
}

const nothingStored: BackupStored = {
  ...{ rows: 0, readBytes: 0, chunks: 0, bytes: 0 },
  ...{ newRows: 0, newChunks: 0, newBytes: 0 },
};

function storedOf(entries: readonly ChunkEntry[], packs: ReadonlySet<string>): Omit<BackupStored, 'readBytes'> {
  const bytesOf = (some: readonly ChunkEntry[]): number => some.reduce((sum, entry) => sum + entry.length, 0);
  const rowsOf = (some: readonly ChunkEntry[]): number =>
    some.reduce((sum, { rows, staticRows }) => sum + rows + staticRows, 0);
  const fresh = entries.filter(({ pack }) => packs.has(pack));
  return {
    rows: rowsOf(entries),
    chunks: entries.length,
    bytes: bytesOf(entries),
    newRows: rowsOf(fresh),
    newChunks: fresh.length,
    newBytes: bytesOf(fresh),
  };
}

function sumOf(one: BackupStored, other: BackupStored): BackupStored {
  return {
    rows: one.rows + other.rows,
    readBytes: one.readBytes + other.readBytes,
    chunks: one.chunks + other.chunks,
    bytes: one.bytes + other.bytes,
    newRows: one.newRows + other.newRows,
    newChunks: one.newChunks + other.newChunks,
    newBytes: one.newBytes + other.newBytes,
  };
}

function totals(chunks: Iterable<BackupCounts>): BackupCounts {
  let sum: BackupCounts = { rows: 0, staticRows: 0, cells: 0, expiringCells: 0 };
  for (const each of chunks) {
    sum = {
      rows: sum.rows + each.rows,
      staticRows: sum.staticRows + each.staticRows,
      cells: sum.cells + each.cells,
      expiringCells: sum.expiringCells + each.expiringCells,
    };
  }
  return sum;
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
