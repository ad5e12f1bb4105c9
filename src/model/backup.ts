/** What `backup list` shows; the whole of it stands in the manifest (docs/formats.md). */
export interface BackupInfo {
  readonly id: string;
  readonly createdAt: string;
  /** Nothing that was written later is in it. */
  readonly finishedAt: string;
  readonly keyspace: string;
  readonly cluster: string;
  readonly tables: readonly BackupTableInfo[];
  readonly label: string | null;
  readonly bytes: number;
  readonly store: string;
  readonly manifestHash: string;
}
export interface BackupTableInfo {
  readonly table: string;
  readonly tableId: string;
  /** The statements that make the table as it was, and the types it may use before it. */
  readonly definition: string;
  readonly columns: readonly string[] | null;
  readonly rows: number;
  /** Partitions with a static row, which `rows` does not count. */
  readonly staticRows: number;
  readonly valueDigest: string;
  readonly timesInferred: readonly string[];
}
