import { randomBytes } from 'node:crypto';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { BlobStore } from '../../ports/blobs.ts';
import { type DataKey, type KeyFile, readKeyFile, type Secret, unwrapKey, wrapKey, writeKeyFile } from './key-file.ts';

const folder = 'keys/';
/** The one that is made with the repository: of two that make it at once, the store takes one. */
const firstKey = `${folder}1.json`;

export interface KeySlot {
  /** `1`, `2`, …: what `backup key remove` is given. */
  readonly slot: string;
  readonly label: string;
  readonly createdAt: string;
  readonly kind: Secret['kind'];
}

interface FoundKey {
  readonly object: string;
  readonly slot: string;
  readonly file: KeyFile;
}

/** Throws `BACKUP_KEY_DAMAGED` when there are key files and none of them can be read. */
async function keysIn(store: BlobStore): Promise<readonly FoundKey[]> {
  const found: FoundKey[] = [];
  const damaged: string[] = [];
  for await (const { key: object } of store.list(folder)) {
    const bytes = await store.get(object);
    const file = bytes === null ? null : readKeyFile(bytes);
    if (file === null) damaged.push(object);
    else found.push({ object, slot: object.slice(folder.length, -'.json'.length), file });
  }
  if (found.length > 0 || damaged.length === 0) return found;
  throw new CqlformError('BACKUP_KEY_DAMAGED', `${store.name}: ${damaged.join(', ')} cannot be read`, {
    next: 'Bring it back from a copy of the repository: without a key file nothing in it can be read.',
    fields: { store: store.name, objects: damaged },
    exitCode: exitCodes.integrity,
  });
}

export async function isSealedRepository(store: BlobStore): Promise<boolean> {
  for await (const _ of store.list(folder)) return true;
  return false;
}

/** Null when nothing in the repository is sealed. Throws `BACKUP_LOCKED` when the secret opens none of its keys. */
export async function unlock(store: BlobStore, secret: Secret): Promise<DataKey | null> {
  const keys = await keysIn(store);
  if (keys.length === 0) return null;
  for (const { file } of keys) {
    const data = await unwrapKey(file, secret);
    if (data !== null) return data;
  }
  throw locked(
    store,
    `${secret.kind === 'passphrase' ? 'this passphrase' : 'what the key command prints'} does not open it`,
  );
}

export function locked(store: BlobStore, why: string): CqlformError {
  return new CqlformError('BACKUP_LOCKED', `the backups in ${store.name} are encrypted, and ${why}`, {
    next: 'Say in the configuration where the passphrase or the key comes from (`backup.encryption`); `cqlform backup key list` shows what keys there are.',
    fields: { store: store.name },
    exitCode: exitCodes.usage,
  });
}

/** Makes an empty repository a sealed one. Throws `REPOSITORY_IN_CLEAR` when it has backups that are not. */
export async function beginSealed(store: BlobStore, secret: Secret, now: string): Promise<DataKey> {
  for await (const _ of store.list('manifests/')) {
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
  return (await keysIn(store)).map(({ slot, file: { label, createdAt, wrapping } }) => ({
    slot,
    label,
    createdAt,
    kind: wrapping.kind,
  }));
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
  const taken = (await keysIn(store)).map(({ slot }) => Number(slot));
  for (let slot = Math.max(...taken) + 1; ; slot += 1) {
    const object = `${folder}${slot}.json`;
    await store.put(object, bytes);
    const back = await store.get(object);
    // Whatever else is there was put at the same time by somebody else.
    if (back !== null && Buffer.compare(back, bytes) === 0) return { slot: String(slot), ...said, kind: secret.kind };
    if (back === null || readKeyFile(back) === null) throw unreliable(store, object);
  }
}

/** Throws `BACKUP_KEY_UNKNOWN`, and `BACKUP_KEY_LAST` rather than leave a repository that nobody can read. */
export async function removeKey(store: BlobStore, slot: string): Promise<void> {
  const keys = await keysIn(store);
  const found = keys.find((one) => one.slot === slot);
  if (found === undefined) {
    throw new CqlformError('BACKUP_KEY_UNKNOWN', `${store.name} has no key ${slot}`, {
      next: 'See `cqlform backup key list`.',
      exitCode: exitCodes.usage,
    });
  }
  if (keys.length === 1) {
    throw new CqlformError('BACKUP_KEY_LAST', `key ${slot} is the only one of ${store.name}`, {
      next: 'Add another one first: `cqlform backup key add`.',
      exitCode: exitCodes.usage,
    });
  }
  await store.delete(found.object);
}
