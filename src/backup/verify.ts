import { createDigest } from '../cql/digest.ts';
import { sha256 } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Progress } from '../model/event.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { VerifyReport } from '../ports/engines.ts';
import { countsOf } from './capture.ts';
import { type ChunkEntry, inTokenOrder } from './index-segment.ts';
import type { BackupCounts } from './manifest.ts';
import { type Damage, type LoadedManifest, packKey, rangeOf, TableReader } from './repository.ts';

type OnChunk = (entry: ChunkEntry, stored: Uint8Array) => Promise<Damage | null>;

/**
 * Reads every stored byte of a table: index, whole packs, each chunk. `onSegment` is told of each part of the chunk list
 * once its bytes are found whole (null: it was not) with the bytes read so far. Gives all damage.
 */
export async function checkStored(
  reader: TableReader,
  store: BlobStore,
  onSegment: (entries: readonly ChunkEntry[] | null, bytes: number) => void,
  onChunk: OnChunk = async () => null,
): Promise<readonly Damage[]> {
  const damage: Damage[] = [];
  let bytes = 0;
  for await (const entries of reader.segments((each) => damage.push(each))) {
    const before = damage.length;
    const byPack = Map.groupBy(entries, (entry) => entry.pack);
    for (const [pack, chunks] of byPack) {
      damage.push(...(await checkPack({ reader, store, onChunk }, pack, chunks)));
      bytes += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    }
    onSegment(damage.length === before ? entries : null, bytes);
  }
  return damage;
}

interface PackCheck {
  readonly reader: TableReader;
  readonly store: BlobStore;
  readonly onChunk: OnChunk;
}

async function checkPack(check: PackCheck, pack: string, chunks: readonly ChunkEntry[]): Promise<Damage[]> {
  const { reader, store, onChunk } = check;
  const object = packKey(pack);
  const table = reader.entry.table.name;
  const bytes = await store.get(object);
  if (bytes === null) {
    return chunks.map((entry) => ({ table, range: rangeOf(entry), object, problem: 'the pack is missing' }));
  }
  const damage: Damage[] = [];
  for (const entry of chunks.toSorted(inTokenOrder)) {
    const stored = bytes.subarray(entry.offset, entry.offset + entry.length);
    const problem =
      stored.length < entry.length
        ? 'the pack is cut short'
        : sha256(stored) === entry.stored
          ? null
          : 'the chunk does not match its hash';
    const found = problem === null ? await onChunk(entry, stored) : { table, range: rangeOf(entry), object, problem };
    if (found !== null) damage.push(found);
  }
  if (damage.length === 0 && sha256(bytes) !== pack) {
    const problem = 'the pack does not match its hash, outside of the chunks of this backup';
    damage.push({ table, range: 'none of this backup', object, problem });
  }
  return damage;
}

/** Re-reads every byte of a backup: hashes, decodes, counts, digests. */
export async function verifyBackup(
  { manifest, bytes: manifestBytes }: LoadedManifest,
  store: BlobStore,
  onProgress: (progress: Progress) => void,
): Promise<VerifyReport> {
  const damage: Damage[] = [];
  const total = manifest.tables.reduce((sum, each) => sum + each.bytes, 0);
  let [chunks, rows, staticRows, bytes] = [0, 0, 0, manifestBytes];
  let done = 0;
  for (const entry of manifest.tables) {
    const reader = new TableReader(store, manifest.id, entry);
    const tally = new Tally(reader);
    const found = await checkStored(
      reader,
      store,
      (_entries, read) => onProgress({ unit: 'bytes', done: done + read, total }),
      (chunk, stored) => tally.take(chunk, stored),
    );
    done += entry.bytes;
    bytes += entry.bytes + entry.index.reduce((sum, each) => sum + each.bytes, 0);
    chunks += tally.chunks;
    rows += tally.counts.rows;
    staticRows += tally.counts.staticRows;
    damage.push(...found, ...(found.length === 0 ? tally.differences() : []));
  }
  return { backup: manifest.id, chunks, rows, staticRows, bytes, damage };
}

/** What the chunks of a table come to, against what its manifest says. */
class Tally {
  readonly #reader: TableReader;
  readonly #digest: ReturnType<typeof createDigest>;
  chunks = 0;
  counts: BackupCounts = { rows: 0, staticRows: 0, cells: 0, expiringCells: 0 };

  constructor(reader: TableReader) {
    this.#reader = reader;
    this.#digest = createDigest([...reader.layout.static, ...reader.layout.regular]);
  }

  async take(entry: ChunkEntry, stored: Uint8Array): Promise<Damage | null> {
    const rows = await this.#reader.decode(entry, stored);
    if (typeof rows === 'string') return this.#damage(rangeOf(entry), packKey(entry.pack), rows);
    const more = countsOf(rows);
    this.chunks += 1;
    this.counts = {
      rows: this.counts.rows + more.rows,
      staticRows: this.counts.staticRows + more.staticRows,
      cells: this.counts.cells + more.cells,
      expiringCells: this.counts.expiringCells + more.expiringCells,
    };
    for (const { row } of rows) this.#digest.add(row);
    return null;
  }

  differences(): Damage[] {
    const { counts, valueDigest } = this.#reader.entry;
    const said: Record<string, string | number> = { ...counts, valueDigest };
    const found: Record<string, string | number> = { ...this.counts, valueDigest: this.#digest.hex() };
    return Object.keys(said)
      .filter((name) => own(said, name) !== own(found, name))
      .map((name) =>
        this.#damage('all', 'the manifest', `${name} is ${own(found, name)}, the manifest says ${own(said, name)}`),
      );
  }

  #damage(range: string, object: string, problem: string): Damage {
    return { table: this.#reader.entry.table.name, range, object, problem };
  }
}
