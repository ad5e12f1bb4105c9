import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cost, measured } from '../load/measure.ts';
import { benchNode } from '../node.ts';
import { machine, median, table } from '../timing.ts';
import { eventLine, migrationId, migrationText } from './migration.ts';

/**
 * Copies whose function costs some 40 microseconds a row, with none, one and two threads: `node bench/threads/run.ts`.
 * `--rows 200000 --rounds 3 --threads 0,1,2`; `--keep` leaves table and file; `CQLFORM_TEST_CASSANDRA=host:port` uses a running node.
 */

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '0,1,2' },
    keep: { type: 'boolean', default: false },
  },
});
const rows = Number(given.rows);
const folder = resolve(import.meta.dirname, '../../.cqlform/bench');
const project = resolve(folder, 'threads');
const keyspace = 'bench_threads';
const one = fileURLToPath(new URL('one.ts', import.meta.url));

const node = await benchNode(folder);
const { host, port, client } = node;

const copied = (step: number, threads: string): Promise<Cost> =>
  measured(process.execPath, [one, host, port, keyspace, project, `${step}`, threads], folder);

async function prepare(): Promise<void> {
  await mkdir(resolve(project, 'migrations'), { recursive: true });
  await writeFile(resolve(project, 'migrations', `${migrationId}.ts`), migrationText);
  const file = createWriteStream(resolve(project, 'events.ndjson'));
  for (let id = 0; id < rows; id += 1) {
    if (!file.write(`${eventLine(id)}\n`)) await new Promise<void>((drained) => file.once('drain', drained));
  }
  file.end();
  await finished(file);
  await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
  await client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  await client.execute(`CREATE TABLE ${keyspace}.events (id int PRIMARY KEY, payload text)`);
  for (const name of ['from_table', 'from_file']) {
    await client.execute(`CREATE TABLE ${keyspace}.${name} (id int PRIMARY KEY, digest text)`);
  }
  await copied(0, '0');
}

async function compared(step: number, title: string): Promise<string> {
  const taken = new Map<string, Cost[]>();
  for (let round = 0; round < Number(given.rounds); round += 1) {
    for (const threads of given.threads.split(',')) {
      const costs = taken.get(threads) ?? [];
      taken.set(threads, [...costs, await copied(step, threads)]);
    }
  }
  const lines = [...taken].map(([threads, costs]) => {
    const inside = costs.map(
      ({ stdout }) =>
        JSON.parse(stdout) as { rows: number; seconds: number; cpuSeconds: number; mainSeconds: number | null },
    );
    return [
      threads,
      `${Math.round(median(inside.map((cost) => cost.rows / cost.seconds))).toLocaleString('en')}`,
      `${median(inside.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1)} s`,
      `${median(inside.map(({ mainSeconds }) => mainSeconds ?? Number.NaN)).toFixed(1)} s`,
      `${median(costs.map(({ megabytes }) => megabytes))} MB`,
    ];
  });
  return `### ${title}\n\n${table(['Threads', 'Rows/s', 'CPU', 'of it the main thread', 'Memory at its peak'], lines)}`;
}

try {
  await client.connect();
  await prepare();
  process.stdout.write(`${machine()}\n\n`);
  process.stdout.write(`${await compared(1, `From a table, ${rows} rows`)}\n`);
  process.stdout.write(`${await compared(2, `From a file, ${rows} rows`)}\n`);
  if (!given.keep) await client.execute(`DROP KEYSPACE ${keyspace}`);
} finally {
  if (!given.keep) await rm(project, { recursive: true, force: true });
  await node.end({ purge: false });
}
