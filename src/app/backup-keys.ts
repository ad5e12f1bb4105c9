import { addKey, type KeySlot, listKeys, locked, removeKey, unlock } from '../backup/encryption/repository-keys.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { OpenStore } from './backup.ts';
import { backupSecretOf } from './backup-secret.ts';
import { storeAt } from './engines.ts';
import { secretOf } from './secret.ts';
import { chooseStore } from './store.ts';

/** The keys that open a repository, one for each passphrase or command; none for a repository in the clear. */
export async function listBackupKeys(open: OpenStore, store: string | undefined): Promise<readonly KeySlot[]> {
  return await listKeys(bareStore(open, store));
}

export interface AddedKey {
  readonly store: string | undefined;
  /** The environment variable that holds the new passphrase. */
  readonly variable: string;
  readonly label: string;
}

/** Throws `BACKUP_LOCKED` when the configuration's secret does not open the repository, or there is nothing to open. */
export async function addBackupKey(open: OpenStore, { store, variable, label }: AddedKey): Promise<KeySlot> {
  const bare = bareStore(open, store);
  const { backupSecret } = open.project;
  if (backupSecret === null) throw locked(bare, 'nothing says how to open it');
  const data = await unlock(bare, backupSecret);
  if (data === null) throw locked(bare, 'it has no key yet: the first backup makes one');
  const secret = backupSecretOf({ passphrase: { kind: 'env', name: variable } }, secretOf);
  return await addKey(bare, data, { secret, label, createdAt: open.clock.now().toISOString() });
}

/** Throws `BACKUP_LOCKED` when nothing is configured, and what `removeKey` does. */
export async function removeBackupKey(open: OpenStore, store: string | undefined, slot: string): Promise<void> {
  const bare = bareStore(open, store);
  const { backupSecret } = open.project;
  if (backupSecret === null) throw locked(bare, 'nothing says how to open it');
  await removeKey(bare, slot, backupSecret);
}

function bareStore(open: OpenStore, store: string | undefined): BlobStore {
  return storeAt(chooseStore(open.project, store).name, open);
}
