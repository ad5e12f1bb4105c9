import type { RowSink } from '../cql/row-sink.ts';
import type { ForeignSource, JsRow } from '../model/data.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import type { SourceLag, SourceMark } from '../model/since.ts';
import type { CqlType } from '../model/type.ts';
import type { Consistency } from './cluster.ts';

/** A serialisable piece of a source that can be read again by itself and gives the same rows. */
export interface Split {
  readonly id: string;
  /** The system's own facts, e.g. byte offsets of a file. */
  readonly detail: Readonly<Record<string, string | number>>;
  readonly bytes: number | null;
}

/** One row as it comes; `problem` set: it could not be read as declared and has to be rejected with this reason. */
export interface SourceRow {
  readonly values: JsRow;
  /** Where it stands, for people: `movies.json#17`, `flights.csv:1204`. */
  readonly place: string;
  readonly problem: string | null;
}

/** Something about a source that a plan has to say. */
export interface SourceNote {
  readonly code: string;
  /** `error`: it cannot be read as it is declared. */
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly next: string;
}

/** What a source really holds, as far as a sample shows. */
export interface SourceFacts {
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Declared columns that the source does not have. */
  readonly missing: readonly string[];
  /** Whether no two rows have the same declared key, as its catalogue says; left out: it does not say so. */
  readonly distinct?: boolean;
  /** Hash of what identifies the content (size and modification time, or a catalogue's version), for resume and stale checks. */
  readonly identity: string;
  /** What its catalogue says that the declaration does not, and how it will be read. Left out: nothing. */
  readonly notes?: readonly SourceNote[];
}

/** A foreign source, opened. Rows come in the JavaScript values of the declared columns. */
export interface Source {
  facts(): Promise<SourceFacts>;
  /** Some rows, without opening a view for a copy; left out: the first ones of a piece are as good. */
  sample?(wanted: number): Promise<readonly SourceRow[]>;
  splits(wanted: number): Promise<readonly Split[]>;
  /** `onBytes` is told what was read of files that are not packed; other sources do not tell. */
  read(split: Split, onBytes?: (bytes: number) => void): AsyncIterable<readonly SourceRow[]>;
  /** What the system tells of changes by a declared column; left out: it tells nothing. */
  changes?(column: string): SourceChanges;
  close(): Promise<void>;
}

/** Asked beside the view that rows are read in, of the rows that are committed by then. */
export interface SourceChanges {
  mark(): Promise<SourceMark>;
  /** Of rows whose value is greater. */
  lag(after: bigint): Promise<SourceLag>;
  /** Whether an index finds the rows by their value; null: nobody knows. */
  isIndexed(): Promise<boolean | null>;
}

/** Rows of a source whose value in a declared column is not less: microseconds of a time, else the number. */
export interface ChangedRows {
  readonly column: string;
  readonly from: bigint;
}

/** A column that rows are wanted for, and the field of the source that it comes from. */
export interface BlockColumn {
  readonly name: string;
  readonly type: CqlType;
  readonly field: string;
}

/** Where rows in wire form go. */
export interface BlockTarget {
  readonly table: Table;
  readonly types: ByName<UserType>;
  /** By the number that rows name: what a row sets. The key comes first; the second, if there is one, sets only static columns. */
  readonly statements: readonly (readonly BlockColumn[])[];
  readonly filling: RowSink | null;
  room(): Promise<RowSink>;
  /** A row was added. */
  filled(): void;
  /** Microseconds: of the row that is the `number`th to be read, counted from 0. */
  timeOf(number: number): number;
  /** Seconds; 0: for ever. */
  readonly ttl: number;
  /** A row that cannot be taken, the `read`th; `raw` is what was read of it. Throws to end the reading. */
  reject(row: {
    readonly place: string;
    readonly reason: string;
    readonly raw: string;
    /** True when there is more of it. */
    readonly cut: boolean;
    readonly read: number;
  }): Promise<void>;
  /** Told now and then of what was read; throws to end the reading. */
  onProgress(read: { readonly rows: number; readonly bytes: number }): void;
}

/** A source that can be read straight into wire form, without a JavaScript value for each field. */
export interface BlockSource {
  /** The source's fields, in their order. */
  fields(): Promise<readonly string[]>;
  /** Null: unknown. */
  readonly bytes: number | null;
  /** Gives the rows read, those rejected among them. */
  read(target: BlockTarget): Promise<number>;
}

/** A value that only the step which needs it resolves; never printed, never stored. */
type Secret = () => string;

export interface TlsFiles {
  /** Paths of PEM files. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly verify: boolean;
  /** The name that certificates are checked against; null: the host's. */
  readonly serverName: string | null;
}
/** Where a database is, as the configuration has it. */
export type SourceAddress =
  | { readonly kind: 'url'; readonly url: Secret; readonly password: Secret | null; readonly tls: TlsFiles | null }
  | {
      readonly kind: 'host';
      readonly host: Secret;
      readonly port: number | null;
      readonly database: string;
      readonly user: Secret | null;
      readonly password: Secret | null;
      readonly tls: TlsFiles | null;
    }
  | { readonly kind: 'file'; readonly path: string }
  | ClusterAddress;

/** Where another cluster is, of Cassandra, DSE or Astra DB. */
export interface ClusterAddress {
  readonly kind: 'cluster';
  readonly at:
    | {
        readonly kind: 'nodes';
        /** `host` or `host:port`. */
        readonly contactPoints: () => readonly string[];
        /** Null: that of the first node that answers. */
        readonly localDataCenter: string | null;
        readonly tls: TlsFiles | null;
      }
    /** The path of the zip file that Astra DB gives. */
    | { readonly kind: 'bundle'; readonly path: string };
  /** Where a declaration names none. */
  readonly keyspace: string;
  readonly credentials: { readonly username: Secret; readonly password: Secret } | null;
  readonly consistency: Consistency;
}

/**
 * Finds the reader of a declared source; throws `UNKNOWN_SOURCE` for a system that is not there. With `changed` it reads,
 * counts and cuts only these rows, chosen by the system itself; only sources that have `changes` can.
 */
export type OpenSource = (source: ForeignSource, changed?: ChangedRows) => Promise<Source>;
