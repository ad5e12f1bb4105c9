import { z } from 'zod';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { endedName, failedName, sealedIn } from './known-chunks.ts';
import { plainFolder } from './plain/plain-files.ts';
import { allManifests, packKey, TableReader } from './repository.ts';

/** An intent that nobody has touched for so long belongs to a backup that died. */
const abandonedAfterMs = 7 * 24 * 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;
const garbageFolder = 'garbage/';

/** A list of objects that nothing referred to at a time. */
export interface GarbageList {
  readonly key: string;
  /** ISO. */
  readonly listedAt: string;
  readonly objects: readonly string[];
}

export interface Intents {
  /** Backups that are being made, as far as can be told. */
  readonly alive: readonly string[];
  /** Objects of those that died or failed, or that ended in an append-only store. */
  readonly abandoned: readonly string[];
  /** Packs that the living refer to. */
  readonly packs: ReadonlySet<string>;
}

const begunShape = z.object({ createdAt: z.iso.datetime() });

export async function readIntents(store: BlobStore, now: Date): Promise<Intents> {
  const byFolder = new Map<string, string[]>();
  for await (const { key } of store.list('intents/')) {
    const folder = key.slice(0, key.lastIndexOf('/'));
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), key]);
  }
  const alive: string[] = [];
  const abandoned: string[] = [];
  const packs = new Set<string>();
  for (const [folder, keys] of byFolder) {
    if (keys.includes(`${folder}/${endedName}`) || keys.includes(`${folder}/${failedName}`)) {
      abandoned.push(...keys);
      continue;
    }
    const begun = await beginOf(store, `${folder}/begun.json`);
    if (begun === 'missing' || (begun !== null && now.getTime() - begun > abandonedAfterMs)) {
      abandoned.push(...keys);
      continue;
    }
    alive.push(folder.slice('intents/'.length));
    for (const key of keys) {
      const bytes = await store.get(key);
      const pack = bytes === null ? null : sealedIn(bytes)?.pack;
      if (typeof pack === 'string') packs.add(packKey(pack));
    }
  }
  return { alive, abandoned, packs };
}

/**
 * Milliseconds; null where it cannot be told, which counts as alive. One without a beginning failed, or died while it was
 * removed: the beginning is there before anything else, and a backup that does not find it fails.
 */
async function beginOf(store: BlobStore, key: string): Promise<number | 'missing' | null> {
  const bytes = await store.get(key);
  if (bytes === null) return 'missing';
  try {
    return Date.parse(begunShape.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).createdAt);
  } catch {
    return null;
  }
}

/** Packs and index pieces that manifests refer to. Throws `BACKUP_DAMAGED` where that cannot be told of one. */
export async function referred(store: BlobStore, without: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const unreadable: string[] = [];
  for await (const { manifest } of allManifests(store, (key, problem) => unreadable.push(`${key}: ${problem}`))) {
    if (without.has(manifest.id)) continue;
    for (const table of manifest.tables) {
      for (const { key } of table.index) found.add(key);
      const reader = new TableReader(store, manifest, table);
      const onDamage = ({ object, problem }: { object: string; problem: string }): unknown =>
        unreadable.push(`${object}: ${problem}`);
      for await (const entries of reader.segments(onDamage))
        for (const { pack } of entries) found.add(reader.objectOf(pack));
    }
    for (const { key } of manifest.plain?.files ?? []) found.add(key);
  }
  if (unreadable.length === 0) return found;
  throw new CqlformError(
    'BACKUP_DAMAGED',
    `${store.name}: what is still needed cannot be told: ${unreadable.join(', ')}`,
    {
      next: 'Nothing was removed. Bring these objects back from a copy of the repository, or remove the damaged manifests by hand when their backups are no longer wanted.',
      fields: { store: store.name, objects: unreadable },
      exitCode: exitCodes.integrity,
    },
  );
}

/**
 * What an append-only store has gathered that is taken away elsewhere by whoever wrote it: hints, marks of scheduled runs
 * that are long over, and records of runs but the newest.
 */
export async function leftBehind(store: BlobStore, now: Date): Promise<readonly string[]> {
  const numbered = /\/\d{15}-[0-9a-f]{8}\.json$/;
  const old: string[] = [];
  for (const folder of ['newest/', 'runs/']) {
    for (const keys of (await foldersIn(store, folder)).values())
      old.push(...keys.filter((key) => numbered.test(key)).slice(0, -20));
  }
  for (const keys of (await foldersIn(store, 'running/')).values()) {
    const until = Math.max(0, ...keys.map((key) => Number(/\/(\d{15})\.json$/.exec(key)?.[1] ?? 0)));
    if (now.getTime() - until > dayMs) old.push(...keys);
  }
  return old;
}

/** Keys by the folder that they are in, each folder's in their order. */
async function foldersIn(store: BlobStore, prefix: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return Map.groupBy(keys.sort(), (key) => key.slice(0, key.lastIndexOf('/')));
}

/** Every pack, index piece and plain file that is there, with its size. */
export async function* contentObjects(
  store: BlobStore,
): AsyncIterable<{ readonly key: string; readonly bytes: number }> {
  yield* store.list('packs/');
  yield* store.list('indexes/');
  yield* store.list(plainFolder);
}

const listShape = z.object({
  list: z.object({ listedAt: z.iso.datetime(), objects: z.array(z.string().regex(/^(?:packs|indexes|plain)\//)) }),
  sha256: z.string(),
});

/** Null when there is nothing to list. */
export async function writeGarbage(store: BlobStore, objects: readonly string[], now: Date): Promise<void> {
  if (objects.length === 0) return;
  const list = { listedAt: now.toISOString(), objects };
  const hash = sha256(canonicalJson(list));
  await store.put(`${garbageFolder}${hash}.json`, Buffer.from(`${canonicalJson({ list, sha256: hash })}\n`));
}

/** A list that is damaged counts for nothing: what it named is found, and listed, again. */
export async function garbageLists(store: BlobStore): Promise<readonly GarbageList[]> {
  const lists: GarbageList[] = [];
  for await (const { key } of store.list(garbageFolder)) {
    const bytes = await store.get(key);
    if (bytes === null) continue;
    lists.push({ key, ...(listIn(bytes) ?? { listedAt: '1970-01-01T00:00:00.000Z', objects: [] }) });
  }
  return lists;
}

function listIn(bytes: Uint8Array): Omit<GarbageList, 'key'> | null {
  try {
    const { list, sha256: hash } = listShape.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return hash === sha256(canonicalJson(list)) ? list : null;
  } catch {
    return null;
  }
}
