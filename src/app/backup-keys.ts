import { addKey, type KeySlot, listKeys, locked, removeKey, unlock } from '../backup/encryption/repository-keys.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { backupSecretOf } from './backup-secret.ts';
import { storeAt } from './engines.ts';
import { secretOf } from './secret.ts';
import type { Session } from './session.ts';
import { chooseStore } from './store.ts';

/** The keys that open a repository, one for each passphrase or command; none for a repository in the clear. */
export async function listBackupKeys(session: Session, store: string | undefined): Promise<readonly KeySlot[]> {
  return await listKeys(bareStore(session, store));
}

export interface AddedKey {
  readonly store: string | undefined;
  /** The environment variable that holds the new passphrase. */
  readonly variable: string;
  readonly label: string;
}

/** Throws `BACKUP_LOCKED` when the configuration's secret does not open the repository, or there is nothing to open. */
export async function addBackupKey(session: Session, { store, variable, label }: AddedKey): Promise<KeySlot> {
  const bare = bareStore(session, store);
  const { backupSecret } = session.project;
  if (backupSecret === null) throw locked(bare, 'nothing says how to open it');
  const data = await unlock(bare, backupSecret);
  if (data === null) throw locked(bare, 'it has no key yet: the first backup makes one');
  const secret = backupSecretOf({ passphrase: { kind: 'env', name: variable } }, secretOf);
  return await addKey(bare, data, { secret, label, createdAt: session.clock.now().toISOString() });
}

export async function removeBackupKey(session: Session, store: string | undefined, slot: string): Promise<void> {
  await removeKey(bareStore(session, store), slot);
}

function bareStore(session: Session, store: string | undefined): BlobStore {
  return storeAt(chooseStore(session.project, store).name, session);
}
