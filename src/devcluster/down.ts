import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type OnProgress, silent } from './events.ts';
import { withLock } from './lock.ts';
import { stopNodes } from './nodes.ts';
import { lockFileOf, readState } from './state.ts';

export interface DownOptions {
  readonly folder: string;
  /** Deletes the cluster with its data, too. */
  readonly purge?: boolean;
  readonly onProgress?: OnProgress;
}

export interface DownResult {
  /** Names of the nodes that ran and were ended. */
  readonly stopped: readonly string[];
  readonly purged: boolean;
}

/** Ends the cluster of a folder: exactly the processes that `devUp` started there. Fine to call when none runs. */
export async function devDown(options: DownOptions): Promise<DownResult> {
  const folder = resolve(options.folder);
  const onProgress = options.onProgress ?? silent;
  const wait = { waitMs: 5 * 60_000, onWait: (holder: number) => onProgress({ kind: 'lock-waiting', holder }) };
  return withLock(lockFileOf(folder), wait, async () => {
    const state = await readState(folder);
    if (state === undefined) return { stopped: [], purged: false };
    const names = state.nodes.map((node) => node.name);
    const work = { folder, state, onProgress, startTimeoutMs: 0 };
    const { stopped } = await stopNodes(work, names, { keepData: options.purge !== true });
    const purged = options.purge === true;
    if (purged) {
      await rm(folder, { recursive: true, force: true });
      onProgress({ kind: 'data-deleted', folder });
    }
    return { stopped, purged };
  });
}
