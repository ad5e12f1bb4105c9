/** Tables of other clusters, of Cassandra, DSE or Astra DB: `cqlform/cassandra`. */
export { cassandra } from './dsl/cluster-source.ts';
export type { Cassandra, ClusterTable } from './dsl/cluster-type.ts';
