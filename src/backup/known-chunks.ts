import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Compression } from '../ports/engines.ts';
import { type ChunkLayout, layoutFingerprint, layoutOf } from './chunk-layout.ts';
import { algorithmOf } from './compression.ts';
import { newestBackups } from './newest-backups.ts';
import { PackCache } from './pack-cache.ts';
import type { PackedChunk, PackReference } from './pack-writer.ts';
import { keyOfId, type LoadedManifest, loadManifest, TableReader } from './repository.ts';

/** Chunks remembered at most; beyond it chunks are stored anew, which costs room and nothing else. */
const mostKnown = 500_000;

export interface KnownChunk {
  readonly pack: PackReference;
  readonly stored: string;
  readonly offset: number;
  readonly length: number;
}

/** Chunks that the repository has, by the hash of their content. */
export class KnownChunks {
  readonly #packs: PackCache;
  readonly #chunks = new Map<string, KnownChunk>();
  readonly #algorithm: Compression['algorithm'];
  reused = 0;

  /** Chunks that are packed in another way are none. */
  constructor(store: BlobStore, algorithm: Compression['algorithm']) {
    this.#packs = new PackCache(store);
    this.#algorithm = algorithm;
  }

  remember(content: string, chunk: KnownChunk): void {
    if (this.#chunks.size < mostKnown && !this.#chunks.has(content)) this.#chunks.set(content, chunk);
  }

  /** Reads and hashes what it finds: a backup does not build on damaged bytes. */
  async find(content: string): Promise<KnownChunk | null> {
    const chunk = this.#chunks.get(content);
    if (chunk === undefined || chunk.pack.hash === null) return null;
    const { offset, length } = chunk;
    const bytes = await this.#packs.chunk({ pack: chunk.pack.hash, offset, length });
    const fits = bytes !== null && sha256(bytes) === chunk.stored && algorithmOf(bytes) === this.#algorithm;
    if (!fits) {
      this.#chunks.delete(content);
      return null;
    }
    this.reused += 1;
    return chunk;
  }
}

/** Remembers the chunks of the newest backups of this table whose columns are the same. */
export async function rememberEarlier(
  known: KnownChunks,
  store: BlobStore,
  table: { readonly keyspace: string; readonly name: string; readonly layout: ChunkLayout },
): Promise<void> {
  const wanted = Buffer.from(layoutFingerprint(table.layout));
  const fits = ({ manifest }: LoadedManifest): boolean =>
    manifest.plain === undefined &&
    manifest.keyspace === table.keyspace &&
    manifest.tables.some(
      (each) => each.table.name === table.name && wanted.equals(layoutFingerprint(layoutOf(each.table, each.columns))),
    );
  for (const id of await newestBackups(store, table)) {
    // one that cannot be read is no help here; `verify` reports it
    const loaded = await loadManifest(store, id).catch(() => null);
    if (loaded === null || !fits(loaded)) continue;
    const { manifest } = loaded;
    for (const each of manifest.tables.filter((other) => other.table.name === table.name)) {
      const reader = new TableReader(store, manifest, each);
      for await (const entries of reader.segments(() => undefined)) {
        for (const { content, stored, pack, offset, length } of entries) {
          known.remember(content, { pack: { hash: pack }, stored, offset, length });
        }
      }
    }
  }
}

const sealedShape = z.object({
  pack: z.string(),
  chunks: z.array(z.object({ content: z.string(), stored: z.string(), offset: z.int(), length: z.int() })),
});

/** In an append-only store an intent is not taken away: this says that its backup has come to its end. */
export const endedName = 'ended.json';

/** The same where a try has failed: what it has stored serves the next one, and nobody has to wait for it. */
export const failedName = 'failed.json';

/** Of a backup that is tried again: the same one, unless what an earlier try has left there has to stay. */
function intentFolder(store: BlobStore, id: string): string {
  const again = store.appendOnly === true ? `.${randomBytes(4).toString('hex')}` : '';
  return `intents/${keyOfId(id)}${again}/`;
}

/** Says that a backup is being made, and which packs it stores, each before it is there, until it is finished. */
export class Intent {
  readonly #store: BlobStore;
  readonly #id: string;
  readonly #folder: string;
  #begun: Uint8Array = new Uint8Array();

