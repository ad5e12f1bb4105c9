import type { ClusterSource } from '../model/data.ts';
import type { Estimate, LiveKeyspace } from '../model/live.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import type { Consistency, Rows } from './cluster.ts';

/** What a plan says of a table of another cluster. */
export interface ClusterTableFacts extends Estimate {
  readonly cluster: string;
  /** The lowest release among its nodes, as they state it. */
  readonly version: string;
}

/** A table or view of another cluster, opened: its rows come as those of the own cluster do. */
export interface OpenedTable {
  readonly rows: Rows;
  readonly keyspace: string;
  /** Whole, as it is there; a view in the shape of a table. */
  readonly table: Table;
  /** Of its keyspace. */
  readonly types: ByName<UserType>;
  readonly consistency: Consistency;
  /** The same as long as it is the same table. */
  readonly identity: string;
  facts(): Promise<ClusterTableFacts>;
  close(): Promise<void>;
}

/**
 * Opens a declared table of another cluster. Throws `SOURCE_CONNECTION_UNKNOWN`, `SOURCE_UNREACHABLE`,
 * `SOURCE_TABLE_MISSING`, and `SOURCE_COLUMNS` where it is not as declared.
 */
export type OpenTable = (source: ClusterSource) => Promise<OpenedTable>;

/** Another cluster, of which nothing is declared. */
export interface OtherCluster extends Pick<OpenedTable, 'rows' | 'keyspace' | 'consistency'> {
  describe(): Promise<LiveKeyspace>;
  /** A table, or a view in the shape of one. Throws `SOURCE_TABLE_MISSING`. */
  open(table: string): Promise<Omit<OpenedTable, 'facts' | 'close'>>;
  estimate(tables: readonly string[]): Promise<LiveKeyspace['estimates']>;
  close(): Promise<void>;
}
