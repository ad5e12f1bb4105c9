/** Tables and queries of MySQL and MariaDB: `cqlform/mysql`. */
export { mysql } from './dsl/mysql-source.ts';
export type * from './dsl/mysql-type.ts';
export type * from './dsl/sql-type.ts';
