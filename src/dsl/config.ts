import type { BackupStrategy, Retention, Schedule } from './config-schedules.ts';
import type { BackupStore } from './config-stores.ts';
import { mistake, objectOf, shown } from './mistake.ts';

/** The value of an environment variable, read only by the step that needs it. */
export interface Env {
  readonly kind: 'env';
  readonly name: string;
}
/** A number of copies, or copies per data centre. */
export type Replication = number | { readonly [dataCenter: string]: number | string };

/** True: encrypted, certificates checked against the system's authorities. Paths are relative to the project's folder. */
export type Tls =
  | boolean
  | {
      readonly ca?: string;
      readonly cert?: string;
      readonly key?: string;
      readonly verify?: boolean;
      /** The name that certificates are checked against, where it is not the address that is connected to. */
      readonly serverName?: string;
    };
/** Where a database is that migrations read from. Passwords come from the environment only. */
export type SourceConnection =
  | {
      /** `mysql://user@host:3306/database`; with a password in it only as `env('NAME')`. */
      readonly url: string | Env;
      readonly password?: Env;
      readonly tls?: Tls;
    }
  | {
      readonly host: string | Env;
      readonly port?: number;
      readonly database: string;
      readonly user?: string | Env;
      readonly password?: Env;
      readonly tls?: Tls;
    }
  | {
      /** An SQLite database's file, relative to the project's folder. */
      readonly file: string;
    }
  | ClusterConnection;

/** Another cluster, of Cassandra, DSE or Astra DB. */
export type ClusterConnection = {
  /** The keyspace of tables that name none. */
  readonly keyspace: string;
  readonly credentials?: { readonly username: string | Env; readonly password: Env };
  /** How many replicas a read waits for; `LOCAL_QUORUM` unless said otherwise. */
  readonly consistency?: 'ALL' | 'QUORUM' | 'LOCAL_QUORUM' | 'ONE' | 'LOCAL_ONE';
} & (
  | {
      /** `host` or `host:port`; or one text with commas, from the environment. */
      readonly contactPoints: readonly string[] | string | Env;
      /** That of the first node that answers, unless said otherwise. */
      readonly localDataCenter?: string;
      readonly tls?: Tls;
    }
  | {
      /** Astra DB's zip file, relative to the project's folder; the address and the certificates are in it. */
      readonly secureConnectBundle: string;
    }
);

/** Where a key comes from: the environment, or what a command prints. */
export type KeySource = Env | { readonly command: readonly string[] };

