import { createText } from '../../cql/create.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { Definitions } from '../../model/backup.ts';
import type { ByName, UserType } from '../../model/schema.ts';
import { typesInOrder } from '../../planner/references.ts';
import type { BlobStore } from '../../ports/blobs.ts';
import type { Compression } from '../../ports/engines.ts';
import { compress } from '../compression.ts';
import type { PlainFile, TableManifest } from '../manifest.ts';
import { type PackPlace, type PackReference, putVerified } from '../pack-writer.ts';
import { keyOfId } from '../repository.ts';

/** Weight of the rows of one part of a plain file. */
export const plainTarget: number = 128 * 1024;
/** Of a file as it is stored; parts are never divided. */
const fileTarget = 8 * 1024 * 1024;
export const plainFolder = 'plain/';

export function plainFolderOf(id: string): string {
  return `${plainFolder}${keyOfId(id)}/`;
}

const endings: Readonly<Record<Compression['algorithm'], string>> = { none: '.csv', gzip: '.csv.gz', zstd: '.csv.zst' };

interface PlainOptions {
  readonly id: string;
  readonly table: string;
  readonly compression: Compression;
  readonly header: Buffer;
  /** Called before each file is put. */
  readonly assertHeld: () => void;
}

/**
 * Gathers parts of a table's records into files of some megabytes, each with a header of its own, and reads each back
 * after it was put. Parts are compressed one by one, and what is decompressed one after the other is one text.
 */
export class PlainWriter {
  readonly #store: BlobStore;
  readonly #options: PlainOptions;
  readonly #header: Promise<Uint8Array>;
  #reference: PackReference = { hash: null };
  #parts: Uint8Array[] = [];
  #size = 0;
  #putting: Promise<void> = Promise.resolve();
  readonly #files: PlainFile[] = [];
  readonly packs = new Set<string>();

  constructor(store: BlobStore, options: PlainOptions) {
    this.#store = store;
    this.#options = options;
    this.#header = compress(options.header, options.compression);
    this.#header.catch(() => undefined);
  }

  /** In the order of their numbers. */
  get files(): readonly PlainFile[] {
    return this.#files;
  }

  async add(stored: Uint8Array): Promise<PackPlace> {
    if (this.#size === 0) {
      const header = await this.#header;
      // somebody else may have begun the file meanwhile
      if (this.#size === 0) this.#push(header);
    }
    const place = { pack: this.#reference, offset: this.#size, length: stored.length };
    this.#push(stored);
    if (this.#size >= fileTarget) await this.#seal();
    return place;
  }

  async flush(): Promise<void> {
    // a table without rows has a file with nothing but its header
    if (this.#size === 0 && this.#files.length === 0) this.#push(await this.#header);
    if (this.#size > 0) await this.#seal();
    await this.#putting;
  }

  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }

  async #seal(): Promise<void> {
    const { id, table, compression, assertHeld } = this.#options;
    const bytes = Buffer.concat(this.#parts);
    const hash = sha256(bytes);
    const number = String(this.#files.length + 1).padStart(5, '0');
    const key = `${plainFolderOf(id)}${keyOfId(table)}-${number}${endings[compression.algorithm]}`;
    this.#reference.hash = hash;
    this.#reference = { hash: null };
    this.#parts = [];
    this.#size = 0;
    this.#files.push({ key, bytes: bytes.length, sha256: hash });
    const before = this.#putting;
    assertHeld();
    const put = before.then(async () => {
      await putVerified(this.#store, key, bytes, { replace: true });
      this.packs.add(hash);
    });
    put.catch(() => undefined);
    this.#putting = put;
    await before;
  }
}

/** What an earlier try of the same id has left. */
export async function clearPlain(store: BlobStore, id: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(plainFolderOf(id))) keys.push(key);
  for (const key of keys) await store.delete(key);
}

interface PlainContents {
  readonly id: string;
  readonly types: ByName<UserType>;
  readonly definitions: Definitions | undefined;
  readonly tables: readonly TableManifest[];
}

/** Puts the schema as CQL, and last the sums of all files as `sha256sum` reads them. */
export async function writeBeside(store: BlobStore, contents: PlainContents): Promise<readonly PlainFile[]> {
  const { id, tables } = contents;
  const schema = await putFile(store, `${plainFolderOf(id)}schema.cql`, schemaText(contents));
  const all = [schema, ...tables.flatMap(({ files = [] }) => files)];
  const sums = all.map(({ key, sha256: hash }) => `${hash}  ${key.slice(plainFolderOf(id).length)}\n`).join('');
  return [schema, await putFile(store, `${plainFolderOf(id)}sha256sums.txt`, sums)];
}

async function putFile(store: BlobStore, key: string, text: string): Promise<PlainFile> {
  const bytes = Buffer.from(text);
  await putVerified(store, key, bytes, { replace: true });
  return { key, bytes: bytes.length, sha256: sha256(bytes) };
}

function schemaText({ types, definitions, tables }: PlainContents): string {
  const beside = definitions === undefined ? [] : [...definitions.indexes, ...definitions.views];
  const objects = [...typesInOrder({ types }), ...tables.map(({ table }) => table), ...beside];
  return objects.map((one) => `${createText(one, null)};\n`).join('\n');
}
