import type { Grants } from './right.ts';
import type { Aggregate, Index, UserFunction, View } from './schema.ts';

/** Chunks, which backups share; or CSV files of its own, which other tools read. */
export type BackupFormat = 'chunks' | 'csv';

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
  /** Null: its manifest does not say, as those of migrations and of older versions. */
  readonly strategy: BackupStrategy | null;
  /** The scheduled job that made it; null: none did. */
  readonly schedule: string | null;
  /** False: values alone; a restore writes them at its own time, and none of them ends. */
  readonly writeTimes: boolean;
  readonly bytes: number;
  readonly format: BackupFormat;
  /** `zstd`, `gzip` or `none`. */
  readonly compression: string;
  readonly store: string;
  readonly manifestHash: string;
  /** Null: its manifest says nothing of it, as those of older versions and of migrations do. */
  readonly grants: Grants | null;
}

/** `full` reads and stores everything anew; `incremental` stores what no earlier backup has. Either restores by itself. */
export type BackupStrategy = 'full' | 'incremental';

/** What is defined in a keyspace beside types and tables: no rows of it are stored. */
export interface Definitions {
  readonly indexes: readonly Index[];
  readonly views: readonly View[];
  readonly functions: readonly UserFunction[];
  readonly aggregates: readonly Aggregate[];
}

/** Tokens of the ring, both inclusive, as decimal digits. */
export interface TokenSpan {
  readonly first: string;
  readonly last: string;
}
export interface BackupTableInfo {
  readonly table: string;
  /** Whose partitions it holds; null: all. */
  readonly tokens: TokenSpan | null;
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
