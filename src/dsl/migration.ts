import type { Udt } from './cql-type.ts';
import type { Data } from './data.ts';
import type { Drop } from './drop.ts';
import type { Aggregate, Fn } from './function.ts';
import type { Keyspace } from './keyspace.ts';
import { propertiesOf } from './mistake.ts';
import { withOrigin } from './origin.ts';
import type { Index } from './table-index.ts';
import type { Table } from './table-type.ts';
import type { View } from './view.ts';

/** A migration file's default export. */
export interface Migration {
  readonly kind: 'migration';
}
/** What may stand in `schema`. */
export type Declared = Table | Udt | Index | View | Fn | Aggregate | Keyspace | Drop;

export interface MigrationDefinition {
  /** One line for people: what changes, and why. */
  readonly description: string;
  /**
   * The only list that counts. `table` here creates, `alter` composes its change, `drop` removes; indexes, views,
   * functions and aggregates are created, or replaced by name.
   */
  readonly schema?: readonly Declared[];
  /** Run in this order, after what is added and before what is taken away. */
  readonly data?: readonly Data[];
  /** Written by `squash`: these files' work is in this one. */
  readonly replaces?: readonly string[];
}

/**
 * A migration: the default export of its file.
 *
 * @example
 * import { migration, t, table } from 'cqlform';
 *
 * const movies = table('movies', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['id'] });
 *
 * export default migration({ description: 'Movies', schema: [movies] });
 */
export function migration(definition: MigrationDefinition): Migration {
  const given = propertiesOf('migration', definition, ['description', 'schema', 'data', 'replaces']);
  return withOrigin({ kind: 'migration' }, { kind: 'migration', definition: Object.freeze({ ...given }) });
}
