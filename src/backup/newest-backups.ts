import { z } from 'zod';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { shortKey } from './repository.ts';

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

/**
 * Ids of the last backups of a table, the newest first: where chunks to use again are looked for, so that not every
 * manifest has to be read. A hint: an id may be of a backup that is gone, and a hint that is missing or damaged counts
 * as empty, which costs room and nothing else.
 */
export async function newestBackups(store: BlobStore, table: TableName): Promise<readonly string[]> {
  const bytes = await store.get(keyOf(table));
  if (bytes === null) return [];
  try {
    const { newest, sha256: hash } = shape.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return hash === sha256(canonicalJson(newest)) ? newest : [];
  } catch {
    return [];
  }
}

/** Puts a finished backup first. */
export async function rememberNewest(store: BlobStore, table: TableName, id: string): Promise<void> {
  const others = (await newestBackups(store, table)).filter((one) => one !== id);
  const newest = [id, ...others].slice(0, most);
  const bytes = Buffer.from(`${canonicalJson({ newest, sha256: sha256(canonicalJson(newest)) })}\n`);
  await store.put(keyOf(table), bytes, { replace: true });
}
