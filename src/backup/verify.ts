import { createDigest } from '../cql/digest.ts';
import { sha256 } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Progress } from '../model/event.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { VerifiedTable, VerifyOptions, VerifyReport } from '../ports/engines.ts';
import { type ChunkEntry, inTokenOrder } from './index-segment.ts';
import type { BackupCounts, Manifest } from './manifest.ts';
import { plainFolderOf } from './plain/plain-files.ts';
import { type Damage, type LoadedManifest, rangeOf, TableReader } from './repository.ts';
import { countsOf } from './scope-readers.ts';

type OnChunk = (entry: ChunkEntry, stored: Uint8Array) => Promise<Damage | null>;

export interface CheckOptions {
  /** Called after each part of the chunk list with the bytes of chunks read so far. */
  readonly onRead: (bytes: number) => void;
  /** What else has to hold of a chunk whose bytes are whole. */
  readonly onChunk?: OnChunk;
  /** Told of each chunk that is not whole. */
  readonly onDamaged?: (entry: ChunkEntry) => void;
  /** Percent of the packs that are read, chosen at random, at least one; left out: all. */
  readonly share?: number;
}

/** Reads every stored byte of a table: index, whole packs, each chunk; or a share of the packs. Gives all damage. */
export async function checkStored(
  reader: TableReader,
  store: BlobStore,
  { onRead, onChunk = async () => null, onDamaged = () => undefined, share = 100 }: CheckOptions,
): Promise<readonly Damage[]> {
  const damage: Damage[] = [];
  const pick = chooser(share);
  let bytes = 0;
  for await (const entries of reader.segments((each) => damage.push(each))) {
    const byPack = Map.groupBy(entries, (entry) => entry.pack);
    for (const pack of pick([...byPack.keys()])) {
      const chunks = byPack.get(pack) ?? [];
      damage.push(...(await checkPack({ reader, store, onChunk, onDamaged }, pack, chunks)));
      bytes += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    }
    onRead(bytes);
  }
  return damage;
}

/** What opens an encrypted repository: another of its keys may be all that somebody has. */
async function checkKeys(store: BlobStore): Promise<readonly Damage[]> {
  const damaged = (await store.damagedKeys?.()) ?? [];
  const problem = 'the key file is not as it was written; what it was made for opens nothing';
  return damaged.map((object) => ({ table: '', range: 'none of a table', object, problem }));
}

/** Files of a plain backup beside those of its tables, and such in its folder that are none of it. */
export async function checkBeside(manifest: Manifest, store: BlobStore): Promise<readonly Damage[]> {
  if (manifest.plain === undefined) return [];
  const all = { table: '', range: 'none of a table' };
  const damage: Damage[] = [];
  for (const { key, sha256: hash } of manifest.plain.files) {
    const bytes = await store.get(key);
    if (bytes === null) damage.push({ ...all, object: key, problem: 'the file is missing' });
    else if (sha256(bytes) !== hash) damage.push({ ...all, object: key, problem: 'the file does not match its hash' });
  }
  const known = new Set([manifest.plain, ...manifest.tables].flatMap(({ files = [] }) => files.map(({ key }) => key)));
  for await (const { key } of store.list(plainFolderOf(manifest.id))) {
    if (!known.has(key)) damage.push({ ...all, object: key, problem: 'the file is none of this backup' });
  }
  return damage;
}

/** Chooses names at random, of the first list at least one. */
function chooser(share: number): (names: readonly string[]) => readonly string[] {
  let chosen = false;
  return (names) => {
    if (share >= 100) return names;
    const some = names.filter(() => Math.random() * 100 < share);
    const any = names[Math.floor(Math.random() * names.length)];
    const picked = some.length > 0 || chosen || any === undefined ? some : [any];
    chosen = true;
    return picked;
  };
}

interface PackCheck {
  readonly reader: TableReader;
  readonly store: BlobStore;
  readonly onChunk: OnChunk;
  readonly onDamaged: (entry: ChunkEntry) => void;
}

async function checkPack(check: PackCheck, pack: string, chunks: readonly ChunkEntry[]): Promise<Damage[]> {
  const { reader, store, onChunk, onDamaged } = check;
  const object = reader.objectOf(pack);
  const table = reader.entry.table.name;
  const bytes = await store.get(object);
  if (bytes === null) {
    for (const entry of chunks) onDamaged(entry);
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
    if (found === null) continue;
    damage.push(found);
    onDamaged(entry);
  }
  if (damage.length === 0 && sha256(bytes) !== pack) {
    const problem = 'the pack does not match its hash, outside of the chunks of this backup';
    damage.push({ table, range: 'none of this backup', object, problem });
  }
  return damage;
}

/**
 * Re-reads every byte of a backup: hashes, decodes, counts, digests. With a `share` below 100, in percent, only so many of
 * its packs, and then nothing is counted against the manifest.
 */
export async function verifyBackup(
  { manifest, bytes: manifestBytes }: LoadedManifest,
  store: BlobStore,
  { onProgress, share = 100 }: VerifyOptions & { readonly onProgress: (progress: Progress) => void },
): Promise<VerifyReport> {
  const damage: Damage[] = [...(await checkKeys(store)), ...(await checkBeside(manifest, store))];
  const total = manifest.tables.reduce((sum, each) => sum + each.bytes, 0);
  let [chunks, rows, staticRows, bytes] = [0, 0, 0, manifestBytes];
  const tables: VerifiedTable[] = [];
  let done = 0;
  for (const entry of manifest.tables) {
    const reader = new TableReader(store, manifest, entry);
    const tally = new Tally(reader);
    let readBytes = 0;
    const found = await checkStored(reader, store, {
      onRead: (read) => {
        readBytes = read;
        onProgress({ unit: 'bytes', done: done + read, total: (total * share) / 100 });
      },
      onChunk: (chunk, stored) => tally.take(chunk, stored),
      share,
    });
    done += readBytes;
    bytes += readBytes + entry.index.reduce((sum, each) => sum + each.bytes, 0);
    chunks += tally.chunks;
    rows += tally.counts.rows;
    staticRows += tally.counts.staticRows;
    const all = [...found, ...(found.length === 0 && share >= 100 ? tally.differences() : [])];
    damage.push(...all);
    const { counts, table } = entry;
    tables.push({
      table: table.name,
      ...{ chunks: entry.chunks, wholeChunks: tally.chunks, rows: counts.rows, wholeRows: tally.counts.rows },
      isWhole: all.length === 0,
    });
  }
  return { backup: manifest.id, share, chunks, rows, staticRows, bytes, tables, damage };
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
    if (typeof rows === 'string') return this.#damage(rangeOf(entry), this.#reader.objectOf(entry.pack), rows);
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
