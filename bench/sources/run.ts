import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { builtScript } from '../built.ts';
import { type Cost, measured } from '../load/measure.ts';
import { benchNode } from '../node.ts';
import { machine, median, table } from '../timing.ts';
import { systems, writeCsv } from './systems.ts';

/**
 * Rows of MariaDB, PostgreSQL, FerretDB and Parquet, copied as a migration does and with `cqlform load`, against the
 * slower of their two halves: reading the source alone, and writing the same rows from a CSV file, which is the fastest
 * way that they are written. Each is a process of its own, and counted whole.
 * `node bench/sources/run.ts --rows 300000 --rounds 3 --systems mysql,postgres,mongodb,parquet`; the servers are started
 * as the tests start them, after `npm run build`. `CQLFORM_TEST_CASSANDRA=host:port` uses a running node.
 */

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '3' },
    systems: { type: 'string', default: 'mysql,postgres,mongodb' },
  },
});
const [asked, rounds] = [Number(given.rows), Number(given.rounds)];
const folder = resolve(import.meta.dirname, '../../.cqlform/bench');
const script = await builtScript(fileURLToPath(new URL('./one.ts', import.meta.url)));
const keyspace = 'bench_sources';
const program = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const modes = ['read', 'csv', 'copy', 'load'] as const;
const titles = { read: 'read alone', csv: 'the same rows from CSV', copy: 'copy', load: 'load' } as const;

const node = await benchNode(folder);
const { host, port, client } = node;

type Mode = (typeof modes)[number];

async function benchSystem(name: string): Promise<string> {
  const system = systems[name];
  if (system === undefined) throw new Error(`there is no system ${name}; there are ${Object.keys(systems).join(', ')}`);
  const rows = Math.round(asked * system.share);
  const csv = resolve(folder, `readings-${rows}.csv`);
  await mkdir(folder, { recursive: true });
  await writeCsv(csv, rows);
  await using server = await system.start(rows);
  const loading = (source: string, flags: readonly string[]): readonly string[] => [
    program,
    'load',
    source,
    'readings',
    ...flags,
    '--keyspace',
    keyspace,
    '--contact-points',
    `${host}:${port}`,
  ];
  const words: Readonly<Record<Mode, readonly string[]>> = {
    read: [script, name, 'read', String(rows), server.url, host, port, keyspace],
    csv: loading(csv, []),
    copy: [script, name, 'copy', String(rows), server.url, host, port, keyspace],
    load: loading(server.url, system.flags),
  };
  const costs: Record<Mode, Cost[]> = { read: [], csv: [], copy: [], load: [] };
  const once = async (mode: Mode): Promise<Cost> => {
    await client.execute(`TRUNCATE ${keyspace}.readings`);
    const cost = await measured(process.execPath, words[mode], folder);
    const told = { seconds: cost.seconds, cpuSeconds: cost.cpuSeconds, megabytes: cost.megabytes };
    process.stderr.write(`${name} ${mode}: ${JSON.stringify(told)} ${machine()}\n`);
    return cost;
  };
  // not counted: it fills caches, and the servers compile what they do
  await once('read');
  await once('csv');
  for (let round = 0; round < rounds; round += 1) for (const mode of modes) costs[mode].push(await once(mode));
  await rm(csv);
  const mid = (mode: Mode, pick: (cost: Cost) => number): number => median(costs[mode].map(pick));
  const seconds = (mode: Mode): number => mid(mode, (cost) => cost.seconds);
  const slower = Math.max(seconds('read'), seconds('csv'));
  const lines = modes.map((mode) => [
    titles[mode],
    Math.round(rows / seconds(mode)).toLocaleString('en-US'),
    seconds(mode).toFixed(1),
    mid(mode, ({ cpuSeconds }) => cpuSeconds).toFixed(1),
    String(Math.round(mid(mode, ({ megabytes }) => megabytes))),
    `${Math.round((100 * slower) / seconds(mode))} %`,
  ]);
  const head = ['', 'rows/s', 'seconds', 'client CPU-seconds', 'peak MB', 'of the slower half'];
  return `\n### From ${name}, ${rows.toLocaleString('en-US')} rows, median of ${rounds}\n\n${table(head, lines)}\n`;
}

try {
  await client.connect();
  await client.execute(
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  await client.execute(
    `CREATE TABLE IF NOT EXISTS ${keyspace}.readings (id int PRIMARY KEY, device text, day int, at timestamp, reading double, level int, status text, note text, total bigint)`,
  );
  process.stdout.write(`${machine()}\n`);
  for (const name of given.systems.split(',')) process.stdout.write(await benchSystem(name));
} finally {
  await node.end({ purge: true });
}
