import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'cassandra-driver';
import { devDown } from '../../src/devcluster/down.ts';
import { devUp } from '../../src/devcluster/up.ts';
import { machine, median, table } from '../timing.ts';
import { columns, csvFile } from './data.ts';
import { dsbulk } from './dsbulk.ts';
import { type Cost, measured } from './measure.ts';

/**
 * Loading and unloading side by side with DSBulk, on one node, in one run: `node bench/load/run.ts` after a build.
 * `--rows 1000000 --rounds 3 --parts scattered,sorted,unload,copy,verify`; `--no-dsbulk` leaves the peer out.
 * `CQLFORM_TEST_CASSANDRA=host:port` uses a running node.
 */

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    parts: { type: 'string', default: 'scattered,sorted,unload,copy,verify' },
    dsbulk: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const rows = Number(given.rows);
const rounds = Number(given.rounds);
const parts = given.parts.split(',');
const folder = resolve(import.meta.dirname, '../../.cqlform/bench');
const program = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const keyspace = 'bench_load';

const named = /^(.+):(\d+)$/.exec(process.env['CQLFORM_TEST_CASSANDRA'] ?? '');
const own = named === null ? await devUp({ folder, ports: 'any' }) : null;
const [first] = own?.nodes ?? [];
const [host, port] = [first?.address ?? named?.[1] ?? '', String(first?.port ?? named?.[2])];
const client = new Client({
  contactPoints: [`${host}:${port}`],
  localDataCenter: own?.localDataCenter ?? 'datacenter1',
  socketOptions: { readTimeout: 300_000 },
});
const cluster = ['-k', keyspace, '--contact-points', `${host}:${port}`];

interface Contender {
  readonly name: string;
  run(): Promise<Cost>;
}

async function compare(title: string, contenders: readonly Contender[], before: () => Promise<void>): Promise<void> {
  const costs = new Map<string, Cost[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run } of contenders) {
      await before();
      costs.get(name)?.push(await run());
      process.stderr.write(
        `${title} ${name}: ${JSON.stringify({ ...costs.get(name)?.at(-1), stdout: undefined })} ${machine()}\n`,
      );
    }
  }
  const lines = contenders.map(({ name }) => {
    const of = costs.get(name) ?? [];
    const mid = (pick: (cost: Cost) => number): number => median(of.map(pick));
    const perSecond = rows / mid(({ seconds }) => seconds);
    return [
      name,
      Math.round(perSecond).toLocaleString('en-US'),
      mid(({ seconds }) => seconds).toFixed(1),
      mid(({ cpuSeconds }) => cpuSeconds).toFixed(1),
      String(Math.round(mid(({ megabytes }) => megabytes))),
    ];
  });
  const head = ['', 'rows/s', 'seconds', 'client CPU-seconds', 'peak MB'];
  process.stdout.write(
    `\n### ${title}, ${rows.toLocaleString('en-US')} rows, median of ${rounds}\n\n${table(head, lines)}\n`,
  );
}

const empty = async (): Promise<void> => {
  await client.execute(`TRUNCATE ${keyspace}.readings`);
};

async function loadPart(order: 'scattered' | 'sorted'): Promise<void> {
  const file = resolve(folder, `${order}-${rows}.csv`);
  await csvFile(file, rows, order);
  const peer = given.dsbulk ? await dsbulk() : [];
  const [java = '', ...words] = peer;
  const log = ['--log.directory', resolve(folder, 'dsbulk-logs'), '--log.verbosity', '0'];
  const contenders: Contender[] = [
    {
      name: 'cqlform load',
      run: () => measured(process.execPath, [program, 'load', file, 'readings', ...cluster], folder),
    },
    {
      name: 'raw frames, encoded beforehand',
      run: async () => {
        const script = fileURLToPath(new URL('./raw-frames.ts', import.meta.url));
        const cost = await measured(process.execPath, [script, file, host, port, keyspace], folder);
        const told = JSON.parse(cost.stdout) as Pick<Cost, 'seconds' | 'cpuSeconds'>;
        return { ...cost, ...told };
      },
    },
  ];
  if (given.dsbulk) {
    const target = ['-url', file, '-k', keyspace, '-t', 'readings', '-h', host, '-port', port, '-header', 'true'];
    contenders.unshift({
      name: 'DSBulk 1.10 load',
      run: () => measured(java, [...words, 'load', ...target, ...log], folder),
    });
  }
  await compare(`Load, ${order}`, contenders, empty);
}

