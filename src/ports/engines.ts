import type { BackupFormat, BackupInfo, BackupStrategy, Definitions, TokenSpan } from '../model/backup.ts';
import type { DataSpec } from '../model/data.ts';
import type { Progress } from '../model/event.ts';
import type { BackupReference, CopyAccounts, CopyVerified, VerifyLevel } from '../model/journal.ts';
import type { Grants } from '../model/right.ts';
import type { StoredRow } from '../model/row.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import type { Since, SourceLag, SourceMark } from '../model/since.ts';
import type { RestoreMode, TableScope } from '../model/step.ts';
import type { BlobStore } from './blobs.ts';
import type { Checkpoint } from './journal.ts';

/** What every engine's long work is given by the runner. */
export interface WorkContext {
  readonly keyspace: string;
  readonly types: ByName<UserType>;
  readonly onProgress: (progress: Progress) => void;
  /** Called before each write: throws when the lease is lost or the run was interrupted. */
  readonly assertHeld: () => void;
  /** Counts from 1. */
  readonly attempt: number;
  /** What earlier attempts finished. */
  readonly finished: readonly Checkpoint[];
  readonly checkpoint: (
    range: string,
    state: Checkpoint['state'],
    more: { readonly accounts: CopyAccounts | null; readonly detail: Checkpoint['detail'] },
  ) => Promise<void>;
}

/** How what a backup stores is packed; `none` only of plain files. */
export type Compression =
  | { readonly algorithm: 'zstd' | 'gzip'; readonly level: number }
  | { readonly algorithm: 'none' };

export interface BackupRequest {
  /** `<keyspace>-<run>-<label>`: unique; an unfinished one of the same id is continued or replaced. */
  readonly id: string;
  readonly label: string | null;
  readonly scopes: readonly (TableScope & {
    readonly tableId: string;
    /** Only these partitions; left out: all. */
    readonly tokens?: TokenSpan;
  })[];
  /** ALL before destruction. */
  readonly consistency: 'ALL' | 'QUORUM';
  /** How often what was written since the scan began is read again before `STILL_WRITTEN` is thrown; 0: not at all. */
  readonly secondPasses: number;
  /** True when the user consented to writers going on. */
  readonly allowStillWritten: boolean;
  /** Hash of the newest ledger state, or `none`. */
  readonly ledgerHead: string;
  /** `full`: every chunk is stored anew, whatever earlier backups have. Left out: incremental, and the manifest says nothing. */
  readonly strategy?: BackupStrategy;
  /** The scheduled job whose backup it is. */
  readonly schedule?: string;
  /** False: values alone are read, without write times and expiries. Left out: they are read, too. */
  readonly writeTimes?: boolean;
  /** `csv`: plain files that other tools read; they are whole by themselves, and are read once. Left out: chunks. */
  readonly format?: BackupFormat;
  /** Left out: as the engine was told. */
  readonly compression?: Compression;
  /** Kept in the manifest beside the tables' own. Left out: nothing is. */
  readonly definitions?: Definitions;
  readonly grants?: Grants;
  /** Told once, when the backup is there. */
  readonly onStored?: (stored: BackupStored) => void;
}

/** What making a backup has cost, over all its tables. What is not new was stored by an earlier backup, and is used again. */
export interface BackupStored {
  /** Rows that it holds, static ones among them. */
  readonly rows: number;
  /** Of the chunks as they were read: keys, values and times, before compression. */
  readonly readBytes: number;
  readonly chunks: number;
  /** Stored bytes of all its chunks. */
  readonly bytes: number;
  /** Of these, what this backup has stored; rows are those of the chunks, so one that changed brings its neighbours along. */
  readonly newRows: number;
  readonly newChunks: number;
  readonly newBytes: number;
}

/**
 * Besides what plans use: `overwrite`, as `exact`, but rows that the backup does not have stay; `missing`, only rows,
 * cells and elements that are not there, all at R.
 */
