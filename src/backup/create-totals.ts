import type { BackupStored } from '../ports/engines.ts';
import type { ChunkEntry } from './index-segment.ts';
import type { BackupCounts } from './manifest.ts';

export const nothingStored: BackupStored = {
  ...{ rows: 0, readBytes: 0, chunks: 0, bytes: 0 },
  ...{ newRows: 0, newChunks: 0, newBytes: 0 },
};

/** What the chunks of a table cost; `packs`: those that were put for it. */
export function storedOf(entries: readonly ChunkEntry[], packs: ReadonlySet<string>): Omit<BackupStored, 'readBytes'> {
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

export function sumOf(one: BackupStored, other: BackupStored): BackupStored {
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

/** What chunks hold together. */
export function totals(chunks: Iterable<BackupCounts>): BackupCounts {
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
