import type { CopyAccounts, StepResult } from './journal.ts';
import type { Plan } from './plan.ts';
import type { Step } from './step.ts';

/** Progress of long work. `total` null: unknown. */
export interface Progress {
  readonly unit: 'rows' | 'bytes' | 'ranges' | 'milliseconds';
  readonly done: number;
  readonly total: number | null;
  /** Of rows, where they are known: the table that they go to, their bytes, and how many were rejected. */
  readonly table?: string;
  readonly bytes?: number;
  readonly rejected?: number;
}

/** What a run tells while it runs; `apply --json` prints one per line. */
export type RunEvent =
  | {
      readonly kind: 'run-start';
      readonly run: string;
      readonly plan: string;
      readonly direction: Plan['kind'];
      readonly steps: number;
      readonly resumed: boolean;
    }
  | {
      readonly kind: 'lease';
      readonly owner: string;
      readonly fence: number;
      readonly state: 'waiting' | 'taken' | 'released';
    }
  | { readonly kind: 'preflight'; readonly check: string; readonly ok: boolean; readonly detail: string }
  | { readonly kind: 'step-start'; readonly step: Step; readonly number: number; readonly of: number }
  | { readonly kind: 'progress'; readonly step: string; readonly progress: Progress }
  /** A step waits for a time; `milliseconds` from now. */
  | {
      readonly kind: 'waiting';
      readonly step: string;
      readonly reason: string;
      readonly until: string;
      readonly milliseconds: number;
    }
  | { readonly kind: 'schema-agreement'; readonly step: string; readonly milliseconds: number }
  | { readonly kind: 'accounts'; readonly step: string; readonly accounts: CopyAccounts }
  | {
      readonly kind: 'step-done';
      readonly step: string;
      readonly result: StepResult;
      readonly milliseconds: number;
      readonly already: boolean;
    }
  | { readonly kind: 'migration-done'; readonly migration: string; readonly status: 'applied' | 'rolled-back' }
  | { readonly kind: 'warning'; readonly code: string; readonly message: string; readonly step: string | null }
  | { readonly kind: 'run-done'; readonly run: string; readonly milliseconds: number };

export type Emit = (event: RunEvent) => void;
