import { randomBytes } from 'node:crypto';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { BlobStore } from '../../ports/blobs.ts';
import { type DataKey, type KeyFile, readKeyFile, type Secret, unwrapKey, wrapKey, writeKeyFile } from './key-file.ts';
import { isSealed } from './seal.ts';

const folder = 'keys/';
/** The one that is made with the repository: of two that make it at once, the store takes one. */
const firstKey = `${folder}1.json`;

export interface KeySlot {
  /** `1`, `2`, …: what `backup key remove` is given. */
  readonly slot: string;
  readonly label: string;
  readonly createdAt: string;
  /** `damaged`: it opens nothing, and says neither whose it was nor when it was made. */
  readonly kind: Secret['kind'] | 'damaged';
}

interface FoundKey {
  readonly object: string;
  readonly slot: string;
  readonly bytes: Uint8Array;
  readonly file: KeyFile;
}

interface FoundKeys {
  readonly whole: readonly FoundKey[];
  readonly damaged: readonly { readonly object: string; readonly slot: string }[];
}

async function readKeys(store: BlobStore): Promise<FoundKeys> {
  const found: FoundKey[] = [];
  const damaged: { object: string; slot: string }[] = [];
  for await (const { key: object } of store.list(folder)) {
    const bytes = await store.get(object);
    // removed meanwhile
    if (bytes === null) continue;
    const slot = object.slice(folder.length, -'.json'.length);
    const file = readKeyFile(bytes);
    if (file === null) damaged.push({ object, slot });
    else found.push({ object, slot, bytes, file });
  }
  return { whole: found, damaged };
}

/** Throws `BACKUP_KEY_DAMAGED` when there are key files and none of them can be read. */
async function keysIn(store: BlobStore): Promise<FoundKeys> {
  const { whole, damaged } = await readKeys(store);
  if (whole.length > 0 || damaged.length === 0) return { whole, damaged };
  const objects = damaged.map(({ object }) => object);
  throw new CqlformError('BACKUP_KEY_DAMAGED', `${store.name}: ${objects.join(', ')} cannot be read`, {
    next: 'Bring it back from a copy of the repository: without a key file nothing in it can be read.',
    fields: { store: store.name, objects },
    exitCode: exitCodes.integrity,
  });
}

/** Key files that are not as they were written, beside one that is. */
export async function damagedKeys(store: BlobStore): Promise<readonly string[]> {
  return (await keysIn(store)).damaged.map(({ object }) => object);
}

export async function isSealedRepository(store: BlobStore): Promise<boolean> {
  for await (const _ of store.list(folder)) return true;
  return false;
}

/** Null when nothing in the repository is sealed. Throws `BACKUP_LOCKED` when the secret opens none of its keys. */
export async function unlock(store: BlobStore, secret: Secret): Promise<DataKey | null> {
  const { whole } = await keysIn(store);
  if (whole.length === 0) return null;
  const data = await openedBy(secret, whole);
  if (data !== null) return data;
  throw locked(
    store,
    `${secret.kind === 'passphrase' ? 'this passphrase' : 'what the key command prints'} does not open it`,
  );
}

async function openedBy(secret: Secret, keys: readonly FoundKey[]): Promise<DataKey | null> {
  for (const { file } of keys) {
    const data = await unwrapKey(file, secret);
    if (data !== null) return data;
  }
  return null;
}

export function locked(store: BlobStore, why: string): CqlformError {
  return new CqlformError('BACKUP_LOCKED', `the backups in ${store.name} are encrypted, and ${why}`, {
    next: 'Say in the configuration where the passphrase or the key comes from (`backup.encryption`); `cqlform backup key list` shows what keys there are.',
    fields: { store: store.name },
    exitCode: exitCodes.usage,
  });
}

export function keysLost(store: BlobStore): CqlformError {
  return new CqlformError(
    'BACKUP_KEY_DAMAGED',
    `the backups in ${store.name} are encrypted, and its key files are gone`,
    {
      next: `Bring ${folder} back from a copy of the repository: without a key file nothing in it can be read. Remove nothing.`,
      fields: { store: store.name, objects: [folder] },
      exitCode: exitCodes.integrity,
    },
  );
}

/**
 * Makes an empty repository a sealed one. Throws `REPOSITORY_IN_CLEAR` when it has backups that are not, and
 * `BACKUP_KEY_DAMAGED` when it has sealed ones, and no key.
 */
