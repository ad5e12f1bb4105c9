import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type OnProgress, silent } from './events.ts';
import { withLock } from './lock.ts';
import { isNodeRunning, stopNode } from './nodes.ts';
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
    let state = await readState(folder);
    const stopped: string[] = [];
    for (const { name } of [...(state?.nodes ?? [])].reverse()) {
      const node = state?.nodes.find((candidate) => candidate.name === name);
      if (state === undefined || node === undefined) continue;
      if (await isNodeRunning(state, node)) stopped.push(name);
      state = await stopNode({ folder, state, onProgress, startTimeoutMs: 0 }, name);
    }
    const purged = options.purge === true && state !== undefined;
    if (purged) {
      await rm(folder, { recursive: true, force: true });
      onProgress({ kind: 'data-deleted', folder });
    }
    return { stopped, purged };
  });
}
