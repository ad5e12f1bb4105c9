/** Tables and queries of SQLite: `cqlform/sqlite`. */

export type * from './dsl/sql-type.ts';
export { sqlite } from './dsl/sqlite-source.ts';
export type * from './dsl/sqlite-type.ts';
