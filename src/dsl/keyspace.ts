import type { KeyspaceSettings } from '../model/schema.ts';
import { booleanOf, mistake, propertiesOf } from './mistake.ts';
import { withOrigin } from './origin.ts';

/** Settings of the keyspace that the migrations live in. */
export interface Keyspace {
  readonly kind: 'keyspace';
  readonly durableWrites?: boolean;
}

/**
 * Settings of the keyspace itself. Replication is not one of them: it differs per environment and stands in the
 * configuration.
 *
 * @example
 * import { keyspace, migration } from 'cqlform';
 *
 * export default migration({ description: 'Write to the commit log', schema: [keyspace({ durableWrites: true })] });
 */
export function keyspace(settings: { readonly durableWrites: boolean }): Keyspace {
  const { durableWrites } = propertiesOf('keyspace', settings, ['durableWrites']);
  if (durableWrites === undefined) {
    throw mistake('KEYSPACE_EMPTY', {
      message: 'keyspace was given no setting',
      next: 'Give `durableWrites`; replication stands in the configuration.',
    });
  }
  const model: KeyspaceSettings = {
    kind: 'keyspace',
    durableWrites: booleanOf('durableWrites of keyspace', durableWrites),
  };
  const declaration = { kind: 'alter-keyspace', settings: model } as const;
  return withOrigin({ ...model }, { kind: 'keyspace', declaration });
}
