import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { access, type FileHandle, link, mkdir, open, opendir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { BlobStore } from '../../ports/blobs.ts';
import { assertKey, badKey, isKey } from './key.ts';

/** Files that are being written; never listed, never read. */
const workFolder = '.unfinished';
const staleAfterMs = 24 * 60 * 60 * 1000;
/** How often a folder may be taken away, with the last object in it, while another one is put there. */
const mostFoldersLost = 20;

/**
 * Objects as files below a folder, which is made when the first object is put. An object is there whole or not at all:
 * it is written beside, synced, renamed, and its folders are synced. Takes no locks: keys name content.
 */
export function localStore(folder: string): BlobStore {
  return new LocalStore(resolve(folder));
}

class LocalStore implements BlobStore {
  readonly name: string;
  readonly #root: string;
  /** Folders known to exist and to be durable. */
  readonly #folders = new Set<string>();
  #swept = false;

  constructor(root: string) {
    this.#root = root;
    this.name = `local:${root}`;
  }

  async put(key: string, bytes: Uint8Array, options: { readonly replace?: boolean } = {}): Promise<void> {
    const path = this.#pathOf(key);
    for (let lost = 0; ; lost += 1) {
      try {
        return await this.#put(path, bytes, options.replace === true);
      } catch (thrown) {
        if (codeOf(thrown) !== 'ENOENT' || lost === mostFoldersLost) throw this.#explain('write', key, thrown);
      }
    }
  }

  async #put(path: string, bytes: Uint8Array, replace: boolean): Promise<void> {
    if (!replace && (await exists(path))) return;
    await this.#prepare(dirname(path));
    const unfinished = join(this.#root, workFolder, `${process.pid}-${randomBytes(8).toString('hex')}`);
    try {
      await writeDurably(unfinished, bytes);
      if (replace) await rename(unfinished, path);
      else await placeIfNew(unfinished, path);
    } catch (thrown) {
      await rm(unfinished, { force: true });
      throw thrown;
    }
    await syncFolder(dirname(path));
  }

  async get(key: string): Promise<Uint8Array | null> {
    return await this.#read(key, async (file) => {
      const { size } = await file.stat();
      return await readFully(file, 0, size);
    });
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    return await this.#read(key, (file) => readFully(file, offset, length));
  }

  async *list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }> {
    const folder = prefix.includes('/') ? prefix.slice(0, prefix.lastIndexOf('/')) : '';
    if (folder !== '' && !isKey(folder)) throw badKey(prefix);
    yield* this.#walk(folder, prefix);
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    try {
      await unlink(path);
      await syncFolder(dirname(path));
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT') throw this.#explain('delete', key, thrown);
    }
    await this.#removeEmpty(key);
  }

  /** The folders above, but for the first: each backup and each scheduled run has some of its own. */
  async #removeEmpty(key: string): Promise<void> {
    const parts = key.split('/');
    for (let depth = parts.length - 1; depth > 1; depth -= 1) {
      try {
        await rmdir(join(this.#root, ...parts.slice(0, depth)));
      } catch {
        // Something is in it, or somebody else has removed it, or it has to stay: it does no harm.
        return;
      }
    }
  }

  #pathOf(key: string): string {
    assertKey(key);
    return join(this.#root, ...key.split('/'));
  }

  async #read(key: string, read: (file: FileHandle) => Promise<Uint8Array>): Promise<Uint8Array | null> {
    const path = this.#pathOf(key);
    try {
      const file = await open(path, 'r');
      try {
        return await read(file);
      } finally {
        await file.close();
      }
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return null;
      throw this.#explain('read', key, thrown);
    }
  }

  async *#walk(folder: string, prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }> {
    for await (const entry of this.#entriesOf(folder)) {
      const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (!isKey(key)) continue;
      if (entry.isDirectory()) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) yield* this.#walk(key, prefix);
      } else if (entry.isFile() && key.startsWith(prefix)) {
        const size = await sizeOf(join(this.#root, key));
        if (size !== null) yield { key, bytes: size };
      }
    }
  }

  async *#entriesOf(folder: string): AsyncIterable<Dirent> {
    try {
      yield* await opendir(join(this.#root, folder));
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT' && codeOf(thrown) !== 'ENOTDIR') throw this.#explain('list', folder, thrown);
    }
  }

  async #prepare(folder: string): Promise<void> {
    await this.#makeFolder(join(this.#root, workFolder));
    await this.#makeFolder(folder);
    if (this.#swept) return;
    this.#swept = true;
    await this.#sweep();
  }

  /** Each folder that is new is synced into the one above it, or the objects in it could vanish with the power. */
  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder) && (await exists(folder))) return;
    const first = await mkdir(folder, { recursive: true });
    if (first !== undefined) {
      for (let at = folder; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
    }
    this.#folders.add(folder);
  }

  /** Removes what a killed process left behind. */
  async #sweep(): Promise<void> {
    const before = Date.now() - staleAfterMs;
    for await (const entry of await opendir(join(this.#root, workFolder))) {
      const path = join(this.#root, workFolder, entry.name);
      const facts = await stat(path).catch(() => null);
      if (facts?.isFile() === true && facts.mtimeMs < before) await rm(path, { force: true });
    }
  }

  #explain(doing: 'read' | 'write' | 'list' | 'delete', key: string, thrown: unknown): unknown {
    if (thrown instanceof CqlformError) return thrown;
    const code = codeOf(thrown);
    const facts = { fields: { store: this.name, object: key, reason: code ?? reasonOf(thrown) }, cause: thrown };
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      return new CqlformError('STORE_FULL', `no room for ${key} in ${this.name} (${code})`, {
        ...facts,
        next: `Make room on the disk or the quota of ${this.#root}, or name another backup folder, then run the same command again; nothing half-written counts as a backup.`,
        retryable: true,
      });
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      return new CqlformError('STORE_DENIED', `not allowed to ${doing} ${key || 'objects'} in ${this.name} (${code})`, {
        ...facts,
        next: `Give this user read and write access to ${this.#root}, or name another backup folder.`,
      });
    }
    return new CqlformError(
      'STORE_FAILED',
      `could not ${doing} ${key || 'objects'} in ${this.name}: ${reasonOf(thrown)}`,
      {
        ...facts,
        next: `Check that ${this.#root} is a folder on a healthy disk, then run the same command again.`,
        retryable: true,
      },
    );
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Of two who put the same object at once, the first one's stays. */
async function placeIfNew(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (thrown) {
    const code = codeOf(thrown);
    // Some file systems know no links; there the last one's stays.
    if (code !== 'EEXIST') return await rename(unfinished, path);
  }
  await unlink(unfinished);
}

/** As much of it as there is: an object that was cut short gives fewer bytes than asked for. */
async function readFully(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

function codeOf(thrown: unknown): string | null {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null;
}
