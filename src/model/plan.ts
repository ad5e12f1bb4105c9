import type { Change, DriftItem } from './change.ts';
import type { BackupReference } from './journal.ts';
import { consentsOfStep, type Step } from './step.ts';

export const planFormat = '1.0';

/** What a plan is bound to. `tables` holds the plan's own objects only, so that another team's table does not make it stale. */
export interface Fingerprint {
  /** By address, the hash of the normalised object, its id and its dropped columns; `absent` where there is none. */
  readonly objects: Readonly<Record<string, string>>;
  /** By address, the same as CQL, to show what has changed since; plans of older versions have none. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly version: string;
  /** Hash of the newest ledger state, or `none`. */
  readonly ledgerHead: string;
}

/** The work of one migration (or of taking one back). */
export interface Section {
  readonly migration: string;
  readonly description: string;
  readonly schemaHash: string;
  readonly codeHash: string | null;
  /** Packages that its row functions name, with their versions; left out: none. Recorded, not hashed. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Privacy keys that its functions may take, by name: their fingerprints. Left out: none. */
  readonly keys?: Readonly<Record<string, string>>;
  /** The document that keeps its source text, for showing what was edited; left out by versions that did not keep it. */
  readonly sourceHash?: string;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  /** Data steps that are recorded as skipped, by title, under `--schema-only`. */
  readonly skippedData: readonly string[];
  /** Why it may run although newer ones have: set for a late file from another branch. */
  readonly late: string | null;
}

export interface Notice {
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly address: string;
  readonly message: string;
  readonly next: string;
}

export interface PlanSummary {
  readonly add: number;
  readonly change: number;
  readonly rebuild: number;
  readonly destroy: number;
  readonly adopt: number;
  readonly data: number;
  readonly backups: number;
  readonly backupBytes: number | null;
}

/** A frozen, JSON-safe value that is sufficient to apply. Its hash is over everything but `hash` and `id`. */
export interface Plan {
  readonly format: typeof planFormat;
  readonly tool: string;
  readonly kind: 'apply' | 'rollback';
  readonly id: string;
  readonly hash: string;
  readonly target: {
    readonly cluster: string;
    readonly keyspace: string;
    readonly version: string;
    readonly environment: string | null;
  };
  readonly fingerprint: Fingerprint;
  readonly source: { readonly gitCommit: string | null; readonly sumHead: string | null };
  readonly sections: readonly Section[];
  readonly drift: readonly DriftItem[];
  readonly notices: readonly Notice[];
  /** In a rollback: the backups that its `restore` steps read, by label. Empty otherwise. */
  readonly backups: Readonly<Record<string, BackupReference>>;
  readonly summary: PlanSummary;
  /** False when a notice of severity `error` stands in the way. */
  readonly applyable: boolean;
}

/** The addresses that must be allowed by name before the plan may run. */
export function consentsOf(plan: Plan): readonly string[] {
  return [...new Set(plan.sections.flatMap((section) => section.steps.flatMap(consentsOfStep)))];
}
