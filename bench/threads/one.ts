import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMigration } from '../../src/analysis/load-migration.ts';
import { rowThreads } from '../../src/app/row-threads.ts';
import { connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { collectEarly } from '../../src/cli/memory.ts';
import { createCopier } from '../../src/copy/copier.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { migrationId } from './migration.ts';

/**
 * One data step of the migration in FOLDER: `node bench/threads/one.ts HOST PORT KEYSPACE FOLDER STEP THREADS`. Prints
 * JSON.
 */

collectEarly(false);
const [host = '', port = '', keyspace = '', folder = '', step = '0', threads = '0'] = process.argv.slice(2);
const { data } = await loadMigration({ id: migrationId, path: join(folder, 'migrations', `${migrationId}.ts`) });
const index = Number(step);
const spec = data[index];
if (spec === undefined) throw new Error(`there is no step ${step}`);
const project = { migrationsFolder: join(folder, 'migrations'), lower: false, privacyKeys: new Map() };
const wanted = threads === 'auto' ? threads : Number(threads);
const found = await rowThreads(project, { migration: migrationId, index }, wanted);
const connection = await connect({ contactPoints: [`${host}:${port}`], requestTimeoutMs: 60_000 });
const copier = createCopier({
  rows: createRows(connection),
  clock: systemClock,
  openSource: createOpenSource({ projectFolder: folder, rowLimit: 1024 * 1024 }),
  openTable: () => Promise.reject(new Error('there is no other cluster')),
});
const before = process.cpuUsage();
// of the thread that reads and writes; Node 22 does not tell
const ownBefore = process.threadCpuUsage?.() ?? null;
const begun = performance.now();
const { accounts } = await copier.copy(
  {
    spec,
    from: spec.from.kind === 'table' ? spec.from.table : null,
    into: spec.into,
    startedAt: new Date(),
    timestamp: systemClock.micros(),
    floor: null,
    rejectsFile: join(tmpdir(), `cqlform-bench-${process.pid}.ndjson`),
    ...(found === null ? {} : { threads: found }),
  },
  {
    keyspace,
    types: {},
    attempt: 1,
    finished: [],
    onProgress: () => undefined,
    assertHeld: () => undefined,
    checkpoint: () => Promise.resolve(),
  },
);
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(before);
const own = ownBefore === null ? null : process.threadCpuUsage(ownBefore);
const mainSeconds = own === null ? null : (own.user + own.system) / 1e6;
await connection.shutdown();
const cpuSeconds = (user + system) / 1e6;
process.stdout.write(`${JSON.stringify({ rows: accounts.written, seconds, cpuSeconds, mainSeconds })}\n`);
