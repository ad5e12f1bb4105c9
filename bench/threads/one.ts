import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMigration } from '../../src/analysis/load-migration.ts';
import { rowThreads } from '../../src/app/row-threads.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { collectEarly } from '../../src/cli/memory.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { contextIn, costOf, openCopier } from '../copier.ts';
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
const { copier, close } = await openCopier(
  `${host}:${port}`,
  createOpenSource({ projectFolder: folder, rowLimit: 1024 * 1024 }),
);
const request = {
  spec,
  from: spec.from.kind === 'table' ? spec.from.table : null,
  into: spec.into,
  startedAt: new Date(),
  timestamp: systemClock.micros(),
  floor: null,
  rejectsFile: join(tmpdir(), `cqlform-bench-${process.pid}.ndjson`),
  ...(found === null ? {} : { threads: found }),
};
// of the thread that reads and writes; Node 22 does not tell
const before = process.threadCpuUsage?.() ?? null;
const { result, seconds, cpuSeconds } = await costOf(() => copier.copy(request, contextIn(keyspace)));
const own = before === null ? null : process.threadCpuUsage(before);
const mainSeconds = own === null ? null : (own.user + own.system) / 1e6;
await close();
process.stdout.write(`${JSON.stringify({ rows: result.accounts.written, seconds, cpuSeconds, mainSeconds })}\n`);
