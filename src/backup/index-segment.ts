import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { sha256 } from '../kernel/hash.ts';
import { cellBounds, type GridCell, parseCell } from './grid.ts';

/** Where a chunk lies and what it must be. */
export interface ChunkEntry {
  readonly cell: GridCell;
  /** Counts the pieces of a partition that is too large for one chunk; 0 otherwise. */
  readonly part: number;
  /** SHA-256 of the content before compression: what the chunk is known by. */
  readonly content: string;
  /** SHA-256 of the stored bytes. */
  readonly stored: string;
  readonly pack: string;
  readonly offset: number;
  readonly length: number;
  readonly rows: number;
  readonly staticRows: number;
}

export const entriesPerSegment = 4096;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();
const segmentShape = z.object({
  packs: z.array(hash),
  chunks: z.array(z.tuple([z.string(), count, hash, hash, count, count, count, count, count])),
});

/** Token order, and the pieces of one partition in theirs. */
export function inTokenOrder(a: ChunkEntry, b: ChunkEntry): number {
  const [left, right] = [cellBounds(a.cell).first, cellBounds(b.cell).first];
  return left < right ? -1 : left > right ? 1 : a.part - b.part;
}

/** A piece of a chunk list as it is stored; named by the hash of its bytes. */
export function writeSegment(entries: readonly ChunkEntry[]): { readonly key: string; readonly bytes: Uint8Array } {
  const packs = [...new Set(entries.map((entry) => entry.pack))];
  const places = new Map(packs.map((pack, index) => [pack, index]));
  const chunks = entries.map((entry) => [
    `${entry.cell.depth}/${entry.cell.index}`,
    entry.part,
    entry.content,
    entry.stored,
    places.get(entry.pack) ?? 0,
    entry.offset,
    entry.length,
    entry.rows,
    entry.staticRows,
  ]);
  const bytes = zstdCompressSync(JSON.stringify({ packs, chunks }));
  return { key: `indexes/${sha256(bytes)}.idx`, bytes };
}

/** Null when the bytes are not those that the key names, or say nothing sensible. */
export function readSegment(key: string, bytes: Uint8Array): readonly ChunkEntry[] | null {
  if (key !== `indexes/${sha256(bytes)}.idx`) return null;
  const parsed = segmentShape.safeParse(JSON.parse(zstdDecompressSync(bytes).toString('utf8')));
  if (!parsed.success) return null;
  const entries: ChunkEntry[] = [];
  for (const [name, part, content, stored, place, offset, length, rows, staticRows] of parsed.data.chunks) {
    const cell = parseCell(name);
    const pack = parsed.data.packs[place];
    if (cell === null || pack === undefined) return null;
    entries.push({ cell, part, content, stored, pack, offset, length, rows, staticRows });
  }
  return entries;
}
