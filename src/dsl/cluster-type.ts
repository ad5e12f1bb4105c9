import type { Columns } from './cql-type.ts';
import type { KeyPart, NameOf, Ordered, SoundColumns } from './table-type.ts';

/** A table or view of another cluster: N its name, C its columns, P and K the names in its partition and clustering key. */
export interface ClusterTable<
  N extends string = string,
  C extends Columns = Columns,
  P extends string = string,
  K extends string = string,
> {
  readonly kind: 'cluster-table';
  /** A name that the configuration knows. */
  readonly connection: string;
  /** Null: the keyspace that the configuration names for the connection. */
  readonly keyspace: string | null;
  readonly name: N;
  readonly columns: C;
  readonly partitionKey: readonly P[];
  readonly clusteringKey: readonly Ordered<K>[];
}

/** Tables of other clusters. */
export interface Cassandra {
  /** The columns that are read, with the types of `t` that they have there, and the whole key. */
  table<
    const N extends string,
    C extends Columns,
    const P extends keyof C & string,
    const K extends KeyPart<C> = never,
  >(
    name: N,
    definition: {
      readonly connection: string;
      /** Where it is not the keyspace that the configuration names. */
      readonly keyspace?: string;
      readonly columns: C & SoundColumns<C, P, NameOf<K> & keyof C>;
      readonly partitionKey: readonly [P, ...P[]];
      readonly clusteringKey?: readonly K[];
    },
  ): ClusterTable<N, C, P, NameOf<K>>;
}
