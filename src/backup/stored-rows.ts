import type { StoredRow } from '../model/row.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { ChunkEntry } from './index-segment.ts';
import type { Manifest } from './manifest.ts';
import { manifestKey, TableReader } from './repository.ts';

/**
 * The rows of one table of a backup, a page for each chunk, in token and clustering order. Every byte is hashed before
 * a row of it is given; at the end the rows are counted against the manifest. Throws `BACKUP_DAMAGED`.
 */
export async function* storedRows(
  manifest: Manifest,
  store: BlobStore,
  table: string,
): AsyncGenerator<readonly StoredRow[]> {
  const entry = manifest.tables.find((one) => one.table.name === table);
  if (entry === undefined) throw new TypeError(`backup ${manifest.id} has no table ${table}`);
  const reader = new TableReader(store, manifest, entry);
  const said = entry.counts;
  let [rows, staticRows] = [0, 0];
  for await (const page of chunksOf(reader)) {
    for (const { kind } of page) {
      if (kind === 'static') staticRows += 1;
      else rows += 1;
    }
    yield page;
  }
  if (rows === said.rows && staticRows === said.staticRows) return;
  const problem = `it has ${rows} rows and ${staticRows} static rows, the manifest says ${said.rows} and ${said.staticRows}`;
  throw reader.fail({ table, range: 'all', object: manifestKey(manifest.id), problem }, 'its chunks are whole');
}

/** The next chunk is read while what is made of this one is written. */
async function* chunksOf(reader: TableReader): AsyncGenerator<readonly StoredRow[]> {
  let pending: Promise<readonly StoredRow[]> | null = null;
  const read = async (entry: ChunkEntry): Promise<readonly StoredRow[]> => {
    const chunk = await reader.rows(entry);
    if ('damage' in chunk) throw reader.fail(chunk.damage, 'what was read before it is whole');
    return chunk.rows.map(({ row }) => row);
  };
  for await (const entries of reader.wholeSegments()) {
    for (const entry of entries) {
      const next = read(entry);
      next.catch(() => undefined);
      if (pending !== null) yield await pending;
      pending = next;
    }
  }
  if (pending !== null) yield await pending;
}
