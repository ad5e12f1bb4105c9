import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Progress } from '../model/event.ts';
import type { MirroredBackup } from '../ports/engines.ts';
import { actorOf } from './actor.ts';
import { type OpenStore, storedBackups } from './backup.ts';
import { repositoryStore } from './engines.ts';
import { chooseStore } from './store.ts';
import { assertGoingOn } from './unrecorded.ts';

export interface BackupCopyInput {
  /** Empty: all that are in the store, those of other keyspaces too. */
  readonly ids: readonly string[];
  /** Undefined: the project's. */
  readonly store: string | undefined;
  readonly to: string;
  readonly onProgress: (progress: Progress) => void;
  readonly onBackup: (copied: MirroredBackup) => void;
  readonly signal: AbortSignal;
}

export interface CopiedBackups {
  readonly from: string;
  readonly to: string;
  readonly backups: readonly MirroredBackup[];
}

/**
 * Copies backups into another store, and reads every byte of them there; each repository is opened with the project's
 * own secret, and sealed with a key of its own. Throws `SAME_STORE`, `BACKUP_MISSING` and `BACKUP_DAMAGED`.
 */
export async function copyBackups(open: OpenStore, input: BackupCopyInput): Promise<CopiedBackups> {
  const [from, to] = [chooseStore(open.project, input.store).name, chooseStore(open.project, input.to).name];
  if (from === to) {
    throw new CqlformError('SAME_STORE', `the backups are in ${to} already`, {
      next: 'Name another store with --to; --store names the one to copy from.',
      exitCode: exitCodes.usage,
    });
  }
  const repository = await storedBackups(open, input.store);
  const backups: MirroredBackup[] = [];
  const request = {
    ...(input.ids.length === 0 ? {} : { ids: input.ids }),
    into: repositoryStore(to, open),
    onProgress: input.onProgress,
    assertHeld: () =>
      assertGoingOn(input.signal, {
        message: `${actorOf()} stopped the copying`,
        next: 'Run it again: it goes on with what is missing there.',
      }),
  };
  for await (const copied of repository.mirror(request)) {
    backups.push(copied);
    input.onBackup(copied);
  }
  return { from, to, backups };
}
