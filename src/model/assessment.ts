import type { ForeignSource, ForeignType } from './data.ts';
import type { Table, UserType } from './schema.ts';

/**
 * What a value is by its looks, whatever its column says. `padded`: digits behind a zero, which a number would lose.
 * `local-timestamp`: a day and a time without a zone.
 */
export const valueKinds = [
  'int',
  'bigint',
  'varint',
  'decimal',
  'double',
  'padded',
  'boolean',
  'uuid',
  'date',
  'time',
  'timestamp',
  'local-timestamp',
  'text',
  'bytes',
  'array',
  'object',
] as const;
export type ValueKind = (typeof valueKinds)[number];

/** A value and where it stands: `movies.json#17`, `orders(id=5)`. Long values are shortened. */
export interface Example {
  readonly place: string;
  readonly value: string;
}

export interface FoundKind {
  readonly kind: ValueKind;
  readonly count: number;
  /** The first ones. */
  readonly examples: readonly Example[];
}

/** What the values of a field are, as far as rows were read. */
export interface FieldProfile {
  readonly nulls: number;
  /** Those that are not null. */
  readonly values: number;
  /** The most frequent first. */
  readonly kinds: readonly FoundKind[];
  /** Texts that may stand for null, e.g. `NA`, and how often they were met. They are counted as texts too. */
  readonly nullWords: Readonly<Record<string, number>>;
  /** Of numbers and times. */
  readonly least: string | null;
  readonly greatest: string | null;
  /** Bytes of the longest text or blob. */
  readonly longest: number | null;
  /** All bytes of its values, as Cassandra would hold them. */
  readonly bytes: number;
  readonly distinct: { readonly count: number; readonly exact: boolean };
  /** `unproved`: no value was met twice before there were too many to remember. */
  readonly unique: 'yes' | 'no' | 'unproved';
  /** The kinds of what stands inside arrays. */
  readonly elements: readonly ValueKind[];
  /** Texts and blobs without a byte; left out: there are none. */
  readonly empty?: { readonly count: number; readonly examples: readonly Example[] };
}

/** What is done to a value on its way where its type does not go by itself. */
export type Convert = 'text' | 'json' | 'texts' | 'ints' | 'doubles' | 'booleans';

/** Values that will be rejected. */
export interface Unfit {
  readonly count: number;
  readonly reason: string;
  readonly examples: readonly Example[];
}

export interface AssessedColumn {
  /** What the source calls it. */
  readonly field: string;
  /** The name proposed. */
  readonly column: string;
  /** The system's own words for its type; null: it declares none. */
  readonly sourceType: string | null;
  readonly nullable: boolean;
  readonly found: FieldProfile;
  /** How the migration declares it, e.g. `csv.int`. */
  readonly read: ForeignType;
  /** Of the table proposed: CQL text, e.g. `frozen<list<text>>`. */
  readonly type: string;
  readonly verdict: 'exact' | 'lossless' | 'function';
  readonly convert: Convert | null;
  readonly unfit: readonly Unfit[];
  readonly notes: readonly string[];
}

export interface KeyCandidate {
  readonly fields: readonly string[];
  /** `sample`: no two of the rows read, or of the first 200,000, are alike in it, and none is null; `all rows`: of all. */
  readonly by: 'primary key' | 'unique index' | 'all rows' | 'sample';
}

/** The key of the table proposed. */
export interface ProposedKey {
  /** Column names. */
  readonly partition: readonly string[];
  readonly clustering: readonly string[];
  /** `row`: no field is unique, so a column `partition[0]` is made of the whole row. */
  readonly by: 'asked' | KeyCandidate['by'] | 'row';
}

/** The sizes of the partitions that the rows read would make. */
export interface PartitionSizes {
  readonly rows: number;
  readonly partitions: number;
  /** False: there were too many to count; the sizes are of those that came first. */
  readonly complete: boolean;
  readonly medianRows: number;
  readonly largestRows: number;
  readonly largestBytes: number;
  /** The key of the largest, column by column. */
  readonly largest: string;
  /** Rows whose whole key another row has, which would overwrite each other; null: not counted. */
  readonly collisions: number | null;
  /** A key that several rows have; null: there is none. */
  readonly collision: string | null;
  /** Rows that have no value in a column of the key. */
  readonly nullKeys: number;
  readonly warnings: readonly string[];
}

/** A table with a row for each document of an array. */
export interface ChildTable {
  /** The parent's column that has the array; its table has none. */
  readonly column: string;
  readonly target: Table;
  /** The columns of the parent's key, then the one that counts the elements. */
  readonly keys: readonly string[];
  readonly position: string;
  /** Column of the target → field of an element. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface AssessedTable {
  /** The files or the table, for people. */
  readonly name: string;
  readonly source: Pick<ForeignSource, 'system' | 'connection' | 'place' | 'settings'>;
  /** As the system says; of files, those that were read where that is all of them. */
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Rows that were looked at. */
  readonly read: number;
  /** Whether these are all. */
  readonly whole: boolean;
  readonly columns: readonly AssessedColumn[];
  /** Columns that cannot be read, and why. */
  readonly refused: readonly { readonly field: string; readonly type: string | null; readonly reason: string }[];
  /** Rows that cannot be read at all, or not as their catalogue says. */
  readonly unreadable: { readonly count: number; readonly examples: readonly Example[] };
  readonly keys: readonly KeyCandidate[];
  readonly key: ProposedKey;
  readonly partitions: PartitionSizes | null;
  /** The table proposed. */
  readonly target: Table;
  /** The types of its structures, each after those in its fields. */
  readonly types: readonly UserType[];
  /** Tables proposed for what stands in arrays. */
  readonly children: readonly ChildTable[];
  /** The table of another cluster as it is there; null: the source is none. */
  readonly origin: Table | null;
  /** Null: no row that was read would be rejected. */
  readonly maxRejects: number | `${number}%` | null;
  readonly notes: readonly string[];
}

export interface Assessment {
  /** As it was asked for. */
  readonly source: string;
  readonly tables: readonly AssessedTable[];
  /** The names of views that stand beside the tables and were not looked at. */
  readonly views: readonly string[];
}
