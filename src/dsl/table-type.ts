import type { Columns, CqlCounter, CqlStatic } from './cql-type.ts';

/** A table: N its name, C its columns, P and K the names in its partition and clustering key. */
export interface Table<
  N extends string = string,
  C extends Columns = Columns,
  P extends string = string,
  K extends string = string,
> {
  readonly kind: 'table';
  readonly name: N;
  readonly columns: C;
  readonly partitionKey: readonly P[];
  readonly clusteringKey: readonly Ordered<K>[];
}
/** A clustering column with its order. */
export interface Ordered<N extends string = string> {
  readonly column: N;
  readonly order: 'asc' | 'desc';
}
/** A clustering column: its name (ascending), `asc(name)` or `desc(name)`. */
export type KeyPart<C> = (keyof C & string) | Ordered<keyof C & string>;
/** The column's name in a `KeyPart`. */
export type NameOf<R> = R extends Ordered<infer N> ? N : R & string;

type IsStatic<T> = T extends { readonly kind: 'static' } ? true : never;
export type HasStatic<C> = true extends { [X in keyof C]: IsStatic<C[X]> }[keyof C] ? true : false;

type KindOf<C, X extends keyof C> = C[X] extends { readonly kind: infer Kind } ? Kind : never;
/** What the columns must be beyond their types: named in the compiler's message when they are not. */
export type SoundColumns<C, P extends keyof C, K extends keyof C> =
  Extract<KindOf<C, P | K>, 'static' | 'counter' | 'duration' | 'json'> extends never
    ? Extract<KindOf<C, Exclude<keyof C, P | K>>, 'counter' | 'static'> extends never
      ? unknown
      : SoundCounters<C, P | K> & SoundStatics<C, K>
    : {
        readonly [X in P | K]: KindOf<C, X> extends 'static' | 'counter' | 'duration' | 'json'
          ? `a ${KindOf<C, X>} column cannot stand in the key`
          : unknown;
      };
type IsCounter<T> = T extends { readonly kind: 'counter' } | CqlStatic<CqlCounter> ? true : never;
type SoundCounters<C, Keys> = true extends { [X in keyof C]: IsCounter<C[X]> }[keyof C]
  ? {
      readonly [X in Exclude<keyof C, Keys>]: IsCounter<C[X]> extends never
        ? 'a table with a counter holds nothing but counters and its key'
        : unknown;
    }
  : unknown;
type SoundStatics<C, K> = [K] extends [never]
  ? {
      readonly [X in keyof C]: IsStatic<C[X]> extends never
        ? unknown
        : 'a static column needs a clustering key in its table';
    }
  : unknown;
