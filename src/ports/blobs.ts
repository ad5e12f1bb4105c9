/** A place for immutable bytes. Keys are `/`-separated, `[a-z0-9._/-]`. */
export interface BlobStore {
  /** As shown to people and kept in the ledger; never with credentials: `local:/backups`, `cluster:cqlform`. */
  readonly name: string;
  /** True: nothing in it is ever deleted or replaced, for whoever writes there may do neither. Left out: false. */
  readonly appendOnly?: boolean;
  /** Makes the object durable or throws; an existing object of that key is left as it is (keys name content) unless `replace`. */
  put(key: string, bytes: Uint8Array, options?: { readonly replace?: boolean }): Promise<void>;
  /** Null when there is no such object. */
  get(key: string): Promise<Uint8Array | null>;
  /** A part of an object; null when there is no such object. */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array | null>;
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }>;
  delete(key: string): Promise<void>;
  /** Objects by which the others are opened that are not as they were written, though others still open them. Left out: there are none. */
  damagedKeys?(): Promise<readonly string[]>;
}
