import { eachAtATime } from '../kernel/each-at-a-time.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Consistency, Rows } from '../ports/cluster.ts';
import type { BackupRequest, WorkContext } from '../ports/engines.ts';
import type { ChunkLayout } from './chunk-layout.ts';
import { compress } from './compression.ts';
import { type Cut, Cutter, joinUncut, type Weighed } from './cutter.ts';
import { boundsOf, cellName, cellRange, cellsAt, within } from './grid.ts';
import type { ChunkEntry } from './index-segment.ts';
import type { KnownChunks } from './known-chunks.ts';
import type { BackupCounts } from './manifest.ts';
import type { PackReference } from './pack-writer.ts';
import { type ScopeReader, simpleReader, storedReader } from './scope-readers.ts';
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
  /** Whether write times and expiries are read. */
  readonly writeTimes: boolean;
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
  const chunks = before?.chunks ?? new Map<string, Captured>();
  const plain = simpleReader(options);
  return plain === null ? captureBy(storedReader(options), options, chunks) : captureBy(plain, options, chunks);
}

async function captureBy<R extends Weighed>(
  reader: ScopeReader<R>,
  options: CaptureOptions,
  before: ReadonlyMap<string, Captured>,
): Promise<PassResult> {
  const pass = new Pass(options, reader, before);
  const to = { emit: (cut: Cut<R>) => pass.take(cut), endsPiece: reader.endsPiece };
  const ranges = await options.rows.splitFor(options.context.keyspace, options.scope.table, 2 ** scanDepth);
  const cells = cellsAt(ranges.length === 1 ? 0 : scanDepth);
  const uncut = new Array<Cut<R> | null>(cells.length).fill(null);
  await eachAtATime(cells.entries(), scansInFlight, async ([index, cell], stopped) => {
    const cutter = new Cutter(cell, options.form.target, to);
    await pass.scan(cell, cutter, stopped);
    uncut[index] = await cutter.end();
  });
  await joinUncut(uncut, options.form.target, to.emit);
  return pass.result();
}

class Pass<R extends Weighed> {
  readonly #options: CaptureOptions;
  readonly #before: ReadonlyMap<string, Captured>;
  readonly #chunks = new Map<string, Captured>();
  readonly #changed: Captured[] = [];
  readonly #reader: ScopeReader<R>;

  constructor(options: CaptureOptions, reader: ScopeReader<R>, before: ReadonlyMap<string, Captured>) {
    this.#options = options;
    this.#reader = reader;
    this.#before = before;
  }

  async scan(cell: ChunkEntry['cell'], cutter: Cutter<R>, stopped: () => boolean): Promise<void> {
    const { scope, context } = this.#options;
    const range = within(boundsOf(scope.tokens), cellRange(cell));
    if (range === null) return;
    for await (const { rows, read } of this.#reader.read(range)) {
      if (stopped()) return;
      context.assertHeld();
      for (const row of rows) {
        const cutting = cutter.push(row);
        if (cutting !== null) await cutting;
      }
      this.#options.onRows(read);
    }
  }

  async take(cut: Cut<R>): Promise<void> {
    const { content, name, probe, counts } = this.#reader.encode(cut.rows);
    const key = chunkKey(cut);
    const last = this.#before.get(key);
    if (last?.probe === probe) {
      this.#chunks.set(key, last);
      return;
    }
    const { cell, part } = cut;
    const place = await this.#place(content, name);
    const captured: Captured = { cell, part, ...place, contentBytes: content.length, ...counts, probe };
    this.#chunks.set(key, captured);
    this.#changed.push(captured);
  }

  result(): PassResult {
    return { chunks: this.#chunks, changed: this.#changed, digest: this.#reader.digest() };
  }

  async #place(
    content: Uint8Array,
    name: string,
  ): Promise<Pick<Captured, 'content' | 'stored' | 'pack' | 'offset' | 'length'>> {
    const { known, form } = this.#options;
    const there = await known.find(name);
    if (there !== null) return { ...there, content: name };
    const bytes = await compress(content, form.compression);
    const stored = sha256(bytes);
    const place = await form.packs.add(bytes, { content: name, stored });
    return { ...place, content: name, stored };
  }
}
