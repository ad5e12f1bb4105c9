import type { Secret as BackupSecret } from '../backup/encryption/key-file.ts';
import type { Retention } from '../backup/retention.ts';
import type { StrategyWanted } from '../backup/strategy.ts';
import type { ConnectPlace } from '../cassandra/connect-files.ts';
import type { Rate } from '../copy/rate.ts';
import type { VerifyLevel } from '../model/journal.ts';
import type { Compression, ThreadsWanted } from '../ports/engines.ts';
import type { SourceAddress } from '../ports/source.ts';
import type { ScheduledJob } from './schedule-settings.ts';
import type { AutomaticStore } from './store-settings.ts';

/** A value that only the step which needs it resolves; never printed, never stored. */
export type Secret = () => string;

export interface ClusterSettings extends Pick<ConnectPlace, 'localDataCenter' | 'credentials' | 'tls'> {
  /** `host` or `host:port`; null: the project's own development cluster. */
  readonly contactPoints: readonly string[] | null;
}

/** A project with its configuration resolved for one environment. Paths are absolute. */
export interface Project {
  readonly folder: string;
  readonly configFile: string | null;
  readonly environment: string | null;
  readonly keyspace: string;
  readonly migrationsFolder: string;
  /** `.cqlform` in the project: the development cluster, rejects, local backups. */
  readonly stateFolder: string;
  readonly cluster: ClusterSettings;
  readonly ledgerKeyspace: string;
  /** What of the lease's timing is not as usual; in milliseconds. */
  readonly lease: { readonly beatMs?: number; readonly takeoverMs?: number; readonly graceMs?: number };
  /**
   * How far ahead of now a column is dropped: what writers that have not heard of the drop send meanwhile must be older
   * than the drop. See docs/architecture.md, "Dropping a column".
   */
  readonly dropMarginMicros: bigint;
  readonly replication: Readonly<Record<string, string>> | null;
  /** Where automatic backups go. */
  readonly store: AutomaticStore;
  /** By name, more places for backups. */
  readonly stores: ReadonlyMap<string, AutomaticStore>;
  /** Which backups `backup prune` keeps. */
  readonly retention: Retention;
  /** What `backup create` does unless it is told; null: incremental. */
  readonly strategy: StrategyWanted | null;
  /** What is done at its times. */
  readonly schedules: readonly ScheduledJob[];
  /** How chunks of backups are compressed; null: as usual. */
  readonly compression: Compression | null;
  /** Whether `backup create` keeps write times and TTLs unless it is told; backups of migrations always do. */
  readonly backupWriteTimes: boolean;
  /** What opens encrypted backups, and makes new ones so; null: they are in the clear. */
  readonly backupSecret: BackupSecret | null;
  /** Refuses `redo` and other shortcuts of development. */
  readonly protected: boolean;
  readonly data: 'run' | 'skip';
  /** How closely the rows that a migration copied are looked at afterwards. */
  readonly verifyCopies: VerifyLevel;
  /** How many threads run the functions of rows. */
  readonly threads: ThreadsWanted;
  /** How fast rows may be copied; null: as fast as the cluster takes them. */
  readonly rate: Rate | null;
  /** Personal data from outside has to be treated on its way here, and what is here may be unloaded. */
  readonly lower: boolean;
  /** Whether cluster and keyspace are those that the configuration says of the environment, and not another's. */
  readonly ownPlace: boolean;
  /** By name, keys of hashes and tokens. */
  readonly privacyKeys: ReadonlyMap<string, () => Uint8Array>;
  /** By connection name, the databases that migrations read from. */
  readonly sources: Readonly<Record<string, SourceAddress>>;
}
