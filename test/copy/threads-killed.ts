import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { loadMigration } from '../../src/analysis/load-migration.ts';
import { rowThreads } from '../../src/app/row-threads.ts';
import { connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { createCopier } from '../../src/copy/copier.ts';
import { useKeys } from '../../src/dsl/key-ring.ts';
import type { Table } from '../../src/model/schema.ts';
import { baseTime } from './copy-fixture.ts';
import { keys, migrationId } from './threaded.ts';

/**
 * The third step of a migration, in two threads, in a process that kills itself when some pieces are done:
 * `threads-killed.ts HOST PORT KEYSPACE ORDER`. Prints the checkpoints, one to a line.
 */

interface Order {
  readonly folder: string;
  readonly rejectsFile: string;
  readonly from: Table;
  readonly into: Table;
}
const [, , host = '', port = '', keyspace = '', order = '{}'] = process.argv;
const { folder: migrationsFolder, rejectsFile, from, into } = JSON.parse(order) as Order;
const piecesDone = 6;

useKeys(keys);
const { data } = await loadMigration({ id: migrationId, path: join(migrationsFolder, `${migrationId}.ts`) });
const spec = data[2];
if (spec === undefined) throw new Error('the migration has no third step');
const threads = await rowThreads(
  { migrationsFolder, lower: false, privacyKeys: keys },
  { migration: migrationId, index: 2 },
  2,
);
const copier = createCopier({
  rows: createRows(await connect({ contactPoints: [`${host}:${port}`], requestTimeoutMs: 60_000 })),
  clock: systemClock,
  openSource: () => Promise.reject(new Error('there is no foreign source')),
  openTable: () => Promise.reject(new Error('there is no other cluster')),
});
let done = 0;
await copier.copy(
  {
    spec,
    from,
    into,
    startedAt: new Date(0),
    timestamp: baseTime,
    floor: null,
    rejectsFile,
    ...(threads === null ? {} : { threads }),
  },
  {
    keyspace,
    types: {},
    attempt: 1,
    finished: [],
    onProgress: () => undefined,
    assertHeld: () => undefined,
    checkpoint: async (range, state, more) => {
      writeSync(1, `${JSON.stringify({ run: 'run', step: 'step', attempt: 1, range, state, ...more })}\n`);
      done += state === 'done' ? 1 : 0;
      if (done === piecesDone) process.kill(process.pid, 'SIGKILL');
    },
  },
);
