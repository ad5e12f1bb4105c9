import type { KeyspaceSettings } from '../model/schema.ts';
import { hazard } from './hazards.ts';
import { settingsHold } from './holds.ts';
import { replicationHolds } from './options.ts';
import type { SectionWriter } from './writer.ts';

/** Brings the settings of the keyspace to what a migration wants. */
export function alterKeyspace(writer: SectionWriter, wanted: KeyspaceSettings): void {
  const live = writer.world.schema.keyspace;
  if (settingsHold(wanted, live) === null) return;
  const { replication, durableWrites } = wanted;
  const settings: KeyspaceSettings = {
    kind: 'keyspace',
    ...(replication === undefined || replicationHolds(replication, live.replication) ? {} : { replication }),
    ...(durableWrites === undefined || durableWrites === (live.durableWrites ?? true) ? {} : { durableWrites }),
  };
  const address = writer.address('');
  const grows = settings.replication !== undefined;
  writer.ddl(
    { kind: 'alter-keyspace', settings },
    {
      object: '',
      title: `alter keyspace ${address}`,
      hazards: grows
        ? [
            hazard(
              'REPAIR_NEEDED',
              address,
              'New replicas are empty until a full repair (nodetool repair -full); where replicas went away, run nodetool cleanup.',
            ),
          ]
        : [],
    },
  );
}

/** The keyspace itself, where the cluster does not have it. */
export function createKeyspace(writer: SectionWriter, wanted: KeyspaceSettings): void {
  const { replication, ledgerInside = false } = writer.scope.input;
  const settings: KeyspaceSettings = { ...(replication === null ? {} : { replication }), ...wanted, kind: 'keyspace' };
  if (settings.replication === undefined) {
    writer.refuse('REPLICATION_MISSING', '', {
      message: `keyspace ${writer.address('')} does not exist, and nothing says how it is to be replicated`,
      next: "State `replication` for this environment in the configuration, e.g. { class: 'NetworkTopologyStrategy', dc1: '3' }.",
    });
    return;
  }
  writer.ddl(
    { kind: 'create-keyspace', settings, ...(ledgerInside ? { ifNotExists: true } : {}) },
    {
      object: '',
      title: `create keyspace ${writer.address('')}`,
      why: ledgerInside ? 'it does not exist yet; it is made with the ledger in it' : 'it does not exist yet',
    },
  );
}
