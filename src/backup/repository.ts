import { createText } from '../cql/create.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { decodeChunk } from './chunk-decode.ts';
import { type ChunkLayout, type ChunkRow, layoutOf } from './chunk-layout.ts';
import { decompress } from './compression.ts';
import { cellBounds, rangeName } from './grid.ts';
import { type ChunkEntry, inTokenOrder, readSegment } from './index-segment.ts';
import { type Manifest, readManifest, type TableManifest } from './manifest.ts';
import { PackCache } from './pack-cache.ts';
import { PlainDecoder } from './plain/plain-decode.ts';
import { plainLayout } from './plain/plain-layout.ts';

export function packKey(hash: string): string {
  return `packs/${hash.slice(0, 2)}/${hash}.pack`;
}

/** An id as part of an object's key: whatever but a-z, 0-9 and `-` stands as `_` and two hex digits per byte. */
export function keyOfId(id: string): string {
  return Array.from(Buffer.from(id, 'utf8'), (byte) => {
    const letter = String.fromCharCode(byte);
    return /[a-z0-9-]/.test(letter) ? letter : `_${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

/** The same as what a folder can hold as a name, also when it is enciphered; a long one can only be found again. */
export function shortKey(id: string): string {
  const key = keyOfId(id);
  return key.length <= 100 ? key : sha256(key);
}

export function manifestKey(id: string): string {
  return `manifests/${keyOfId(id)}.json`;
}

/** What is wrong with one object, and which rows it concerns. */
export interface Damage {
  readonly table: string;
  readonly range: string;
  readonly object: string;
  readonly problem: string;
}

export type LoadedManifest = { readonly manifest: Manifest; readonly hash: string; readonly bytes: number };

/** The id in a manifest's key; what `keyOfId` did, undone. */
export function idOfManifest(key: string): string {
  const name = key.slice('manifests/'.length, -'.json'.length);
  const bytes = name.replaceAll(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Objects that a store lists but cannot give, as when a cluster lost the table of their bytes, are damage, not absence. */
async function isListed(store: BlobStore, key: string): Promise<boolean> {
  for await (const object of store.list(key)) if (object.key === key) return true;
  return false;
}
const bodyLost = 'its content is lost: the store lists it, but cannot give it';

/** Null when there is no such backup; throws `BACKUP_DAMAGED` or `BACKUP_TOO_NEW`. */
export async function loadManifest(store: BlobStore, id: string): Promise<LoadedManifest | null> {
  const key = manifestKey(id);
  const bytes = await store.get(key);
  if (bytes === null) {
    if (!(await isListed(store, key))) return null;
    throw manifestDamaged(id, bodyLost);
  }
  const read = readManifest(bytes);
  if (read.kind === 'newer') throw tooNew(store, key, read.major);
  const problem = read.kind === 'damaged' ? read.problem : `it is the manifest of ${read.manifest.id}`;
  if (read.kind === 'damaged' || read.manifest.id !== id) {
    throw manifestDamaged(id, problem);
  }
  return { manifest: read.manifest, hash: read.hash, bytes: bytes.length };
}

function manifestDamaged(id: string, problem: string): CqlformError {
  const damage = { table: '', range: 'all', object: manifestKey(id), problem };
  return damaged(id, damage, 'nothing of this backup can be restored');
}

/** Every readable manifest; those that cannot be read are handed to `onUnreadable`. */
export async function* allManifests(
  store: BlobStore,
  onUnreadable: (key: string, problem: string) => void,
): AsyncIterable<LoadedManifest> {
  for await (const { key } of store.list('manifests/')) {
    const bytes = await store.get(key);
    if (bytes === null) {
      // Deleted meanwhile, or damaged.
      if (await isListed(store, key)) onUnreadable(key, bodyLost);
      continue;
    }
    const read = readManifest(bytes);
    if (read.kind === 'manifest' && manifestKey(read.manifest.id) === key) {
      yield { manifest: read.manifest, hash: read.hash, bytes: bytes.length };
    } else {
      onUnreadable(
        key,
        read.kind === 'newer'
          ? `format ${read.major}`
          : read.kind === 'damaged'
            ? read.problem
            : `the manifest of ${read.manifest.id}`,
      );
    }
  }
}

export function infoOf({ manifest, hash }: LoadedManifest, store: string): BackupInfo {
  return {
    id: manifest.id,
    createdAt: manifest.createdAt,
    finishedAt: manifest.finishedAt,
    keyspace: manifest.keyspace,
    cluster: manifest.cluster,
    label: manifest.label,
    strategy: manifest.strategy ?? null,
    schedule: manifest.schedule ?? null,
    writeTimes: manifest.writeTimes ?? true,
    bytes: manifest.tables.reduce((sum, each) => sum + each.bytes, 0),
    format: manifest.plain === undefined ? 'chunks' : 'csv',
    compression: manifest.compression.algorithm,
    store,
    manifestHash: hash,
    grants: manifest.grants ?? null,
    tables: manifest.tables.map((each) => ({
      table: each.table.name,
      tokens: each.tokens ?? null,
      tableId: each.tableId,
      definition: [...Object.values(manifest.types), each.table].map((one) => createText(one, null)).join('\n'),
      columns: each.columns,
      rows: each.counts.rows,
      staticRows: each.counts.staticRows,
      valueDigest: each.valueDigest,
      timesInferred: each.timesInferred,
    })),
  };
}

/** One table of one backup, for reading. */
export class TableReader {
  readonly entry: TableManifest;
  readonly layout: ChunkLayout;
  readonly #store: BlobStore;
  readonly #id: string;
  readonly #packs: PackCache;
  readonly #files: ReadonlyMap<string, string>;
  readonly #plain: PlainDecoder | null;

  constructor(store: BlobStore, { id, types, plain }: Pick<Manifest, 'id' | 'types' | 'plain'>, entry: TableManifest) {
    this.#store = store;
    this.#id = id;
    this.#files = new Map((entry.files ?? []).map(({ key, sha256: hash }) => [hash, key]));
    this.#packs = new PackCache(store, (pack) => this.objectOf(pack));
    this.entry = entry;
    this.layout = layoutOf(entry.table, entry.columns);
    this.#plain = plain === undefined ? null : new PlainDecoder(plainLayout(this.layout), types);
  }

  /** The key of what the index calls a pack. */
  objectOf(pack: string): string {
    return this.#files.get(pack) ?? packKey(pack);
  }

  /** The chunk list in token order, segment by segment. A segment that is missing or damaged is handed to `onDamage`. */
  async *segments(onDamage: (damage: Damage) => void): AsyncIterable<readonly ChunkEntry[]> {
    let previous: ChunkEntry | null = null;
    let chunks = 0;
    for (const { key, chunks: expected } of this.entry.index) {
      const bytes = await this.#store.get(key);
      const entries = bytes === null ? null : readSegment(key, bytes);
      if (entries === null || entries.length !== expected) {
        const problem = bytes === null ? 'the index is missing' : 'the index does not match its hash';
        onDamage(this.#damage('unknown: a part of the index', key, problem));
        continue;
      }
      chunks += entries.length;
      for (const entry of entries) {
        if (previous !== null && inTokenOrder(previous, entry) >= 0) {
          onDamage(this.#damage(rangeOf(entry), key, 'the index is out of order'));
        }
        previous = entry;
      }
      yield entries;
    }
    if (chunks !== this.entry.chunks) {
      const problem = `the index lists ${chunks} chunks, the manifest says ${this.entry.chunks}`;
      onDamage(this.#damage('all', 'the index', problem));
    }
  }

  /** The chunk list of a table that was checked before. Throws `BACKUP_DAMAGED` where it is no longer whole. */
  async *wholeSegments(): AsyncGenerator<readonly ChunkEntry[]> {
    yield* this.segments((damage) => {
      throw this.fail(damage, 'the object changed after it was checked');
    });
  }

  /** Rows of a chunk whose every byte was checked; or what is wrong with it. */
  async rows(entry: ChunkEntry): Promise<{ readonly rows: readonly ChunkRow[] } | { readonly damage: Damage }> {
    const key = this.objectOf(entry.pack);
    const bytes = await this.#packs.chunk(entry);
    if (bytes === null) return { damage: this.#damage(rangeOf(entry), key, 'the pack is missing') };
    const checked = await this.decode(entry, bytes);
    return typeof checked === 'string' ? { damage: this.#damage(rangeOf(entry), key, checked) } : { rows: checked };
  }

  /** Rows of a chunk's stored bytes, or the problem. */
  async decode(entry: ChunkEntry, stored: Uint8Array): Promise<readonly ChunkRow[] | string> {
    if (stored.length !== entry.length) return `the pack is cut short: ${stored.length} of ${entry.length} bytes`;
    if (sha256(stored) !== entry.stored) return 'the chunk does not match its hash';
    try {
      const content = await decompress(stored);
      if (sha256(content) !== entry.content) return 'the chunk does not hold what its index says';
      const rows = this.#plain?.decode(content) ?? decodeChunk(this.layout, content);
      const statics = rows.filter(({ row }) => row.kind === 'static').length;
      if (statics !== entry.staticRows || rows.length - statics !== entry.rows) {
        return `the chunk has ${rows.length} rows, its index says ${entry.rows + entry.staticRows}`;
      }
      return rows;
    } catch (thrown) {
      return `the chunk cannot be decoded: ${reasonOf(thrown)}`;
    }
  }

  #damage(range: string, object: string, problem: string): Damage {
    return { table: this.entry.table.name, range, object, problem };
  }

  fail(damage: Damage, restorable: string): CqlformError {
    return damaged(this.#id, damage, restorable);
  }
}

export function rangeOf(entry: ChunkEntry): string {
  const { first, last } = cellBounds(entry.cell);
  return entry.part === 0 ? rangeName(first, last) : `${rangeName(first, last)}, piece ${entry.part}`;
}

/** `restorable` says what of the backup is still whole. */
export function damaged(id: string, damage: Damage, restorable: string): CqlformError {
  const where = damage.table === '' ? '' : ` (${damage.table}, ${damage.range})`;
  return new CqlformError(
    'BACKUP_DAMAGED',
    `backup ${id}: ${damage.object}${where}: ${damage.problem}; ${restorable}`,
    {
      next: `Run \`cqlform backup verify ${id}\` for the whole list, and bring the object back from a copy of the repository, or restore another backup.`,
      fields: { backup: id, table: damage.table, range: damage.range, object: damage.object, problem: damage.problem },
      exitCode: exitCodes.integrity,
    },
  );
}

function tooNew(store: BlobStore, key: string, major: number): CqlformError {
  return new CqlformError(
    'BACKUP_TOO_NEW',
    `${key} in ${store.name} has format ${major}, which this version cannot read`,
    {
      next: 'Use the version of cqlform that made this backup, or a newer one.',
      fields: { object: key, major },
    },
  );
}
