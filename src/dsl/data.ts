import type { RunClock } from '../model/data.ts';
import type { ClusterTable } from './cluster-type.ts';
import type { Converts } from './converts.ts';
import type { Read, Write } from './cql-type.ts';
import { backfillOrigin, copyOrigin, transformOrigin } from './data-spec.ts';
import type { Sparse } from './inherited.ts';
import { withOrigin } from './origin.ts';
import type { Waived } from './privacy.ts';
import type { InsertOf, RowOf } from './row.ts';
import type { Reject, Skip, Unset } from './signals.ts';
import type { SinceOf } from './since.ts';
import type { Source } from './source.ts';
import type { HasStatic, Table } from './table-type.ts';

/** The only clock there is: fixed for the whole run, so that a resumed copy and a verify see the same value. */
export type Run = RunClock;
/** Where rows come from. */
export type From = Table | ClusterTable | Source;

type KeyOf<I> = I extends Table<infer _, infer _C, infer P, infer K> ? P | K : never;
type ColumnOf<I> = I extends Table<infer _, infer C> ? keyof C & string : never;
type TargetValue<I, X> =
  I extends Table<infer _, infer C>
    ? X extends keyof C
      ? X extends KeyOf<I>
        ? Write<C[X]>
        : Write<C[X]> | null | undefined
      : never
    : never;
/** The type of a column, of a table or a source. */
type TypeOf<T, X> = T extends { readonly columns: infer C } ? (X extends keyof C ? C[X] : never) : never;
type ClusteringOf<T> =
  T extends Table<infer _, infer _C, infer _P, infer K>
    ? K
    : T extends ClusterTable<infer _, infer _C, infer _P, infer K>
      ? K
      : never;
/** Where null in a clustering column means a partition's static cells alone, on both sides. */
type IsStaticRow<F, S, I, X> =
  S extends ClusteringOf<F>
    ? X extends ClusteringOf<I>
      ? I extends { readonly columns: infer C }
        ? HasStatic<C>
        : false
      : false
    : false;
/** Whether column S of F may go into column X of I by itself: by the conversion table, and null into no key. */
type FitsInto<F, S, I, X, Row> =
  Converts<TypeOf<F, S>, TypeOf<I, X>> extends true
    ? X extends KeyOf<I>
      ? S extends keyof Row
        ? null extends Row[S]
          ? IsStaticRow<F, S, I, X>
          : true
        : false
      : true
    : false;
type Fits<F, I, X, Row = RowOf<F>> = {
  [S in keyof Row]: FitsInto<F, S, I, X, Row> extends true ? S : never;
}[keyof Row] &
  string;
/** Columns that must be said: a key column without a fitting namesake, and any column whose namesake does not fit. */
type Unmatched<F, I, Row = RowOf<F>> = {
  [X in ColumnOf<I>]: X extends keyof Row
    ? FitsInto<F, X, I, X, Row> extends true
      ? never
      : X
    : X extends KeyOf<I>
      ? X
      : never;
}[ColumnOf<I>];
type Given<F, I, X> =
  | Fits<F, I, X>
  | ((row: RowOf<F>, run: Run) => TargetValue<I, X> | Skip | Reject | (X extends KeyOf<I> ? never : Unset))
  | (X extends KeyOf<I> ? never : Unset);
/** What a copy says of its target's columns: a source column's name, a function of the row, or `unset`. */
export type ColumnMap<F, I> = { readonly [X in Unmatched<F, I>]: Given<F, I, X> } & Sparse<{
  readonly [X in Exclude<ColumnOf<I>, Unmatched<F, I>>]?: Given<F, I, X>;
}>;
type IsPii<C> = C extends { readonly kind: 'pii' }
  ? true
  : C extends { readonly kind: 'static'; readonly of: infer T }
    ? IsPii<T>
    : false;
/** Columns that are marked as personal. */
type PiiColumn<I> = { [X in ColumnOf<I>]: IsPii<TypeOf<I, X>> extends true ? X : never }[ColumnOf<I>];
type LowerColumn<I, X> = Waived | ({ readonly treats: string } & ((value: Read<TypeOf<I, X>>) => Write<TypeOf<I, X>>));
/**
 * What becomes of columns in lower environments, where rows come from outside the keyspace: a function of `privacy`, or
 * a waiver. Columns that are marked as personal have to be said.
 */
export type Lower<F, I> = F extends Table
  ? { readonly lower?: never }
  : [PiiColumn<I>] extends [never]
    ? { readonly lower?: Sparse<{ readonly [X in ColumnOf<I>]?: LowerColumn<I, X> }> }
    : {
        readonly lower: { readonly [X in PiiColumn<I>]: LowerColumn<I, X> } & Sparse<{
          readonly [X in Exclude<ColumnOf<I>, PiiColumn<I>>]?: LowerColumn<I, X>;
        }>;
      };
