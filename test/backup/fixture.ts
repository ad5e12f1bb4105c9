import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackups } from '../../src/backup/backups.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { Table } from '../../src/model/schema.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import type { BackupRequest, Backups, RestoreReport, RestoreRequest, WorkContext } from '../../src/ports/engines.ts';
import type { Checkpoint } from '../../src/ports/journal.ts';
import { type RowsFixture, rowsFixture } from '../cassandra/rows-fixture.ts';

/** A keyspace and a folder of a test file's own. */
export interface BackupFixture extends RowsFixture {
  readonly folder: string;
  readonly store: BlobStore;
  readonly backups: Backups;
  readonly checkpoints: Checkpoint[];
  context(more?: Partial<WorkContext>): WorkContext;
  backup(
    table: Table,
    more?: Partial<BackupRequest> & { columns?: readonly string[] | null },
  ): Promise<BackupReference>;
  restore(
    backup: BackupReference,
    into: Table,
    more: Partial<RestoreRequest> & Pick<RestoreRequest, 'mode'>,
    context?: Partial<WorkContext>,
  ): Promise<RestoreReport>;
  backupsIn(store: BlobStore): Backups;
}

/** Microseconds; later than whatever a client has written by now, whose clock may count further within a millisecond. */
export function soon(): bigint {
  return (BigInt(Date.now()) + 5n) * 1000n;
}

let ids = 0;

export async function temporaryFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'cqlform-backup-'));
}

/** A name that no other test process on the same node uses. */
export function ownKeyspace(name: string): string {
  return `${name}_${process.pid}`;
}

export async function backupFixture(name: string): Promise<BackupFixture> {
  const keyspace = ownKeyspace(name);
  const rows = await rowsFixture(keyspace);
  const folder = await temporaryFolder();
  const store = localStore(folder);
  const checkpoints: Checkpoint[] = [];
  const backupsIn = (where: BlobStore): Backups =>
    createBackups({ rows: rows.rows, store: where, clock: systemClock, cluster: { name: 'test', version: '5.0.8' } });
  const backups = backupsIn(store);
  const context = (more: Partial<WorkContext> = {}): WorkContext => ({
    keyspace,
    types: rows.types,
    onProgress: () => undefined,
    assertHeld: () => undefined,
    attempt: 1,
    finished: [],
    checkpoint: async (range, state, { accounts, detail }) => {
      checkpoints.push({ run: 'r', step: 's', attempt: more.attempt ?? 1, range, state, accounts, detail });
    },
    ...more,
  });
  return {
    ...rows,
    folder,
    store,
    backups,
    backupsIn,
    checkpoints,
    context,
    backup: async (table, { columns = null, ...more } = {}) => {
      ids += 1;
      const request: BackupRequest = {
        id: `${keyspace}-${String(ids)}-test`,
        label: 'test',
        scopes: [{ table, columns, tableId: '00000000-0000-0000-0000-000000000000' }],
        consistency: 'ALL',
        secondPasses: 2,
        allowStillWritten: false,
        ledgerHead: 'none',
        ...more,
      };
      const [reference] = await backups.create(request, context());
      if (reference === undefined) throw new Error('create gave no reference');
      return reference;
    },
    restore: (backup, into, more, given = {}) =>
      backups.restore({ backup, into, renamed: {}, timestamp: soon(), ...more }, context(given)),
    close: async () => {
      await rows.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
