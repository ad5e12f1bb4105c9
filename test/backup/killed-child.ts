import { createBackups } from '../../src/backup/backups.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { Table } from '../../src/model/schema.ts';
import type { Rows } from '../../src/ports/cluster.ts';
import { type MortalAt, mortally, mortalStore } from './mortal-store.ts';

/** What the parent asks of this process, which kills itself on the way. */
export interface Orders {
  readonly contactPoint: string;
  readonly keyspace: string;
  readonly folder: string;
  readonly table: Table;
  /** Dies before or after the nth put or delete of a `create`, or before the nth mutation of a `restore`. */
  readonly dieAt: MortalAt;
  readonly work:
    | { readonly kind: 'create'; readonly id: string; readonly format?: 'csv' }
    | {
        readonly kind: 'restore';
        readonly backup: BackupReference;
        readonly mode: 'new-table' | 'exact';
        readonly timestamp: string;
        readonly attempt: number;
      };
}

const orders: Orders = JSON.parse(process.argv[2] ?? '');

const through = mortally(orders.dieAt);

function mortalRows(rows: Rows): Rows {
  return {
    ...rows,
    write: (request) => {
      const writer = rows.write(request);
      return { write: (mutation) => through(() => writer.write(mutation)), flush: () => writer.flush() };
    },
  };
}

const connection = await connect({ contactPoints: [orders.contactPoint] });
const rows = createRows(connection);
const store = localStore(orders.folder);
const { keyspace, table, work } = orders;
const backups = createBackups({
  rows: work.kind === 'restore' ? mortalRows(rows) : rows,
  store: work.kind === 'create' ? mortalStore(store, through) : store,
  clock: systemClock,
  cluster: { name: 'test', version: '5.0.8' },
});
const context = {
  keyspace,
  types: {},
  onProgress: () => undefined,
  assertHeld: () => undefined,
  attempt: work.kind === 'restore' ? work.attempt : 1,
  finished: [],
  checkpoint: async () => undefined,
};
if (work.kind === 'create') {
  const scopes = [{ table, columns: null, tableId: 'x' }];
  const [reference] = await backups.create(
    {
      id: work.id,
      label: null,
      scopes,
      consistency: 'ALL',
      secondPasses: work.format === undefined ? 1 : 0,
      allowStillWritten: false,
      ledgerHead: 'none',
      ...(work.format === undefined ? {} : { format: work.format }),
    },
    context,
  );
  console.log(JSON.stringify(reference));
} else {
  const { backup, mode, timestamp } = work;
  const report = await backups.restore(
    { backup, into: table, mode, renamed: {}, timestamp: BigInt(timestamp) },
    context,
  );
  console.log(JSON.stringify(report));
}
await connection.shutdown();
