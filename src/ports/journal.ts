import type { CopyAccounts, JournalEntry, Lease } from '../model/journal.ts';
import type { KeyspaceSettings, Schema } from '../model/schema.ts';

/** The ledger of one keyspace. Every write of an entry is conditional on the fence of the lease that was taken here. */
export interface Journal {
  /**
   * Creates the ledger's keyspace and tables where they are missing; safe beside others that do the same. `keyspace`: how
   * its keyspace is made; left out: replicated as ledgers are. Throws `LEDGER_TABLE_TAKEN` where a table of its names is
   * somebody else's.
   */
  prepare(keyspace?: KeyspaceSettings): Promise<void>;
  /** All entries in the order they were first written; empty when the ledger does not exist yet. */
  entries(): Promise<readonly JournalEntry[]>;
  /** Inserts or replaces the entry of the same identity. Throws `LEASE_LOST` when the fence has moved on. */
  write(entry: JournalEntry): Promise<void>;
  /** Stores a JSON-safe value under the hash of its canonical JSON. */
  putDocument(value: unknown): Promise<string>;
  /** Throws `DOCUMENT_MISSING` or, when the content does not hash to its name, `DOCUMENT_DAMAGED`. */
  getDocument(hash: string): Promise<unknown>;
  /** Progress of a copy, restore or backup: plain writes, keyed by run, step and attempt. */
  writeCheckpoint(checkpoint: Checkpoint): Promise<void>;
  checkpoints(run: string, step: string): Promise<readonly Checkpoint[]>;

  lease(): Promise<Lease | null>;
  /** Waits up to `timeoutMs`; throws `LEASE_HELD` (exit 6) naming the owner, and `INTERRUPTED`. Keeps the lease by itself until `release`. */
  take(options: TakeOptions): Promise<HeldLease>;
  /** Takes the lease away from its owner, whoever it is: only for people who know that the owner is dead. */
  forceRelease(): Promise<Lease | null>;
  close(): Promise<void>;
}

export interface TakeOptions {
  readonly owner: string;
  readonly timeoutMs: number;
  readonly onWait: (holder: Lease) => void;
  /** Aborted: `INTERRUPTED` at once, without the lease. */
  readonly signal?: AbortSignal;
}

export interface HeldLease {
  readonly fence: number;
  readonly owner: string;
  /** Throws `LEASE_LOST` when the lease's own monotonic deadline has passed: called right before each statement is sent. */
  assertHeld(): void;
  release(): Promise<void>;
}

export interface Checkpoint {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  /** The engine's own name of the piece of work: a token range, a file split. */
  readonly range: string;
  readonly state: 'started' | 'done';
  readonly accounts: CopyAccounts | null;
  /** Engine's own facts, JSON-safe. */
  readonly detail: Readonly<Record<string, string | number>>;
}

/** A recorded schema, as the ledger keeps it. */
export interface StateDocument {
  readonly kind: 'state';
  readonly schema: Schema;
  /** Table ids when the state was reached, by name. */
  readonly tableIds: Readonly<Record<string, string>>;
}