/** What can be said for all environments, and over again for one. */
export interface Settings {
  /** The keyspace that the migrations live in. */
  readonly keyspace: string;
  /** `host` or `host:port`; or one text with commas, from the environment. */
  readonly contactPoints?: readonly string[] | string | Env;
  readonly localDataCenter?: string;
  readonly credentials?: { readonly username: string | Env; readonly password: string | Env };
  /** True: encrypted, certificates checked against the system's authorities. Paths are relative to the project's folder. */
  readonly tls?: Tls;
  /** The folder of the migrations; `migrations` unless said otherwise. */
  readonly migrations?: string;
  /** The keyspace of the ledger; `cqlform` unless said otherwise. */
  readonly ledgerKeyspace?: string;
  /**
   * How long a run's lease lasts, in seconds: it is renewed every `beat` (2), lost after `takeover` (10) without that,
   * and another run may take it after a further `grace` (longer than a schema statement may take).
   */
  readonly lease?: { readonly beat?: number; readonly takeover?: number; readonly grace?: number };
  /**
   * How many seconds ahead of now a column is dropped (1 to 3600; 10 unless said otherwise): what writers that have not
   * heard of the drop send until then does no harm, and a column that comes back waits until then.
   */
  readonly dropMargin?: number;
  /** How the keyspace is replicated when it is created. */
  readonly replication?: Replication;
  readonly backup?: {
    /** Where the backups before destructive steps go; `cluster` unless said otherwise. */
    readonly store?: BackupStore;
    /** More places, by the names that `--store` and `--to` call them by. */
    readonly stores?: { readonly [name: string]: BackupStore };
    /** How many backups `backup prune` keeps for each span of time, and the labels of those that stay for good. */
    readonly retention?: Retention;
    /** What `backup create` stores unless it is told; what no earlier backup has unless said otherwise. */
    readonly strategy?: BackupStrategy;
    /** By name, what `backup run` does, and when. */
    readonly schedules?: { readonly [name: string]: Schedule };
    /** `zstd` (level 3) unless said otherwise: `zstd:19`, `gzip`, `gzip:9`. */
    readonly compression?: string;
    /**
     * False: `backup create` and schedules read values alone, which is faster; what is restored of them has the time of
     * the restore, and no TTLs. Backups before destructive steps have write times all the same.
     */
    readonly writeTimes?: boolean;
    /** Encrypts what is stored: with a passphrase, or with the key that a command prints (32 bytes of chance in base64). */
    readonly encryption?: { readonly passphrase: Env } | { readonly command: readonly string[] };
  };
  /** True: `redo` and other development commands are refused. */
  readonly protected?: boolean;
  /** By the name that migrations call them by, the databases that rows come from. */
  readonly sources?: { readonly [connection: string]: SourceConnection };
  /**
   * True: a lower environment, such as staging. Columns marked with `t.pii` have to be treated, or waived with a reason,
   * when their rows come from outside.
   */
  readonly lower?: boolean;
  /** By name, the keys of `privacy.hash` and `privacy.tokenise`: 32 bytes of chance in base64 or hexadecimal digits. */
  readonly privacy?: { readonly keys?: { readonly [key: string]: KeySource } };
  /** `skip`: data steps are recorded as skipped, so that a fresh development cluster needs nobody's data. */
  readonly data?: 'run' | 'skip';
  /**
   * How closely the rows that a migration copied are looked at when they are written; `sample` unless said otherwise:
   * some two thousand rows, or all where there are fewer, are looked for in the target.
   */
  readonly verifyCopies?: 'none' | 'count' | 'sample' | 'full';
  /**
   * How many threads run the functions of rows: a number, 0 for none besides the main thread, or `auto`, which is so
   * unless said otherwise: some when functions are what a copy waits for and cores are idle.
   */
  readonly threads?: 'auto' | number;
}
/** The configuration file's default export. */
export interface Config extends Settings {
  /** By name, what differs there; chosen with `--env`. */
  readonly environments?: { readonly [name: string]: Partial<Settings> };
}

/**
 * The value of an environment variable, in the configuration. It is read when a step connects, not before.
 *
 * @example
 * import { defineConfig, env } from 'cqlform';
 *
 * export default defineConfig({
 *   keyspace: 'shop',
 *   credentials: { username: 'migrator', password: env('SHOP_PASSWORD') },
 * });
 */
export function env(name: string): Env {
  if (typeof name === 'string' && /^\w+$/.test(name)) return Object.freeze({ kind: 'env', name });
  throw mistake('ENV_NAME', {
    message: `env was given ${shown(name)}`,
    next: "Give the name of an environment variable, e.g. `env('CASSANDRA_PASSWORD')`.",
  });
}

/**
 * The configuration: the default export of `cqlform.config.ts`.
 *
 * @example
 * import { defineConfig, env } from 'cqlform';
 *
 * export default defineConfig({
 *   keyspace: 'shop',
 *   contactPoints: ['127.0.0.1:9042'],
 *   localDataCenter: 'datacenter1',
 *   environments: {
 *     production: { contactPoints: env('CASSANDRA'), replication: { dc1: 3 }, protected: true },
 *   },
 * });
 */
export function defineConfig(config: Config): Config {
  return Object.freeze({ ...objectOf('the configuration', config) }) as unknown as Config;
}
