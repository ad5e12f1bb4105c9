/** How many backups are kept for each span of time, and the labels of those that stay for good. */
export interface Retention {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly labels?: readonly string[];
}

/**
 * `full` stores everything anew, `incremental` what no earlier backup has; `mixed` is full when the last full one is so
 * many days old, or when it is the turn of one of so many backups, and incremental otherwise.
 */
export type BackupStrategy =
  | 'full'
  | 'incremental'
  | { readonly kind: 'mixed'; readonly fullEvery: { readonly days?: number; readonly backups?: number } };

/** What is done at the times of a cron expression, by `cqlform backup run` or by what calls it. */
export type Schedule = ScheduledBackup | ScheduledVerify | ScheduledDrill | ScheduledPrune;

interface Scheduled {
  /** Five fields, or six with seconds first: `0 2 * * *`. */
  readonly cron: string;
  /** `Europe/Berlin`; UTC unless said otherwise. */
  readonly timeZone?: string;
  /** Seconds at most by which a run begins later than its time, by chance; 0 unless said otherwise. */
  readonly jitter?: number;
  /** What becomes of runs whose time has passed while nobody was there: one of them is made up for, which is so unless said otherwise, or none. */
  readonly missed?: 'run-once' | 'skip';
  readonly hooks?: Hooks;
  /** The place of the backups, named as with `--store`; the project's unless said otherwise. */
  readonly store?: string;
}

export interface ScheduledBackup extends Scheduled {
  readonly job: 'backup';
  /** Tables of the keyspace; all unless said otherwise. */
  readonly tables?: readonly string[];
  /** A backup of each; `all`: of every keyspace with tables. The project's unless said otherwise. */
  readonly keyspaces?: readonly string[] | 'all';
  /** As `backup.strategy` unless said otherwise. */
  readonly strategy?: BackupStrategy;
  /** As `backup.writeTimes` unless said otherwise. */
  readonly writeTimes?: boolean;
  /** The schedule's name unless said otherwise. */
  readonly label?: string;
  readonly consistency?: 'quorum' | 'all';
  /** Which of this schedule's backups are kept, when a new one is there; all unless said otherwise. */
  readonly retention?: Retention;
}

/** Reads the newest backup again. */
export interface ScheduledVerify extends Scheduled {
  readonly job: 'verify';
  /** Percent of the packs that are read, chosen anew each time; 100 unless said otherwise. */
  readonly sample?: number;
}

/** Restores the newest backup into a scratch keyspace, compares it, and removes it again. */
export interface ScheduledDrill extends Scheduled {
  readonly job: 'drill';
  readonly tables?: readonly string[];
}

export interface ScheduledPrune extends Scheduled {
  readonly job: 'prune';
  /** `backup.retention` unless said otherwise. */
  readonly retention?: Retention;
}

/** Commands, each a list of words, that are run without a shell. A `before` that fails stops the run. */
export interface Hooks {
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly failed?: readonly string[];
  /** Names of environment variables that they get besides the usual ones (PATH, HOME, LANG and such). */
  readonly environment?: readonly string[];
  /** Seconds that each may take; 900 unless said otherwise. */
  readonly timeout?: number;
}
