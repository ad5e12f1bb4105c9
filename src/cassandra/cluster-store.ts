import type { types } from 'cassandra-driver';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { StoreTables } from './cluster-store-tables.ts';
import type { Connection } from './connect.ts';

/** A part is far below what a server takes in one write (16 MiB was refused, 8 MiB accepted). */
const partBytes = 1024 * 1024;
const inFlight = 4;
const keyPattern = /^[a-z0-9._/-]+$/;
/** Every store so far has this name; it makes room for more than one partition of objects. */
const store = 'default';

export interface ClusterStoreOptions {
  /** The ledger's keyspace, which must be there; its replication is the store's. */
  readonly keyspace: string;
  /** All objects together; 5 GiB unless said otherwise. */
  readonly limitBytes?: number;
}

/**
 * Objects in two tables of the ledger keyspace, so that a backup outlives the machine that made it. It protects from a
 * migration, not from losing the cluster. An object appears when all its parts have been written at QUORUM, read back
 * and hashed; one whose parts are not all there counts as absent.
 */
export function clusterStore(connection: Connection, options: ClusterStoreOptions): BlobStore {
  return new ClusterStore(connection, options);
}

/** Where an object's bytes are. */
interface Content {
  readonly id: string;
  readonly parts: number;
}
interface StoredObject extends Content {
  readonly bytes: number;
  readonly sha256: string;
  /** The bytes that this object replaced, when they may not all be gone. */
  readonly stale: Content | null;
}

class ClusterStore implements BlobStore {
  readonly name: string;
  readonly #tables: StoreTables;
  readonly #limit: number;
  /** Bytes of all objects, those under way included; null until they were counted. */
  #used: number | null = null;

  constructor(connection: Connection, options: ClusterStoreOptions) {
    this.name = `cluster:${options.keyspace}`;
    this.#tables = new StoreTables(connection, options.keyspace);
    this.#limit = options.limitBytes ?? 5 * 1024 ** 3;
  }

