import type { ClusterTable } from './cluster-type.ts';
import type { Flat, Read, Write } from './cql-type.ts';
import type { Sparse } from './inherited.ts';
import type { Source } from './source.ts';
import type { HasStatic, Table } from './table-type.ts';

type MaybeNull<T> = T extends { readonly kind: 'set' | 'list' | 'map' }
  ? Read<T>
  : T extends { readonly kind: 'static' | 'masked' | 'pii'; readonly of: infer I }
    ? MaybeNull<I>
    : Read<T> | null;

type TableRow<C, P, K> = {
  readonly [X in keyof C]: X extends P
    ? Read<C[X]>
    : X extends K
      ? HasStatic<C> extends true
        ? Read<C[X]> | null
        : Read<C[X]>
      : MaybeNull<C[X]>;
};

/**
 * A row as it is read: of a table, or of a source. Key columns are never null, except the clustering columns of tables
 * with static columns (their static-only rows have none). Collections that are not frozen read empty, never null.
 */
export type RowOf<T> =
  T extends Table<infer _, infer C, infer P, infer K>
    ? TableRow<C, P, K>
    : T extends ClusterTable<infer _, infer C, infer P, infer K>
      ? TableRow<C, P, K>
      : T extends Source<infer C, infer Q>
        ? { readonly [X in keyof C]: X extends Q ? Read<C[X]> : Read<C[X]> | null }
        : never;

/** A row as it is written. Left out or undefined: unset, the cell stays as it is. Null: the cell is deleted. */
export type InsertOf<T> =
  T extends Table<infer _, infer C, infer P, infer K>
    ? Flat<
        { readonly [X in keyof C & (P | K)]: Write<C[X]> } & Sparse<{
          readonly [X in Exclude<keyof C, P | K>]?: Write<C[X]> | null | undefined;
        }>
      >
    : never;
