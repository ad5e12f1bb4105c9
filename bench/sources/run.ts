import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'cassandra-driver';
import { devDown } from '../../src/devcluster/down.ts';
import { devUp } from '../../src/devcluster/up.ts';
import { type Cost, measured } from '../load/measure.ts';
import { machine, median, table } from '../timing.ts';
import { systems } from './systems.ts';

/**
 * Copies from MariaDB, PostgreSQL and FerretDB against the slower of their two halves: reading the source alone, and
 * writing the same rows from memory. `node bench/sources/run.ts --rows 300000 --rounds 3 --systems mysql,postgres,mongodb`;
 * the servers are started as the tests start them. `CQLFORM_TEST_CASSANDRA=host:port` uses a running node.
 */

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '3' },
    systems: { type: 'string', default: 'mysql,postgres,mongodb' },
  },
});
const [rows, rounds] = [Number(given.rows), Number(given.rounds)];
const folder = resolve(import.meta.dirname, '../../.cqlform/bench');
const script = fileURLToPath(new URL('./one.ts', import.meta.url));
const keyspace = 'bench_sources';
const modes = ['read', 'load', 'copy'] as const;

const named = /^(.+):(\d+)$/.exec(process.env['CQLFORM_TEST_CASSANDRA'] ?? '');
const own = named === null ? await devUp({ folder, ports: 'any' }) : null;
const [first] = own?.nodes ?? [];
const [host, port] = [first?.address ?? named?.[1] ?? '', String(first?.port ?? named?.[2])];
const client = new Client({
  contactPoints: [`${host}:${port}`],
  localDataCenter: own?.localDataCenter ?? 'datacenter1',
  socketOptions: { readTimeout: 300_000 },
});

async function benchSystem(name: string): Promise<string> {
  const system = systems[name];
  if (system === undefined) throw new Error(`there is no system ${name}; there are ${Object.keys(systems).join(', ')}`);
  await using server = await system.start(rows);
  const costs: Record<(typeof modes)[number], Cost[]> = { read: [], load: [], copy: [] };
  // the first round fills caches
  for (let round = 0; round <= rounds; round += 1) {
    for (const mode of modes) {
      await client.execute(`TRUNCATE ${keyspace}.readings`);
      const words = [script, name, mode, String(rows), server.url, host, port, keyspace];
      const cost = await measured(process.execPath, words, folder);
      const told = JSON.parse(cost.stdout) as Pick<Cost, 'seconds' | 'cpuSeconds'>;
      if (round > 0) costs[mode].push({ ...cost, ...told });
      process.stderr.write(`${name} ${mode}: ${JSON.stringify(told)} ${machine()}\n`);
    }
  }
  const mid = (mode: (typeof modes)[number], pick: (cost: Cost) => number): number => median(costs[mode].map(pick));
  const seconds = (mode: (typeof modes)[number]): number => mid(mode, (cost) => cost.seconds);
  const lines = modes.map((mode) => [
    mode,
    Math.round(rows / seconds(mode)).toLocaleString('en-US'),
    seconds(mode).toFixed(1),
    mid(mode, ({ cpuSeconds }) => cpuSeconds).toFixed(1),
    String(Math.round(mid(mode, ({ megabytes }) => megabytes))),
  ]);
  const share = Math.round((100 * Math.max(seconds('read'), seconds('load'))) / seconds('copy'));
  const head = ['', 'rows/s', 'seconds', 'client CPU-seconds', 'peak MB'];
  const title = `### From ${name}, ${rows.toLocaleString('en-US')} rows, median of ${rounds}`;
  return `\n${title}\n\n${table(head, lines)}\n\nThe copy is ${share} % as fast as the slower of the two.\n`;
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
  await client.shutdown();
  if (own !== null) await devDown({ folder, purge: true });
}
