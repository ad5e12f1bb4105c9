import { sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { MirroredBackup, MirrorRequest } from '../ports/engines.ts';
import { Intent } from './known-chunks.ts';
import { putVerified } from './pack-writer.ts';
import { waitForPruning } from './pruning-mark.ts';
import { damaged, type LoadedManifest, manifestKey, TableReader } from './repository.ts';

/** Objects of a backup that are under way at once; each is held whole, twice. */
const objectsAtOnce = 4;

interface NamedObject {
  readonly key: string;
  /** Of its bytes. */
  readonly hash: string;
  readonly table: string;
}

type Copied = Pick<MirroredBackup, 'objects' | 'bytes' | 'newObjects' | 'newBytes'>;

/**
 * Copies backups into another repository, each object read back there and compared with the hash that names it, those
 * that were there before too. The order of writes is that of a backup that is made: an intent, packs, index, the
 * manifest last; so a copy that is killed leaves no half of a backup, and the next one goes on with what is missing.
 */
export class Mirror {
  readonly #from: BlobStore;
  readonly #request: MirrorRequest;
  readonly #clock: Clock;
  /** Bytes of the objects that were looked at there, for the backups before. */
  readonly #checked = new Map<string, number>();

  constructor(from: BlobStore, request: MirrorRequest, clock: Clock) {
    this.#from = from;
    this.#request = request;
    this.#clock = clock;
  }

  /** Throws `BACKUP_DAMAGED` when an object of it is not what its name says: what is hurt is not spread. */
  async backup({ manifest, hash }: LoadedManifest): Promise<MirroredBackup> {
    const { into, assertHeld } = this.#request;
    const key = manifestKey(manifest.id);
    const bytes = await this.#from.get(key);
    if (bytes === null) throw this.#lost(manifest.id, { key, hash, table: '' }, 'it is gone');
    const before = await into.get(key);
    const there = before !== null && Buffer.compare(before, bytes) === 0;
    const intent = new Intent(into, manifest.id);
    assertHeld();
    const sum = await intent.during(this.#clock.now().toISOString(), async () => {
      await waitForPruning(into, this.#clock, assertHeld);
      const copied = await this.#copy(manifest, intent);
      assertHeld();
      await intent.assertAlive();
      // one that is there as it is stays, sealed or not
      if (!there || into.appendOnly !== true) await putVerified(into, key, bytes, { replace: true });
      return copied;
    });
    return { id: manifest.id, createdAt: manifest.createdAt, keyspace: manifest.keyspace, there, ...sum };
  }

  async #copy(manifest: LoadedManifest['manifest'], intent: Intent): Promise<Copied> {
    const { assertHeld, onProgress } = this.#request;
    const sum = { objects: 0, bytes: 0, newObjects: 0, newBytes: 0 };
    for await (const batch of inBatches(this.#objects(manifest), objectsAtOnce)) {
      assertHeld();
      const done = await Promise.all(batch.map((object) => this.#object(manifest.id, object, intent)));
      for (const { size, isNew } of done) {
        sum.objects += 1;
        sum.bytes += size;
        if (isNew) sum.newObjects += 1;
        if (isNew) sum.newBytes += size;
      }
      onProgress({ unit: 'bytes', done: sum.bytes, total: null });
    }
    return sum;
  }

  /** Packs before the pieces of the index that name them. */
  async *#objects({ tables, ...manifest }: LoadedManifest['manifest']): AsyncGenerator<NamedObject> {
    for (const entry of tables) {
      const table = entry.table.name;
      const reader = new TableReader(this.#from, manifest, entry);
      const packs = new Set<string>();
      for await (const segment of reader.wholeSegments()) {
        for (const { pack } of segment) {
          if (packs.has(pack)) continue;
          packs.add(pack);
          yield { key: reader.objectOf(pack), hash: pack, table };
        }
      }
      for (const { key } of entry.index) yield { key, hash: hashIn(key), table };
    }
    for (const { key, sha256: hash } of manifest.plain?.files ?? []) yield { key, hash, table: '' };
  }

  async #object(id: string, object: NamedObject, intent: Intent): Promise<{ size: number; isNew: boolean }> {
    const { into } = this.#request;
    const { key, hash } = object;
    const known = this.#checked.get(key);
    if (known !== undefined) return { size: known, isNew: false };
    const present = await into.get(key);
    if (present !== null && sha256(present) === hash) {
      this.#checked.set(key, present.length);
      return { size: present.length, isNew: false };
    }
    const bytes = await this.#from.get(key);
    if (bytes === null) throw this.#lost(id, object, 'it is missing');
    if (sha256(bytes) !== hash) throw this.#lost(id, object, 'it does not match its hash');
    if (key.startsWith('packs/')) await intent.sealed(hash, []);
    await putVerified(into, key, bytes, { replace: present !== null });
    this.#checked.set(key, bytes.length);
    return { size: bytes.length, isNew: true };
  }

  #lost(id: string, { key, table }: NamedObject, problem: string): Error {
    const damage = { table, range: 'all', object: key, problem };
    return damaged(
      id,
      damage,
      `nothing of it was copied that is not whole, and ${this.#request.into.name} does not list it`,
    );
  }
}

/** `indexes/<hash>.idx` */
function hashIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1, key.lastIndexOf('.'));
}

async function* inBatches<T>(all: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
