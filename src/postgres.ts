/** Tables and queries of PostgreSQL: `cqlform/postgres`. */
export { postgres } from './dsl/postgres-source.ts';
export type * from './dsl/postgres-type.ts';
export type * from './dsl/sql-type.ts';
