import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { shortKey } from './repository.ts';
import { timeName } from './time-name.ts';

/** Ids that are kept for a table. */
const most = 3;

const shape = z.object({ newest: z.array(z.string()), sha256: z.string() });

export interface TableName {
  readonly keyspace: string;
  readonly name: string;
}

function keyOf({ keyspace, name }: TableName): string {
  return `newest/${shortKey(keyspace)}/${shortKey(name)}.json`;
}

/** In an append-only store each backup adds an object of its own. */
function addedFolder({ keyspace, name }: TableName): string {
  return `newest/${shortKey(keyspace)}/${shortKey(name)}/`;
}

/**
 * Ids of the last backups of a table, the newest first: where chunks to use again are looked for, so that not every
 * manifest has to be read. A hint: an id may be of a backup that is gone, and a hint that is missing or damaged counts
 * as empty, which costs room and nothing else.
 */
export async function newestBackups(store: BlobStore, table: TableName): Promise<readonly string[]> {
  const added: string[] = [];
  if (store.appendOnly === true) {
    const keys: string[] = [];
    for await (const { key } of store.list(addedFolder(table))) keys.push(key);
    for (const key of keys.sort().slice(-most).reverse()) added.push(...(await idsIn(store, key)));
  }
  return [...added, ...(await idsIn(store, keyOf(table)))].slice(0, most);
}

async function idsIn(store: BlobStore, key: string): Promise<readonly string[]> {
  const bytes = await store.get(key);
  if (bytes === null) return [];
  try {
    const { newest, sha256: hash } = shape.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return hash === sha256(canonicalJson(newest)) ? newest : [];
  } catch {
    return [];
  }
}

/** A finished backup, for the next ones to look at first. */
export async function rememberNewest(
  store: BlobStore,
  table: TableName,
  { id, at }: { readonly id: string; readonly at: Date },
): Promise<void> {
  if (store.appendOnly === true) {
    const name = `${timeName(at.getTime())}-${randomBytes(4).toString('hex')}.json`;
    await store.put(`${addedFolder(table)}${name}`, bytesOf([id]));
    return;
  }
  const others = (await newestBackups(store, table)).filter((one) => one !== id);
  await store.put(keyOf(table), bytesOf([id, ...others].slice(0, most)), { replace: true });
}

function bytesOf(newest: readonly string[]): Uint8Array {
  return Buffer.from(`${canonicalJson({ newest, sha256: sha256(canonicalJson(newest)) })}\n`);
}
