import type { ForeignSource, ForeignType } from '../model/data.ts';

/** How the values of a column are read: a type as a declaration names it, with its words and what it holds. */
export type ReadType = ForeignType;

/** A column of a table, as the catalogue of its system has it; of a file, a field. */
export interface SurveyedColumn {
  /** What the source calls it. */
  readonly field: string;
  /** The system's own words for its type, `varchar(40)`; null: it declares none. */
  readonly declared: string | null;
  /** Null: it cannot be read, for the reason that `refused` says. */
  readonly read: ReadType | null;
  readonly refused: string | null;
  /** The type of a column that turns out to hold 0 and 1 only; null: it stays what it is. */
  readonly flag: string | null;
  readonly nullable: boolean;
  /** What was found out about its values; left out: nothing. */
  readonly notes?: readonly string[];
  /** Elements of its longest array; left out: nobody has counted. */
  readonly longest?: number;
}

/** A table of a source before anybody has declared it. */
export interface SurveyedTable extends Pick<ForeignSource, 'system' | 'connection' | 'place' | 'settings'> {
  /** The files or the table, for people. */
  readonly name: string;
  /** An estimate where the system keeps one; null: unknown. */
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly columns: readonly SurveyedColumn[];
  /** The primary key's fields, in its order; empty: there is none. */
  readonly key: readonly string[];
  /** The fields of each further unique index. */
  readonly unique: readonly (readonly string[])[];
  /** What was guessed or left out. */
  readonly notes: readonly string[];
}

/** What is to be looked at. */
export type SurveyTarget =
  | {
      readonly kind: 'files';
      readonly system: 'csv' | 'json' | 'ndjson';
      /** A path or a glob. */
      readonly place: string;
      readonly settings: ForeignSource['settings'];
      /** The fields of JSON are those of so many rows. */
      readonly rows: number;
    }
  | {
      readonly kind: 'files';
      readonly system: 'parquet';
      /** A path or a glob. */
      readonly place: string;
      readonly settings: ForeignSource['settings'];
    }
  | {
      readonly kind: 'database';
      readonly system: 'mysql' | 'postgres' | 'sqlite' | 'mongo';
      readonly connection: string;
      /** `orders`, or `sales.orders` in another schema; null: all tables where the connection looks first. */
      readonly table: string | null;
      /** A query whose columns are wanted, in place of a table; left out: none. Its columns have no types. */
      readonly query?: string;
      /** Where there is no catalogue: how many rows are looked at, as many as is usual unless said otherwise. */
      readonly rows?: number;
      /** Documents inside of documents: as they are, as columns of their own, or as JSON text. `udt` unless said otherwise. */
      readonly nested?: 'udt' | 'flat' | 'json';
    };

export interface Survey {
  readonly tables: readonly SurveyedTable[];
  /** Views beside them, which are looked at by name only: their rows stand in tables, or take a query to find. */
  readonly views: readonly string[];
}

/** Finds the tables of a source. Throws `SOURCE_TABLE_MISSING` for a table that is not there. */
export type OpenSurvey = (target: SurveyTarget) => Promise<Survey>;
