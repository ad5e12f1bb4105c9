/** What migration files and configurations import from `cqlform`. */

export { alter } from './dsl/alter.ts';
export type {
  Canonical,
  Decimal,
  Duration,
  Inet,
  LocalDate,
  LocalTime,
  TimeUuid,
  Uuid,
} from './dsl/canonical-text.ts';
export {
  type Config,
  defineConfig,
  type Env,
  env,
  type KeySource,
  type Replication,
  type Settings,
} from './dsl/config.ts';
export type { BackupStrategy, Hooks, Retention, Schedule } from './dsl/config-schedules.ts';
export type { AzureStore, BackupStore, CloudStore, GcsStore, S3Store } from './dsl/config-stores.ts';
export type * from './dsl/cql-type.ts';
export {
  backfill,
  type Collisions,
  type ColumnMap,
  copy,
  type Data,
  type From,
  type Limits,
  type Lower,
  type Out,
  type Run,
  transform,
} from './dsl/data.ts';
export { type Drop, type Droppable, drop } from './dsl/drop.ts';
export { type DualWrite, dualWrite, type TargetRows } from './dsl/dual-write.ts';
export { type Aggregate, aggregate, type Fn, fn } from './dsl/function.ts';
export { type Keyspace, keyspace } from './dsl/keyspace.ts';
export { type Declared, type Migration, type MigrationDefinition, migration } from './dsl/migration.ts';
export { type Privacy, privacy, type Treat, type TreatAlike, type Waived } from './dsl/privacy.ts';
export type { InsertOf, RowOf } from './dsl/row.ts';
export { type Reject, reject, type Skip, skip, type Unset, unset } from './dsl/signals.ts';
export type { Overlap, SinceOf } from './dsl/since.ts';
export type { Source, SourceColumns, SourceType } from './dsl/source.ts';
export { type CqlTypes, t } from './dsl/t.ts';
export { asc, desc, existing, table } from './dsl/table.ts';
export { type Index, index, type SaiOptions } from './dsl/table-index.ts';
export type { Caching, Compaction, Compression, TableOptions, ViewOptions } from './dsl/table-options.ts';
export type { KeyPart, Ordered, Table } from './dsl/table-type.ts';
export { type Accepts, type Conversions, to } from './dsl/to.ts';
export type { Rounding, SourceConversions } from './dsl/to-source.ts';
export { alterType, udt } from './dsl/udt.ts';
export { type View, view } from './dsl/view.ts';
export { CqlformError } from './kernel/errors.ts';
