import type { Read } from './cql-type.ts';
import type { Sparse } from './inherited.ts';
import type { Source, SourceColumns, SourceType } from './source.ts';

/** What a table of a database and a query have in common. */
export interface SqlDefinition<C, Q, R> {
  /** A name under `sources` in the configuration, which says where it is. */
  readonly connection: string;
  readonly columns: C;
  /** The primary key, in its order: it names a row in reports, and by its ranges the table is read in parallel. */
  readonly key?: readonly Q[];
  /** Further columns that are never null: a row where one is null is rejected. */
  readonly notNull?: readonly R[];
  /** The column behind a name where they differ, e.g. `{ genre: 'GENRE_NAME' }`. */
  readonly fields?: Sparse<{ readonly [X in keyof NoInfer<C>]?: string }>;
  /** The zone of times that have none, `UTC`, an offset (`+02:00`) or a name (`Europe/Oslo`); UTC unless said otherwise. */
  readonly zone?: string;
  /** What becomes of digits below the millisecond, which no timestamp of CQL has; unless said otherwise the row is rejected. */
  readonly fractions?: 'reject' | 'truncate';
}
export interface SqlTableDefinition<C, Q, R> extends SqlDefinition<C, Q, R> {
  /** Where the table is, when it is not where the connection looks first: a schema, or another database of the server. */
  readonly schema?: string;
}

interface ColumnsOfSystem<System extends string> extends SourceColumns {
  readonly [name: string]: SourceType<`${System}.${string}`>;
}
/** The forms of a source in a database: M are the settings that only this system has. */
export interface SqlForms<System extends string, M> {
  /** A table, or a view. */
  table<
    C extends ColumnsOfSystem<System>,
    const Q extends keyof C & string = never,
    const R extends keyof C & string = never,
  >(name: string, definition: SqlTableDefinition<C, Q, R> & M): Source<C, Q | R>;
  /** The rows of a SELECT, e.g. a join, read as one table. It is not split. */
  query<
    C extends ColumnsOfSystem<System>,
    const Q extends keyof C & string = never,
    const R extends keyof C & string = never,
  >(sql: string, definition: SqlDefinition<C, Q, R> & M): Source<C, Q | R>;
}

/** One of the words that the type declares; it reads as their union. */
export interface Labelled<Kind extends string, L extends string> extends SourceType<Kind, L> {
  readonly labels: readonly L[];
}
/** Several of the words that the type declares. */
export interface LabelledSet<Kind extends string, L extends string> extends SourceType<Kind, ReadonlySet<L>> {
  readonly labels: readonly L[];
}
/** A list whose elements are never null. */
export interface SqlArray<Kind extends string, E extends SourceType> extends SourceType<Kind, readonly Read<E>[]> {
  readonly element: E;
}
