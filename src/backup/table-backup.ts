import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { TableScope } from '../model/step.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type { BackupRequest, BackupStored, Compression, WorkContext } from '../ports/engines.ts';
import { type Captured, type CaptureOptions, capture, type PassResult } from './capture.ts';
import { type ChunkLayout, layoutOf } from './chunk-layout.ts';
import { nothingStored, storedOf, totals } from './create-totals.ts';
import { type ChunkEntry, entriesPerSegment, inTokenOrder, writeSegment } from './index-segment.ts';
import { type Intent, type KnownChunks, rememberEarlier } from './known-chunks.ts';
import type { IndexReference, TableManifest } from './manifest.ts';
import { putVerified } from './pack-writer.ts';
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

export interface Surroundings {
  readonly request: BackupRequest;
  readonly context: WorkContext;
  readonly dependencies: CreateDependencies;
  readonly compression: Compression;
  readonly known: KnownChunks;
  readonly intent: Intent;
}

/** One table of a backup: read until nothing changes, and stored. */
export class TableBackup {
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
      writeTimes: around.request.writeTimes ?? true,
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
    const untimed = this.#options.writeTimes ? rows.untimedColumns(table) : [];
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
