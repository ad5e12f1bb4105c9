/** Collections of MongoDB: `cqlform/mongodb`. */
export { mongo } from './dsl/mongo-source.ts';
export type * from './dsl/mongo-type.ts';
