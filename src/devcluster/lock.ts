import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CqlformError } from '../kernel/errors.ts';
import { isRunning, type ProcessRecord, thisProcess } from './processes.ts';

export interface LockOptions {
  /** How long to wait for another holder before giving up with LOCK_HELD. */
  readonly waitMs: number;
  /** Called once, when the lock turns out to be held by a living process. */
  readonly onWait?: (holder: number) => void;
}

interface Holder extends ProcessRecord {
  readonly nonce: string;
}

/**
 * Runs `work` while this process alone holds the lock file. A lock whose holder has died is taken over.
 * Throws LOCK_HELD when a living process keeps it for longer than `waitMs`.
 */
export async function withLock<R>(path: string, options: LockOptions, work: () => Promise<R>): Promise<R> {
  await mkdir(dirname(path), { recursive: true });
  const mine: Holder = { ...(await thisProcess()), nonce: randomUUID() };
  await acquire(path, mine, { ...options, deadline: Date.now() + options.waitMs });
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, mine: Holder, options: LockOptions & { deadline: number }): Promise<void> {
  let told = false;
  while (!(await create(path, mine))) {
    const holder = await read(path);
    if (holder === undefined) continue;
    if (!(await isRunning(holder))) {
      await removeDead(path, holder, { mine, options });
      continue;
    }
    if (!told) options.onWait?.(holder.pid);
    told = true;
    if (Date.now() >= options.deadline) throw held(path, holder);
    await sleep(100);
  }
}

/**
 * Removes a dead holder's file. Only one process may: else a slow one could remove the lock that a quick one has
 * taken meanwhile. So the right to remove is itself a lock, named after the dead holder.
 */
async function removeDead(
  path: string,
  dead: Holder,
  by: { readonly mine: Holder; readonly options: LockOptions & { deadline: number } },
): Promise<void> {
  const right = `${path}.${dead.nonce}`;
  await acquire(right, by.mine, by.options);
  try {
    if ((await read(path))?.nonce === dead.nonce) await rm(path, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

/** Creates the file with its content in one step; false when it is there already. */
async function create(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${holder.nonce}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(holder));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function read(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // The file appears whole, so this one was damaged later: nobody can hold it.
    return { pid: 0, startMark: '', nonce: 'damaged' };
  }
}

function held(path: string, holder: Holder): CqlformError {
  return new CqlformError('LOCK_HELD', `process ${holder.pid} holds ${path}`, {
    next: `Wait until process ${holder.pid} has finished, then run the command again.`,
    retryable: true,
    fields: { pid: holder.pid, path },
  });
}