export type RestoreWay = RestoreMode | 'overwrite' | 'missing';

export interface RestoreRequest {
  readonly backup: BackupReference;
  readonly into: Table;
  readonly mode: RestoreWay;
  readonly renamed: Readonly<Record<string, string>>;
  /** Microseconds: the base of mode `re-added` (D + 1), `exact`, `overwrite` and `missing` (R), and of whatever has no time in the backup: key-only rows, and all of one without write times. */
  readonly timestamp: bigint;
  /** Columns of the backup that are not restored. Left out: none. */
  readonly leaveOut?: readonly string[];
  /** By live column, in microseconds: where original times are kept, earlier ones are raised to it. Left out: none. */
  readonly floors?: Readonly<Record<string, bigint>>;
  /** Chunks that are not whole are passed over, with their rows; not with mode `exact`, which would delete these. */
  readonly skipDamaged?: boolean;
  /** Nothing is written and nothing compared; the report says what would be written. */
  readonly dryRun?: boolean;
}
export interface RestoreReport {
  readonly rows: number;
  readonly staticRows: number;
  /** Cells whose time had run out since the backup. */
  readonly expired: number;
  /** Value digest of what is in the table now, over the restored columns, without what expired. In a dry run `expected`. */
  readonly digest: string;
  /** What it has to be: the backup's own digest unless rows were left alone. */
  readonly expected: string;
  /** Of the rows and static rows of the backup, those that something was written to. */
  readonly written: number;
  /** Rows that the backup does not have, which were taken away. */
  readonly deleted: number;
  /** Chunks that were passed over because they are not whole. */
  readonly skippedChunks: number;
  /** Cells with an expiry that were restored, and those that are in the table now: fewer once some have run out. */
  readonly expiring: { readonly restored: number; readonly found: number };
}

export interface VerifyOptions {
  /** Percent of the packs that are read, more than 0; left out: all. Index and manifest are read whole. */
  readonly share?: number;
}

/** `whole…`: read, and found as they have to be. */
export interface VerifiedTable {
  readonly table: string;
  readonly chunks: number;
  readonly wholeChunks: number;
  readonly rows: number;
  readonly wholeRows: number;
  /** True when nothing of what was read is hurt. */
  readonly isWhole: boolean;
}

export interface VerifyReport {
  readonly backup: string;
  /** Percent of the packs that were read. */
  readonly share: number;
  readonly tables: readonly VerifiedTable[];
  readonly chunks: number;
  readonly rows: number;
  readonly staticRows: number;
  readonly bytes: number;
  readonly damage: readonly {
    readonly table: string;
    readonly range: string;
    readonly object: string;
    readonly problem: string;
  }[];
}

export interface PruneRequest {
  /** Ids of the backups that go. */
  readonly forget: readonly string[];
  readonly now: Date;
  /** How long an object is listed before it is deleted; longer than a backup may take. */
  readonly graceMs: number;
  /** Only tells. */
  readonly dryRun: boolean;
  /** Called before each deletion. */
  readonly assertHeld: () => void;
}

/** Backups that are to lie in another repository as well. */
export interface MirrorRequest {
  /** Left out: all that are there, those of other keyspaces too. */
  readonly ids?: readonly string[];
  readonly into: BlobStore;
  /** Throws to end it. */
  readonly assertHeld: () => void;
  readonly onProgress: (progress: Progress) => void;
}

/** Objects are packs and pieces of indexes; each was read back there and compared with its hash. */
export interface MirroredBackup {
  readonly id: string;
  readonly createdAt: string;
  readonly keyspace: string;
  /** It was there before, and was looked at again. */
  readonly there: boolean;
  readonly objects: number;
  readonly bytes: number;
  /** Of those, the ones that were not there before, or were damaged. */
  readonly newObjects: number;
  readonly newBytes: number;
}

