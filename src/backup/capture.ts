import { createDigest, type Digest } from '../cql/digest.ts';
import { eachAtATime } from '../kernel/each-at-a-time.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Consistency, Rows } from '../ports/cluster.ts';
import type { BackupRequest, WorkContext } from '../ports/engines.ts';
import type { ChunkLayout } from './chunk-layout.ts';
import { compress } from './compression.ts';
import { type Cut, Cutter, joinUncut, type PlacedRow } from './cutter.ts';
import { boundsOf, cellName, cellRange, cellsAt, within } from './grid.ts';
import type { ChunkEntry } from './index-segment.ts';
import type { KnownChunks } from './known-chunks.ts';
import type { BackupCounts } from './manifest.ts';
import type { PackReference } from './pack-writer.ts';
import { columnsToRead, ScopeRows } from './scope-rows.ts';
import type { StoredForm } from './stored-form.ts';

/** The ring is scanned in 2^5 cells, some of them at a time; a small table as one. The chunks are the same either way. */
const scanDepth = 5;
const scansInFlight = 3;

/** A chunk of this pass; its pack may not have its name yet. */
export interface Captured extends Omit<ChunkEntry, 'pack'>, BackupCounts {
  readonly pack: PackReference;
  /** Of its rows, before compression. */
  readonly contentBytes: number;
  /** Tells, in hex, whether anything but expiry times differs from another read of the same cell. */
  readonly probe: string;
}

export interface PassResult {
  /** By cell and piece. */
  readonly chunks: ReadonlyMap<string, Captured>;
  readonly digest: string;
  /** Chunks that differ from those of the pass before. */
  readonly changed: readonly Captured[];
}

export interface CaptureOptions {
  readonly rows: Rows;
  readonly scope: BackupRequest['scopes'][number];
  readonly layout: ChunkLayout;
  readonly consistency: Consistency;
  readonly context: WorkContext;
  readonly known: KnownChunks;
  readonly form: StoredForm;
  /** Rows read so far, over all passes. */
  readonly onRows: (rows: number) => void;
}

export function chunkKey(chunk: { readonly cell: ChunkEntry['cell']; readonly part: number }): string {
  return `${cellName(chunk.cell)}#${chunk.part}`;
}

/**
 * Reads the scope once and stores what is not in the repository yet. With `before`, the chunks of the pass before it,
 * those in which nothing was written are taken over as they are.
 */
export async function capture(options: CaptureOptions, before: PassResult | null): Promise<PassResult> {
  const pass = new Pass(options, before?.chunks ?? new Map());
  const { table } = options.scope;
  const ranges = await options.rows.splitFor(options.context.keyspace, table, 2 ** scanDepth);
  const cells = cellsAt(ranges.length === 1 ? 0 : scanDepth);
  const uncut = new Array<Cut | null>(cells.length).fill(null);
  await eachAtATime(cells.entries(), scansInFlight, async ([index, cell], stopped) => {
    const cutter = new Cutter(cell, options.form.target, (cut) => pass.take(cut));
    await pass.scan(cell, cutter, stopped);
    uncut[index] = await cutter.end();
  });
  await joinUncut(uncut, options.form.target, (cut) => pass.take(cut));
  return pass.result();
}

class Pass {
  readonly #options: CaptureOptions;
  readonly #before: ReadonlyMap<string, Captured>;
  readonly #chunks = new Map<string, Captured>();
  readonly #changed: Captured[] = [];
  readonly #digest: Digest;
  readonly #columns: readonly string[];

  constructor(options: CaptureOptions, before: ReadonlyMap<string, Captured>) {
    this.#options = options;
    this.#before = before;
    this.#digest = createDigest([...options.layout.static, ...options.layout.regular]);
    this.#columns = columnsToRead(options.scope.table);
  }

  async scan(cell: ChunkEntry['cell'], cutter: Cutter, stopped: () => boolean): Promise<void> {
    const { rows, scope, context, consistency } = this.#options;
    const range = within(boundsOf(scope.tokens), cellRange(cell));
    if (range === null) return;
    const placing = new ScopeRows(scope.table, scope.columns);
    const pages = rows.scan({
      keyspace: context.keyspace,
      table: scope.table,
      types: context.types,
      columns: this.#columns,
      range,
      times: true,
      consistency,
    });
    for await (const page of pages) {
      if (stopped()) return;
      context.assertHeld();
      for (const row of page) {
        const placed = placing.place(row);
        if (placed === null) continue;
        this.#digest.add(placed.row);
        await cutter.push(placed);
      }
      this.#options.onRows(page.length);
    }
  }

  async take(cut: Cut): Promise<void> {
    const { content, probe } = this.#options.form.encode(cut.rows);
    const key = chunkKey(cut);
    const last = this.#before.get(key);
    const probeName = Buffer.from(probe).toString('hex');
    if (last?.probe === probeName) {
      this.#chunks.set(key, last);
      return;
    }
    const counts = countsOf(cut.rows);
    const { cell, part } = cut;
    const place = await this.#place(content);
    const captured: Captured = {
      ...{ cell, part, ...place, ...counts },
      contentBytes: content.length,
      probe: probeName,
    };
    this.#chunks.set(key, captured);
    this.#changed.push(captured);
  }

  result(): PassResult {
    return { chunks: this.#chunks, changed: this.#changed, digest: this.#digest.hex() };
  }

  async #place(content: Uint8Array): Promise<Pick<Captured, 'content' | 'stored' | 'pack' | 'offset' | 'length'>> {
    const { known, form } = this.#options;
    const name = sha256(content);
    const there = await known.find(name);
    if (there !== null) return { ...there, content: name };
    const bytes = await compress(content, form.compression);
    const stored = sha256(bytes);
    const place = await form.packs.add(bytes, { content: name, stored });
    return { ...place, content: name, stored };
  }
}

/** What rows hold. */
export function countsOf(rows: readonly Pick<PlacedRow, 'row'>[]): BackupCounts {
  let [cells, expiringCells, staticRows] = [0, 0, 0];
  for (const { row } of rows) {
    if (row.kind === 'static') staticRows += 1;
    for (const cell of row.cells) {
      if (cell === null) continue;
      for (const one of cell.kind === 'elements' ? cell.elements : [cell]) {
        cells += 1;
        if ('expiresAt' in one && one.expiresAt !== null) expiringCells += 1;
      }
    }
  }
  return { rows: rows.length - staticRows, staticRows, cells, expiringCells };
}