  async put(key: string, bytes: Uint8Array, options: { readonly replace?: boolean } = {}): Promise<void> {
    checkKey(key);
    await this.#tables.make();
    const before = await this.#find(key);
    if (before !== null && options.replace !== true) return;
    const more = bytes.length - (before?.bytes ?? 0);
    await this.#makeRoom(key, more);
    try {
      await this.#write(key, bytes, before);
    } catch (thrown) {
      if (this.#used !== null) this.#used -= more;
      throw thrown;
    }
  }

  async #write(key: string, bytes: Uint8Array, before: StoredObject | null): Promise<void> {
    const hash = sha256(bytes);
    // named by key and content: what an interrupted put left behind is overwritten by the next, and no two keys share parts
    const content = { id: sha256(`${key}\n${hash}`), parts: Math.ceil(bytes.length / partBytes) };
    await eachPart(content.parts, (part) => this.#putPart(content.id, part, bytes));
    const stale = before === null || before.id === content.id ? null : before;
    if (before?.stale) await this.#deleteParts(before.stale);
    await this.#tables.execute(
      `INSERT INTO ${this.#tables.prefix}.blob_objects (store, key, content, parts, bytes, sha256, stale_content, stale_parts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [store, key, content.id, content.parts, String(bytes.length), hash, stale?.id ?? null, stale?.parts ?? null],
    );
    if (stale !== null) await this.#forgetStale(key, stale);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const object = await this.#findIfAny(key);
    return object === null ? null : await this.#read(object, 0, object.bytes);
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    const object = await this.#findIfAny(key);
    if (object === null) return null;
    const start = Math.min(offset, object.bytes);
    return await this.#read(object, start, Math.min(object.bytes, start + length));
  }

  async *list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }> {
    if (prefix !== '') checkKey(prefix);
    if (!(await this.#tables.exist())) return;
    // every character of a key sorts below `~`
    const text = `SELECT key, bytes FROM ${this.#tables.prefix}.blob_objects WHERE store = ? AND key >= ? AND key < ?`;
    let pageState: string | undefined;
    do {
      const page = await this.#tables.execute(
        text,
        [store, prefix, `${prefix}~`],
        pageState === undefined ? {} : { pageState },
      );
      for (const row of page.rows) yield { key: String(row['key']), bytes: Number(row['bytes']) };
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
  }

  async delete(key: string): Promise<void> {
    const object = await this.#findIfAny(key);
    if (object === null) return;
    // the parts first: an object that is half deleted is still found, and deleted by the next attempt
    await this.#deleteParts(object);
    if (object.stale !== null) await this.#deleteParts(object.stale);
    await this.#tables.execute(`DELETE FROM ${this.#tables.prefix}.blob_objects WHERE store = ? AND key = ?`, [
      store,
      key,
    ]);
    if (this.#used !== null) this.#used -= object.bytes;
  }

  async #findIfAny(key: string): Promise<StoredObject | null> {
    checkKey(key);
    return (await this.#tables.exist()) ? await this.#find(key) : null;
  }

  async #find(key: string): Promise<StoredObject | null> {
    const found = await this.#tables.execute(
      `SELECT content, parts, bytes, sha256, stale_content, stale_parts FROM ${this.#tables.prefix}.blob_objects WHERE store = ? AND key = ?`,
      [store, key],
    );
    const row: types.Row | null = found.first();
    if (row === null) return null;
    const stale: unknown = row['stale_content'];
    return {
      id: String(row['content']),
      parts: Number(row['parts']),
      bytes: Number(row['bytes']),
      sha256: String(row['sha256']),
      stale: typeof stale === 'string' ? { id: stale, parts: Number(row['stale_parts']) } : null,
    };
  }

  async #putPart(content: string, part: number, bytes: Uint8Array): Promise<void> {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(
      part * partBytes,
      (part + 1) * partBytes,
    );
    const text = `INSERT INTO ${this.#tables.prefix}.blob_parts (content, part, body) VALUES (?, ?, ?)`;
    await this.#tables.execute(text, [content, part, body]);
    const back = await this.#readPart(content, part);
    if (back !== null && sha256(back) === sha256(body)) return;
    throw new CqlformError('STORE_UNRELIABLE', `${this.name} does not give back what was written to it`, {
      next: 'Check the clocks of the nodes and of this machine and the health of the nodes, then run the command again.',
      fields: { store: this.name, part },
      exitCode: exitCodes.integrity,
    });
  }

  async #readPart(content: string, part: number): Promise<Buffer | null> {
    const text = `SELECT body FROM ${this.#tables.prefix}.blob_parts WHERE content = ? AND part = ?`;
    const body: unknown = (await this.#tables.execute(text, [content, part])).first()?.['body'];
    return Buffer.isBuffer(body) ? body : null;
  }

  async #read(object: StoredObject, start: number, end: number): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(Math.max(0, end - start));
    const first = Math.floor(start / partBytes);
    let complete = true;
    await eachPart(bytes.length === 0 ? 0 : Math.ceil(end / partBytes) - first, async (index) => {
      const at = (first + index) * partBytes;
      const body = await this.#readPart(object.id, first + index);
      if (body === null) complete = false;
      else bytes.set(body.subarray(Math.max(0, start - at), Math.max(0, end - at)), Math.max(0, at - start));
    });
    return complete ? bytes : null;
  }

  async #deleteParts(content: Content): Promise<void> {
    await eachPart(content.parts, async (part) => {
      const text = `DELETE FROM ${this.#tables.prefix}.blob_parts WHERE content = ? AND part = ?`;
      await this.#tables.execute(text, [content.id, part]);
    });
  }

  async #forgetStale(key: string, stale: Content): Promise<void> {
    await this.#deleteParts(stale);
    await this.#tables.execute(
      `DELETE stale_content, stale_parts FROM ${this.#tables.prefix}.blob_objects WHERE store = ? AND key = ?`,
      [store, key],
    );
  }

  async #makeRoom(key: string, more: number): Promise<void> {
    if (this.#used === null) {
      const sum = await this.#sum();
      this.#used ??= sum;
    }
    if (more > 0 && this.#used + more > this.#limit) {
      throw new CqlformError(
        'STORE_FULL',
        `${this.name} holds ${this.#used} bytes; ${key} needs ${more} more, and the limit is ${this.#limit}`,
        {
          next: 'Choose another store for this backup: --backup-store=local:<folder>.',
          fields: { store: this.name, usedBytes: this.#used, neededBytes: more, limitBytes: this.#limit },
        },
      );
    }
    this.#used += more;
  }

  async #sum(): Promise<number> {
    let sum = 0;
    for await (const { bytes } of this.list('')) sum += bytes;
    return sum;
  }
}

function checkKey(key: string): void {
  if (keyPattern.test(key)) return;
  throw new CqlformError('OBJECT_KEY_INVALID', `${JSON.stringify(key)} is not a key of a store`, {
    next: 'Use lower-case letters, digits and . _ - /.',
  });
}

/** Works on the parts 0 … count − 1, a few at a time. */
async function eachPart(count: number, work: (part: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, worker));
}