async function unloadPart(): Promise<void> {
  const file = resolve(folder, `scattered-${rows}.csv`);
  await csvFile(file, rows, 'scattered');
  await empty();
  await measured(process.execPath, [program, 'load', file, 'readings', ...cluster], folder);
  const out = resolve(folder, 'unloaded');
  const contenders: Contender[] = [
    {
      name: 'cqlform unload',
      run: () =>
        measured(process.execPath, [program, 'unload', 'readings', `${out}.csv`, '--force', ...cluster], folder),
    },
  ];
  if (given.dsbulk) {
    const [java = '', ...words] = await dsbulk();
    const from = ['-url', `${out}-dsbulk`, '-k', keyspace, '-t', 'readings', '-h', host, '-port', port];
    const log = ['--log.directory', resolve(folder, 'dsbulk-logs'), '--log.verbosity', '0'];
    contenders.unshift({
      name: 'DSBulk 1.10 unload',
      run: () => measured(java, [...words, 'unload', ...from, ...log], folder),
    });
  }
  const { rm } = await import('node:fs/promises');
  await compare('Unload to CSV', contenders, () => rm(`${out}-dsbulk`, { recursive: true, force: true }));
}

/** Rows a second are those of each side: both are read at once. */
async function verifyPart(): Promise<void> {
  const file = resolve(folder, `scattered-${rows}.csv`);
  await csvFile(file, rows, 'scattered');
  await empty();
  await measured(process.execPath, [program, 'load', file, 'readings', ...cluster], folder);
  const running = async (script: string, mode: string): Promise<Cost> => {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const cost = await measured(process.execPath, [path, host, port, keyspace, mode], folder);
    return { ...cost, ...(JSON.parse(cost.stdout) as Pick<Cost, 'seconds' | 'cpuSeconds'>) };
  };
  for (const [mode, name] of [
    ['through', 'columns as they are'],
    ['function', 'one column by a function'],
  ] as const) {
    await client.execute(`TRUNCATE ${keyspace}.readings_copy`);
    await running('./copy-table.ts', mode);
    const contenders = [{ name, run: () => running('./verify-table.ts', mode) }];
    await compare('Verify all of a copied table', contenders, async () => undefined);
  }
}

async function copyPart(): Promise<void> {
  const file = resolve(folder, `scattered-${rows}.csv`);
  await csvFile(file, rows, 'scattered');
  await empty();
  await measured(process.execPath, [program, 'load', file, 'readings', ...cluster], folder);
  const script = fileURLToPath(new URL('./copy-table.ts', import.meta.url));
  const copying = async (mode: string): Promise<Cost> => {
    const cost = await measured(process.execPath, [script, host, port, keyspace, mode], folder);
    return { ...cost, ...(JSON.parse(cost.stdout) as Pick<Cost, 'seconds' | 'cpuSeconds'>) };
  };
  const contenders = [
    { name: 'columns as they are', run: () => copying('through') },
    { name: 'one column by a function', run: () => copying('function') },
  ];
  await compare('Table to table, write times kept', contenders, async () => {
    await client.execute(`TRUNCATE ${keyspace}.readings_copy`);
  });
}

try {
  await client.connect();
  await client.execute(
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  for (const name of ['readings', 'readings_copy']) {
    await client.execute(`CREATE TABLE IF NOT EXISTS ${keyspace}.${name} (${columns})`);
  }
  process.stdout.write(`${machine()}\n`);
  for (const part of parts) {
    if (part === 'scattered' || part === 'sorted') await loadPart(part);
    else if (part === 'unload') await unloadPart();
    else if (part === 'copy') await copyPart();
    else if (part === 'verify') await verifyPart();
    else throw new Error(`there is no part ${part}; there are scattered, sorted, unload, copy, verify`);
  }
  process.stdout.write(`\nafter: ${machine()}\n`);
} finally {
  await client.shutdown();
  if (own !== null) await devDown({ folder, purge: true });
}