/** Objects are packs and pieces of indexes. */
export interface PruneReport {
  readonly forgotten: number;
  /** Found to be of no use now; deleted by a later run. */
  readonly marked: number;
  readonly markedBytes: number;
  /** Listed by an earlier run, and not due yet. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  /** Backups that are being made, for whose sake nothing was deleted. */
  readonly alive: readonly string[];
}

/** What was backed up, as it was defined. */
export interface BackupContents {
  readonly serverVersion: string;
  readonly types: ByName<UserType>;
  /** Null: the manifest says nothing of them. */
  readonly definitions: Definitions | null;
  readonly tables: readonly { readonly table: Table; readonly columns: readonly string[] | null }[];
}

/** What only reads. */
export type BackupReader = Omit<Repository, 'prune' | 'mirror'>;

/** What can be done with the backups in a store without a cluster. */
export interface Repository {
  list(): AsyncIterable<BackupInfo>;
  find(id: string): Promise<BackupInfo | null>;
  /** The definitions in a backup; null: there is no such backup. */
  contents(id: string): Promise<BackupContents | null>;
  /** Pages of one of its tables, in token and clustering order. Throws `BACKUP_MISSING`, and `BACKUP_DAMAGED` at what is not whole. */
  rows(id: string, table: string): AsyncIterable<readonly StoredRow[]>;
  verify(id: string, onProgress: (progress: Progress) => void, options?: VerifyOptions): Promise<VerifyReport>;
  prune(request: PruneRequest): Promise<PruneReport>;
  /** One after another, the oldest first. Throws `BACKUP_MISSING`, and `BACKUP_DAMAGED` for those that are not whole. */
  mirror(request: MirrorRequest): AsyncIterable<MirroredBackup>;
}

/** The backup engine over one store and one cluster. */
export interface Backups extends Repository {
  create(request: BackupRequest, context: WorkContext): Promise<BackupReference[]>;
  restore(request: RestoreRequest, context: WorkContext): Promise<RestoreReport>;
  /** Value digest and row count of a live table over a scope, as a backup of it would have. */
  digest(scope: TableScope, context: WorkContext): Promise<{ readonly rows: number; readonly digest: string }>;
}

/** Of a copy whose changes are told: which of them are read, and when what they make is written. */
export interface CopyPass {
  readonly since: Since;
  /** Rows whose watermark is less are not read; null: all rows are, those without a watermark too. */
  readonly from: bigint | null;
  /** Microseconds: no row of a source with times is written later, whatever it says. */
  readonly now: bigint;
  /** Microseconds: when rows without a watermark are written. */
  readonly without: bigint;
  /** Of numbers: rows up to this one belong to an earlier pass, and are written at its time, in microseconds. */
  readonly earlier: { readonly value: bigint; readonly time: bigint } | null;
  /** Whether a column that is null in the source deletes the cell that is there; else it is left alone. */
  readonly deletes: boolean;
}

/** How many threads run the functions of rows; `auto`: some when functions are what a copy waits for and cores are idle. */
export type ThreadsWanted = 'auto' | number;
/** Each has an instance of the migration and a heap of its own. */
export const mostThreads = 64;

/** Threads that may run the functions of a data spec, each with an instance of the migration of its own. */
export interface RowThreads {
  readonly wanted: ThreadsWanted;
  /** What a thread runs. */
  readonly module: URL;
  /** What it finds the functions by; it has to be such that it can be sent to a thread. */
  readonly code: unknown;
  /** How long one row may take; a minute unless said otherwise. */
  readonly rowTimeoutMs?: number;
}

export interface CopyRequest {
  readonly spec: DataSpec;
  /** The live tables behind `spec.from` and `spec.into`, whole; `from` null where rows come from elsewhere. */
  readonly from: Table | null;
  readonly into: Table;
  readonly startedAt: Date;
  /** Microseconds: the time of rows that have none of their own. */
  readonly timestamp: bigint;
  /** Copies write at max(original, floor); null: no floor. */
  readonly floor: bigint | null;
  /** NDJSON, created when the first row is rejected. */
  readonly rejectsFile: string;
  /** Left out: changes are not told. */
  readonly pass?: CopyPass;
  /** Left out: functions run in the main thread. */
  readonly threads?: RowThreads;
  /** What is compared when the last row is written; left out: nothing. */
  readonly verify?: VerifyLevel;
}