  constructor(store: BlobStore, id: string) {
    this.#store = store;
    this.#id = id;
    this.#folder = intentFolder(store, id);
  }

  /** Works between a beginning and an end. Where the work fails, no pruning takes it for alive any more. */
  async during<T>(createdAt: string, work: () => Promise<T>): Promise<T> {
    try {
      await this.#begin(createdAt);
      const made = await work();
      await this.#end();
      return made;
    } catch (thrown) {
      // What failed comes first; a beginning that stays is taken for dead in time.
      await this.#fail().catch(() => undefined);
      throw thrown;
    }
  }

  async #begin(createdAt: string): Promise<void> {
    const by = randomBytes(8).toString('hex');
    this.#begun = Buffer.from(`${canonicalJson({ by, id: this.#id, createdAt })}\n`);
    await this.#store.put(`${this.#folder}begun.json`, this.#begun, { replace: true });
  }

  /** Unless somebody else has begun the same one meanwhile, as a run that has taken this one's lease does. */
  async #fail(): Promise<void> {
    if (this.#store.appendOnly === true) {
      await this.#store.put(`${this.#folder}${failedName}`, Buffer.from('{}\n'));
      return;
    }
    const begun = await this.#store.get(`${this.#folder}begun.json`);
    if (begun !== null && Buffer.compare(begun, this.#begun) === 0)
      await this.#store.delete(`${this.#folder}begun.json`);
  }

  /** Throws `BACKUP_ABANDONED` when somebody took it for dead: what it refers to may be gone. */
  async assertAlive(): Promise<void> {
    if ((await this.#store.get(`${this.#folder}begun.json`)) !== null) return;
    throw new CqlformError('BACKUP_ABANDONED', `the backup ${this.#id} took so long that it was taken for dead`, {
      next: 'Make it again; nothing of the data was changed.',
      fields: { backup: this.#id, store: this.#store.name },
      exitCode: exitCodes.partlyApplied,
    });
  }

  async sealed(pack: string, chunks: readonly PackedChunk[]): Promise<void> {
    const listed = chunks.map(({ content, stored, offset, length }) => ({ content, stored, offset, length }));
    const bytes = Buffer.from(`${canonicalJson({ pack, chunks: listed })}\n`);
    await this.#store.put(`${this.#folder}${pack}.json`, bytes);
  }

  /** What other tries of backups of this keyspace have stored that did not end: killed, or still at work. */
  async rememberInto(known: KnownChunks, keyspace: string): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(`intents/${keyOfId(`${keyspace}-`)}`)) keys.push(key);
    const ended = new Set(keys.filter((key) => key.endsWith(`/${endedName}`)).map(folderOf));
    for (const key of keys) {
      if (ended.has(folderOf(key))) continue;
      const bytes = await this.#store.get(key);
      const sealed = bytes === null ? null : sealedIn(bytes);
      for (const { content, ...chunk } of sealed?.chunks ?? []) {
        known.remember(content, { ...chunk, pack: { hash: sealed?.pack ?? null } });
      }
    }
  }

  async #end(): Promise<void> {
    if (this.#store.appendOnly === true) {
      await this.#store.put(`${this.#folder}${endedName}`, Buffer.from('{}\n'));
      return;
    }
    const keys: string[] = [];
    for await (const { key } of this.#store.list(this.#folder)) keys.push(key);
    for (const key of keys) await this.#store.delete(key);
  }
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/'));
}

/** What an intent says of a pack; null for other objects, and damaged ones. */
export function sealedIn(bytes: Uint8Array): z.infer<typeof sealedShape> | null {
  try {
    return sealedShape.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