export async function beginSealed(store: BlobStore, secret: Secret, now: string): Promise<DataKey> {
  for await (const { key } of store.list('manifests/')) {
    const bytes = await store.get(key);
    if (bytes !== null && isSealed(bytes)) throw keysLost(store);
    throw new CqlformError('REPOSITORY_IN_CLEAR', `the backups that are in ${store.name} are not encrypted`, {
      next: 'Keep encrypted backups in another place, as in another folder of the bucket; backups that are here can still be read.',
      fields: { store: store.name },
      exitCode: exitCodes.usage,
    });
  }
  const made = { repository: randomBytes(16).toString('hex'), bytes: randomBytes(32) };
  await store.put(firstKey, writeKeyFile(await wrapKey(made, secret, { label: 'first', createdAt: now })));
  // Whoever was first: from now on it is the repository's.
  const data = await unlock(store, secret);
  if (data !== null) return data;
  throw unreliable(store, firstKey);
}

function unreliable(store: BlobStore, object: string): CqlformError {
  return new CqlformError('STORE_UNRELIABLE', `${store.name} does not give back what was written to ${object}`, {
    next: 'Do not trust this store: check its disk or service, or name another one.',
    fields: { store: store.name, object },
    exitCode: exitCodes.integrity,
  });
}

export async function listKeys(store: BlobStore): Promise<readonly KeySlot[]> {
  const { whole, damaged } = await keysIn(store);
  return [
    ...whole.map(({ slot, file: { label, createdAt, wrapping } }) => ({ slot, label, createdAt, kind: wrapping.kind })),
    ...damaged.map(({ slot }) => ({ slot, label: '', createdAt: '', kind: 'damaged' as const })),
  ].toSorted((a, b) => Number(a.slot) - Number(b.slot));
}

export interface NewKey {
  readonly secret: Secret;
  readonly label: string;
  readonly createdAt: string;
}

/** Lets one more secret open the repository; nothing of the data is written again. */
export async function addKey(store: BlobStore, data: DataKey, added: NewKey): Promise<KeySlot> {
  const { secret, ...said } = added;
  const bytes = writeKeyFile(await wrapKey(data, secret, said));
  const taken = (await listKeys(store)).map(({ slot }) => Number(slot));
  for (let slot = Math.max(...taken) + 1; ; slot += 1) {
    const object = `${folder}${slot}.json`;
    await store.put(object, bytes);
    const back = await store.get(object);
    // Whatever else is there was put at the same time by somebody else.
    if (back !== null && Buffer.compare(back, bytes) === 0) return { slot: String(slot), ...said, kind: secret.kind };
    if (back === null || readKeyFile(back) === null) throw unreliable(store, object);
  }
}

/**
 * Throws `BACKUP_KEY_UNKNOWN`; `BACKUP_KEY_LAST` rather than leave a repository that nobody can read, also when two take
 * the last two away at once; and `BACKUP_KEY_IN_USE` where `secret` would open none of those that stay.
 */
export async function removeKey(store: BlobStore, slot: string, secret: Secret): Promise<void> {
  const { whole, damaged } = await keysIn(store);
  const removed = whole.find((one) => one.slot === slot);
  const object = (removed ?? damaged.find((one) => one.slot === slot))?.object;
  if (object === undefined) {
    throw new CqlformError('BACKUP_KEY_UNKNOWN', `${store.name} has no key ${slot}`, {
      next: 'See `cqlform backup key list`.',
      exitCode: exitCodes.usage,
    });
  }
  const staying = whole.filter((one) => one.slot !== slot);
  if (staying.length === 0) throw lastKey(store, slot);
  if ((await openedBy(secret, staying)) === null) throw keyInUse(store, slot);
  await store.delete(object);
  if (removed === undefined || (await readKeys(store)).whole.length > 0) return;
  await store.put(object, removed.bytes);
  throw lastKey(store, slot);
}

function lastKey(store: BlobStore, slot: string): CqlformError {
  return new CqlformError('BACKUP_KEY_LAST', `key ${slot} is the only one of ${store.name}`, {
    next: 'Add another one first: `cqlform backup key add`.',
    exitCode: exitCodes.usage,
  });
}

function keyInUse(store: BlobStore, slot: string): CqlformError {
  const why = 'what the configuration says opens none of the others';
  return new CqlformError('BACKUP_KEY_IN_USE', `key ${slot} of ${store.name} cannot go: ${why}`, {
    next: 'Put the new passphrase or command into the configuration (`backup.encryption`) first, so that it is known to open the backups.',
    fields: { store: store.name, key: slot },
    exitCode: exitCodes.usage,
  });
}
