/** The version of every entry's shape; a reader refuses a larger major. */
export const journalFormat = 1;

export type RunDirection = 'apply' | 'rollback' | 'resolve';

/** One run of one plan. Written first with status `running`. */
export interface RunEntry {
  readonly kind: 'run';
  /** Sortable: start time in milliseconds as 13 digits, `-`, 8 hex digits. */
  readonly id: string;
  readonly direction: RunDirection;
  readonly planHash: string;
  readonly migrations: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly status: 'running' | 'failed' | 'done' | 'superseded';
  /** user@host:pid and, in CI, the job's address. */
  readonly actor: string;
  readonly error: { readonly code: string; readonly message: string; readonly step: string | null } | null;
}

/** What was decided before a step's first statement, so that a second attempt decides the same. */
export interface StepDecisions {
  /** Id of the table that a `create-table` makes. */
  readonly tableId: string | null;
  /** Microseconds, digits: of a column drop. */
  readonly dropTimestamp: string | null;
  /** Microseconds, digits: base time of rows that the step writes where they have none of their own. */
  readonly writeTimestamp: string | null;
  /** Ids of the tables that the step expects, by name, when it started; absent where there was none. */
  readonly tableIds: Readonly<Record<string, string>>;
  /** Counts from 1; lists are written at base + 2 × attempt. */
  readonly attempt: number;
  readonly startedAt: string;
}

export interface CopyAccounts {
  readonly read: number;
  readonly transformed: number;
  readonly skipped: number;
  readonly rejected: number;
  /** Rows emitted; equals the rows written. */
  readonly written: number;
  /** Emitted rows whose key another emitted row of this copy had before them: rows written less distinct keys. */
  readonly collisions: number;
  readonly bytes: number;
  /** Where the rejected rows are; null when there are none. */
  readonly rejectsFile: string | null;
}

/**
 * How closely a copy's rows are looked at when it has written them. `count`: the rows of the target are counted; `sample`:
 * some two thousand rows, or all where there are fewer, are looked for; `full`: the source is read again whole.
 */
export const verifyLevels = ['none', 'count', 'sample', 'full'] as const;
export type VerifyLevel = (typeof verifyLevels)[number];

/** What was compared after a copy; nothing was missing or different. */
export interface CopyVerified {
  readonly level: VerifyLevel;
  /** Rows compared, or counted. */
  readonly rows: number;
  /** Of these, rows that somebody wrote to or deleted after the copy. */
  readonly newer: number;
  /** Rows that were written again, because an attempt before had found some to be missing. */
  readonly repaired: number;
}

/** Where a backup is, and what it must be: the manifest itself lies in the store. */
export interface BackupReference {
  readonly id: string;
  /** The store, as the configuration names it: `local:/path` or `cluster:keyspace`. Never with credentials. */
  readonly store: string;
  readonly manifestHash: string;
  readonly table: string;
  readonly columns: readonly string[] | null;
  readonly rows: number;
  /** Partitions with a static row, which `rows` does not count; left out: none, or recorded by an older version. */
  readonly staticRows?: number;
  readonly bytes: number;
  readonly valueDigest: string;
}

export type StepResult =
  | { readonly kind: 'ddl'; readonly warnings: readonly string[]; readonly alreadyDone: boolean }
  | { readonly kind: 'backup'; readonly backup: BackupReference }
  | {
      readonly kind: 'restore';
      readonly rows: number;
      /** Left out: recorded by an older version. */
      readonly staticRows?: number;
      readonly expired: number;
      readonly digest: string;
      readonly expected: string;
    }
  | {
      readonly kind: 'data';
      readonly accounts: CopyAccounts;
      readonly skipped: boolean;
      /** Left out: nothing was compared, or recorded by an older version. */
      readonly verified?: CopyVerified;
    }
  | { readonly kind: 'compare'; readonly rows: number; readonly digest: string }
  | { readonly kind: 'wait'; readonly milliseconds: number };