export interface Limits {
  /** How many rows may be rejected before the step fails, e.g. `10` or `'0.1%'`; 0 when it is left out. */
  readonly maxRejects?: number | `${number}%`;
}
export interface Collisions {
  /**
   * How many rows may have a primary key that another row of the step has, and so overwrite it, e.g. `10` or `'0.1%'`; 0
   * when it is left out. They are counted before the first write, by reading the source once more, but where its key
   * tells that no two can meet. With `'100%'` nobody counts.
   */
  readonly maxCollisions?: number | `${number}%`;
}
/** A data step; it runs when it stands in `data`. */
export interface Data {
  readonly kind: 'data';
}

/**
 * One row in, one row out. Columns of the same name and a fitting type map themselves; a key column without a namesake,
 * or a namesake that does not fit, has to be said. Functions see their row and nothing else: they may run in several
 * threads, each with variables of its own.
 *
 * @example
 * import { copy, existing, migration, t, table } from 'cqlform';
 *
 * const movies = existing('movies', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['id'] });
 * const films = table('films', {
 *   columns: { film_id: t.uuid(), title: t.text(), shout: t.text() },
 *   partitionKey: ['film_id'],
 * });
 *
 * export default migration({
 *   description: 'Movies are films',
 *   schema: [films],
 *   data: [
 *     copy({
 *       from: movies,
 *       into: films,
 *       columns: { film_id: 'id', shout: (movie) => movie.title?.toUpperCase() ?? null },
 *     }),
 *   ],
 * });
 */
export function copy<F extends From, I extends Table>(
  spec: { readonly from: F; readonly into: I } & Limits &
    Collisions &
    Lower<F, I> &
    SinceOf<F> &
    ([Unmatched<F, I>] extends [never]
      ? { readonly columns?: ColumnMap<F, I> }
      : { readonly columns: ColumnMap<F, I> }),
): Data {
  return withOrigin({ kind: 'data' }, copyOrigin(spec));
}

/** Where a transform puts its rows. What is emitted counts only when the function ends without `reject`. */
export interface Out<I> {
  emit(row: InsertOf<I>): void;
}

/**
 * One row in; none, one or many out. Rows are emitted and not returned, because TypeScript checks for misspelt columns,
 * and completes them, only in an argument. The function sees its row and nothing else: it may run in several threads,
 * each with variables of its own.
 *
 * @example
 * import { existing, migration, t, table, transform } from 'cqlform';
 *
 * const movies = existing('movies', {
 *   columns: { id: t.uuid(), genres: t.set(t.text()) },
 *   partitionKey: ['id'],
 * });
 * const moviesByGenre = table('movies_by_genre', {
 *   columns: { genre: t.text(), id: t.uuid() },
 *   partitionKey: ['genre'],
 *   clusteringKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'List movies by genre',
 *   schema: [moviesByGenre],
 *   data: [
 *     transform({
 *       from: movies,
 *       into: moviesByGenre,
 *       rows: ({ id, genres }, out) => {
 *         for (const genre of genres) out.emit({ genre, id });
 *       },
 *     }),
 *   ],
 * });
 */
export function transform<F extends From, I extends Table>(
  spec: {
    readonly from: F;
    readonly into: I;
    readonly rows: (row: RowOf<F>, out: Out<I>, run: Run) => void | Skip | Reject;
  } & Limits &
    Collisions &
    Lower<F, I> &
    SinceOf<F>,
): Data {
  return withOrigin({ kind: 'data' }, transformOrigin(spec));
}

/**
 * A table into itself: writes only the columns named, in the rows that are there. `from` is the table as it was, so a
 * column that goes away can still be read; a column that it writes cannot.
 *
 * @example
 * import { alter, backfill, existing, migration, t } from 'cqlform';
 *
 * const movies = existing('movies', { columns: { id: t.uuid(), rating_text: t.text() }, partitionKey: ['id'] });
 * const rated = alter(movies, { add: { rating: t.int() }, drop: ['rating_text'] });
 *
 * export default migration({
 *   description: 'Ratings are numbers',
 *   schema: [rated],
 *   data: [
 *     backfill({
 *       from: movies,
 *       into: rated,
 *       columns: { rating: (movie) => (movie.rating_text === null ? null : Number(movie.rating_text)) },
 *     }),
 *   ],
 * });
 */
export function backfill<F extends Table, I extends Table>(
  spec: {
    readonly from: F;
    readonly into: I & { readonly name: F['name'] };
    readonly columns: Sparse<{ readonly [X in Exclude<ColumnOf<I>, KeyOf<I>>]?: Given<F, I, X> }>;
  } & Limits,
): Data {
  return withOrigin({ kind: 'data' }, backfillOrigin(spec));
}