export interface CopyOutcome {
  readonly accounts: CopyAccounts;
  readonly verified: CopyVerified;
}

/** A copy as it was run, and rows of it that were rejected and are to go through it again. */
export interface ReplayRequest extends CopyRequest {
  /** The rejects file that is read; `rejectsFile` takes what is rejected again. */
  readonly replayed: string;
}

/** A copy as it was run, to be compared with what is in its target now. */
export interface VerifyRowsRequest extends Omit<CopyRequest, 'rejectsFile' | 'verify'> {
  /** Percent of the ring that is compared, more than 0; 100: all. */
  readonly share: number;
  /** Writes again what is missing or older; newer writes still win. */
  readonly repair: boolean;
}

export interface RowDifference {
  /** `newer`: somebody wrote after the copy. */
  readonly kind: 'missing' | 'extra' | 'different' | 'newer';
  readonly key: string;
  readonly expected: string | null;
  readonly actual: string | null;
}

export interface RowsVerification {
  /** Of the whole source, whatever the share. */
  readonly read: number;
  readonly skipped: number;
  readonly rejected: number;
  /** Rows compared; those of a partition's static cells included. */
  readonly expected: number;
  readonly actual: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  /** Rows that somebody wrote to after the copy; no failure. */
  readonly newer: number;
  /** Cells that run out about now, and elements that several rows wrote at one time: what they have to be is not certain. */
  readonly uncertain: number;
  /** Rows that differ in places not looked at closely, because there were too many. */
  readonly unexamined: number;
  readonly repaired: number;
  /** Up to ten of each kind. */
  readonly differences: readonly RowDifference[];
}

export interface CopyTableRequest {
  readonly from: Table;
  readonly into: Table;
  /** Target column → source column; the key columns of `into` are among them. */
  readonly columns: Readonly<Record<string, string>>;
  /** True: `into` is `from`, only the mapped columns of existing rows are written, no markers. */
  readonly withinRow: boolean;
  readonly timestamp: bigint;
  readonly floor: bigint | null;
}

/** The data engine. */
export interface Copier {
  /** Throws `COPY_DIFFERS` when what it wrote is not there afterwards, as far as that is compared. */
  copy(request: CopyRequest, context: WorkContext): Promise<CopyOutcome>;
  copyTable(request: CopyTableRequest, context: WorkContext): Promise<CopyAccounts>;
  /** Writes rows of a rejects file. The attempt of the context is counted on from the copy's, which gives the rows their write time. */
  replay(request: ReplayRequest, context: WorkContext): Promise<CopyAccounts>;
  /** Reads the source again through the same functions and compares that with the target; changes nothing unless asked to repair. */
  verify(request: VerifyRowsRequest, context: WorkContext): Promise<RowsVerification>;
  /** Where the watermarks of a spec's source stand, of the rows that are committed by now. */
  mark(request: Pick<CopyRequest, 'spec' | 'from'>, context: WorkContext): Promise<SourceMark>;
  /** What of a spec's source lies above a watermark. A table of Cassandra is read whole for it. */
  lag(
    request: Pick<CopyRequest, 'spec' | 'from'> & { readonly after: bigint },
    context: WorkContext,
  ): Promise<SourceLag>;
  /** Rows of a table, and partitions that only have static cells. */
  count(table: Table, context: WorkContext): Promise<number>;
  /** Value digests of two tables over mapped columns; throws `ROWS_DIFFER` with counts and up to ten examples when they are not equal. */
  compare(
    request: Omit<CopyTableRequest, 'timestamp' | 'floor'>,
    context: WorkContext,
  ): Promise<{ readonly rows: number; readonly digest: string }>;
}
