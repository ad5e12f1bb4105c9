import type { DataSpec } from '../model/data.ts';
import type { Emit } from '../model/event.ts';
import type { StepDecisions, StepEntry, StepResult, VerifyLevel } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Plan, Section } from '../model/plan.ts';
import type { Step, Work } from '../model/step.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, Rows } from '../ports/cluster.ts';
import type { Backups, Copier, RowThreads, ThreadsWanted, WorkContext } from '../ports/engines.ts';
import type { HeldLease, Journal } from '../ports/journal.ts';

/** What a run needs from outside. */
export interface RunnerDeps {
  readonly cluster: Cluster;
  readonly rows: Rows;
  readonly journal: Journal;
  readonly copier: Copier;
  /** The repository of automatic backups. */
  readonly backups: Backups;
  /** The repository that a reference names in its `store`. */
  readonly backupsAt: (store: string) => Backups;
  readonly clock: Clock;
  readonly emit: Emit;
  /** The data function of a migration file, after its code hash was compared with the plan's. Throws `CODE_CHANGED`. */
  readonly loadData: (section: Section, index: number) => Promise<DataSpec>;
  /** Threads for a step whose data function is loaded; null: it runs in the main thread. */
  readonly rowThreads: (section: Section, index: number, wanted: ThreadsWanted) => Promise<RowThreads | null>;
  /** Where rejected rows go. */
  readonly rejectsFile: (run: string, step: string) => string;
}

export interface RunSettings {
  /** See `Project.dropMarginMicros`. */
  readonly dropMarginMicros: bigint;
  readonly backupConsistency: 'ALL' | 'QUORUM';
  readonly allowStillWritten: boolean;
  readonly agreementTimeoutMs: number;
  /** How closely copied rows are looked at afterwards. */
  readonly verifyCopies: VerifyLevel;
  readonly threads: ThreadsWanted;
}

export interface RunRequest {
  readonly plan: Plan;
  readonly run: string;
  readonly lease: HeldLease;
  /** Entries of this run's earlier attempts, by step id. */
  readonly earlier: ReadonlyMap<string, StepEntry>;
  readonly actor: string;
  readonly settings: RunSettings;
  /** Aborted when the user interrupts: the run stops before its next statement. */
  readonly signal: AbortSignal;
  /** Timestamp floors by table. */
  readonly floors: ReadonlyMap<string, bigint>;
  /** Hash of the recorded state before the run. */
  readonly head: string;
}

/** What the work of one step is given. */
export interface WorkInput<K extends Work['kind'] = Work['kind']> {
  readonly work: Extract<Work, { readonly kind: K }>;
  readonly step: Step;
  readonly section: Section;
  readonly request: RunRequest;
  readonly deps: RunnerDeps;
  readonly decisions: StepDecisions;
  /** The keyspace as it was when the step began. */
  readonly live: LiveKeyspace;
  readonly context: WorkContext;
  /** True when an earlier attempt of this step may have done something. */
  readonly again: boolean;
}
export type DoWork<K extends Work['kind']> = (input: WorkInput<K>) => Promise<StepResult>;
