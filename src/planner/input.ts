import type { BackupReference } from '../model/journal.ts';
import type { Estimate, LiveKeyspace } from '../model/live.ts';
import type { Migration } from '../model/migration.ts';
import type { Notice, Section } from '../model/plan.ts';
import type { Schema } from '../model/schema.ts';
import type { Footprint } from './footprint.ts';

/** What every plan is made from. */
interface PlanInput {
  readonly toolVersion: string;
  readonly planId: string;
  readonly environment: string | null;
  readonly live: LiveKeyspace;
  /** The newest state of the ledger; null when nothing was ever recorded. A `StateDocument` fits. */
  readonly recorded: Recorded | null;
  /** Hash of that state, or `none`. */
  readonly ledgerHead: string;
  readonly gitCommit: string | null;
  readonly sumHead: string | null;
  /** By table: columns whose write times the server cannot tell. */
  readonly untimed: Readonly<Record<string, readonly string[]>>;
  /** From this size on a backup is marked LARGE_TABLE; null: never. */
  readonly largeTableBytes: number | null;
}

export interface Recorded {
  readonly schema: Schema;
  /** By table. */
  readonly tableIds: Readonly<Record<string, string>>;
}

export interface ApplyInput extends PlanInput {
  /** In the order in which they will run. */
  readonly pending: readonly Migration[];
  /** For a late file: what was applied although it sorts after it. Left out or empty: nothing. */
  readonly appliedAfter: Readonly<Record<string, readonly AppliedAfter[]>>;
  /** From the configuration; null when it says nothing. */
  readonly replication: Readonly<Record<string, string>> | null;
  /** True where the ledger is in the keyspace that is migrated. Left out: it has one of its own. */
  readonly ledgerInside?: boolean;
  /** Tables that are known to have no row. */
  readonly emptyTables: readonly string[];
  /** What foreign sources hold, by `<migration>/<index of the data step>`. Left out: not looked at. */
  readonly sources?: Readonly<Record<string, SourceFinding>>;
  readonly options: {
    readonly schemaOnly: boolean;
    /** Addresses whose loss needs no backup: `shop.users`, `shop.users.nickname`. */
    readonly noBackup: readonly string[];
  };
}

/** What was seen of a foreign source before planning. */
export interface SourceFinding extends Estimate {
  /** Declared columns that no row of the sample has. */
  readonly missing: readonly string[];
  /** Why it cannot be read at all; null: it can. */
  readonly problem: { readonly code: string; readonly message: string; readonly next: string } | null;
  /** What its catalogue and a sample of its rows say about the declaration. */
  readonly notes?: readonly {
    readonly code: string;
    readonly severity: Notice['severity'];
    readonly message: string;
    readonly next: string;
  }[];
}

/** See `footprintOf`. */
export interface AppliedAfter {
  readonly migration: string;
  readonly footprint: Footprint;
}

export interface RollbackInput extends PlanInput {
  /** Newest first. */
  readonly takeBack: readonly TakeBack[];
  /** Addresses of steps that cannot be taken back and shall be left as they are. */
  readonly leave: readonly string[];
}

export interface TakeBack {
  /** As the plan that was applied has it. */
  readonly section: Section;
  /** Ids of the steps that are done and not yet taken back. */
  readonly done: readonly string[];
  /** The backups that these steps made, by label. */
  readonly backups: Readonly<Record<string, BackupReference>>;
}
