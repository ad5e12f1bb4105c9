import { sha256 } from '../kernel/hash.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Compression } from '../ports/engines.ts';
import { type EncodedChunk, encodeChunk } from './chunk-encode.ts';
import type { ChunkLayout, ChunkRow } from './chunk-layout.ts';
import type { PlainFile } from './manifest.ts';
import { type PackPlace, PackWriter, type PackWriting } from './pack-writer.ts';
import { PlainEncoder } from './plain/plain-encode.ts';
import { PlainWriter, plainTarget } from './plain/plain-files.ts';
import { headerOf, plainLayout } from './plain/plain-layout.ts';

/**
 * Weight of a chunk's rows, at most: some twenty kilobytes, and eight when stored. A change costs the chunks it is in: of
 * smaller ones it costs less, while more of them cost more in a first backup (docs/benchmarks.md).
 */
export const chunkTarget: number = 48 * 1024;

/** Gathers stored chunks into objects. */
export interface ChunkWriter {
  /** Hashes of what was put. */
  readonly packs: ReadonlySet<string>;
  add(stored: Uint8Array, names: { readonly content: string; readonly stored: string }): Promise<PackPlace>;
  /** After it, every chunk that was handed in is in the store, and was read back. */
  flush(): Promise<void>;
}

/** What becomes of a table's rows, and where it goes. */
export interface StoredForm {
  readonly kind: 'chunks' | 'files';
  readonly compression: Compression;
  /** Weight of a chunk's rows, at most. */
  readonly target: number;
  encode(rows: readonly ChunkRow[]): EncodedChunk;
  readonly packs: ChunkWriter;
  /** Undefined: not in files of its own. */
  files(): readonly PlainFile[] | undefined;
}

interface FormOptions {
  readonly store: BlobStore;
  readonly layout: ChunkLayout;
  readonly compression: Compression;
}

export function chunkForm({ store, layout, compression }: FormOptions, writing: PackWriting): StoredForm {
  return {
    kind: 'chunks',
    compression,
    target: chunkTarget,
    encode: (rows) => encodeChunk(layout, rows),
    packs: new PackWriter(store, writing),
    files: () => undefined,
  };
}

export function plainForm(
  { store, layout, compression }: FormOptions,
  of: {
    readonly id: string;
    readonly table: string;
    readonly types: ByName<UserType>;
    readonly assertHeld: () => void;
  },
): StoredForm {
  const plain = plainLayout(layout);
  const encoder = new PlainEncoder(plain, of.types);
  const packs = new PlainWriter(store, { ...of, compression, header: headerOf(plain) });
  return {
    kind: 'files',
    compression,
    target: plainTarget,
    encode: (rows) => {
      const content = encoder.encode(rows);
      // a plain backup is read once, so that nothing is compared with it
      const name = sha256(content);
      return { content, name, probe: name };
    },
    packs,
    files: () => packs.files,
  };
}