export interface StepEntry {
  readonly kind: 'step';
  readonly run: string;
  readonly step: string;
  readonly migration: string;
  readonly state: 'started' | 'done' | 'failed' | 'reverted';
  readonly decisions: StepDecisions;
  readonly finishedAt: string | null;
  readonly result: StepResult | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A migration's standing. `stateHash` names the document with the schema after it. */
export interface MigrationEntry {
  readonly kind: 'migration';
  readonly id: string;
  readonly description: string;
  readonly status: 'applied' | 'partial' | 'rolled-back' | 'baselined';
  readonly schemaHash: string;
  readonly codeHash: string | null;
  /** Packages that its row functions name, with their versions; left out: none. Recorded, not hashed. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Privacy keys that its functions may have taken, by name: their fingerprints. Left out: none. */
  readonly keys?: Readonly<Record<string, string>>;
  /** The document that keeps its source text, for showing what was edited; left out by versions that did not keep it. */
  readonly sourceHash?: string;
  readonly stateBefore: string;
  readonly stateAfter: string;
  readonly run: string;
  readonly planHash: string;
  readonly at: string;
}

/** Newest write time that a table may hold from us: later copies write above it. Microseconds, digits. */
export interface FloorEntry {
  readonly kind: 'floor';
  readonly table: string;
  readonly timestamp: string;
  readonly reason: string;
}

/** The recorded state was set by a person: drift that was accepted, a migration that was marked. */
export interface StateEntry {
  readonly kind: 'state';
  /** Shaped like a run's id. */
  readonly id: string;
  readonly stateBefore: string;
  readonly stateAfter: string;
  readonly reason: string;
  readonly actor: string;
  readonly at: string;
}

/** Rows that a copy had rejected went through it again. */
export interface ReplayEntry {
  readonly kind: 'replay';
  /** Shaped like a run's id. */
  readonly id: string;
  /** The run and the data step that rejected the rows, and its migration. */
  readonly run: string;
  readonly step: string;
  readonly migration: string;
  /** The code that the rows went through: the migration's, or what it was amended to. */
  readonly codeHash: string | null;
  /** Counts on from the step's attempts and those of earlier replays. */
  readonly attempt: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly status: 'running' | 'failed' | 'done';
  readonly actor: string;
  readonly accounts: CopyAccounts | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A pass over the changes of a copy's source, from its first statement until its watermark is recorded. */
export interface OpenPass {
  /** `<run>.<attempt>`: names its checkpoints and its rejects. */
  readonly id: string;
  /** The watermark when it has ended. Digits, as below. */
  readonly value: string;
  readonly now: string;
  readonly time: string;
}

/**
 * How far the changes of a copy's source have been copied, replaced by each pass. Times are microseconds, as digits;
 * `value` is one for times, else a number.
 */
export interface WatermarkEntry {
  readonly kind: 'watermark';
  readonly run: string;
  /** The data step. */
  readonly step: string;
  readonly migration: string;
  readonly by: 'time' | 'number' | 'writetime';
  /** Null: the write time. */
  readonly column: string | null;
  /** Everything up to here is copied, but for the overlap, which the next pass reads again. */
  readonly value: string;
  /** The source's clock when the newest pass began, the first copy among them. */
  readonly now: string;
  /** The source's clock at the pass that last moved `value`. */
  readonly moved: string;
  /** Our clock when the newest pass began: the write time of rows that tell none. */
  readonly time: string;
  /** The write time of rows without a watermark. */
  readonly without: string;
  /** The newest attempt that wrote; each is later than all before, those of the first copy too. */
  readonly attempt: number;
  /** How many passes have ended. */
  readonly passes: number;
  /** Of the newest pass; null: there was none. */
  readonly accounts: CopyAccounts | null;
  readonly at: string;
  readonly open: OpenPass | null;
}

export type JournalEntry =
  | RunEntry
  | StepEntry
  | MigrationEntry
  | FloorEntry
  | StateEntry
  | ReplayEntry
  | WatermarkEntry;

export interface Lease {
  readonly owner: string;
  readonly fence: number;
  /** Counts up with every renewal. */
  readonly beat: number;
}
