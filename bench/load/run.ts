import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchNode } from '../node.ts';
import { machine } from '../timing.ts';
import { type Comparison, type Contender, compare } from './compare.ts';
import { columns, csvFile } from './data.ts';
import { dsbulk } from './dsbulk.ts';
import { flights, flightsFile } from './flights.ts';
import { type Cost, measured } from './measure.ts';

/**
 * Loading and unloading side by side with DSBulk, on one node, in one run: `node bench/load/run.ts` after a build.
 * `--rows 1000000 --rounds 3 --parts scattered,sorted,flights,unload,copy,verify`; `--no-dsbulk` leaves the peer out.
 * `CQLFORM_TEST_CASSANDRA=host:port` uses a running node.
 */

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    parts: { type: 'string', default: 'scattered,sorted,flights,unload,copy,verify' },
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

const node = await benchNode(folder);
const { host, port, client } = node;
const cluster = ['-k', keyspace, '--contact-points', `${host}:${port}`];

const server = node.pid;
const peerName = 'DSBulk';
const ceilingName = 'the ceiling';

/** The contenders in turn; `references` are those of them that the others are measured after. */
async function inRounds(
  title: string,
  contenders: readonly Contender[],
  options: Partial<Pick<Comparison, 'rows' | 'references'>> & Pick<Comparison, 'before'>,
): Promise<void> {
  const names = contenders.map(({ name }) => name);
  const references = (options.references ?? [peerName, ceilingName]).filter((name) => names.includes(name));
  await compare(contenders, { title, rows, rounds, server, ...options, references });
}

/** What DSBulk is started with, besides its work; null when it is left out. */
async function peerRuns(title: string, work: readonly string[]): Promise<readonly Contender[]> {
  if (!given.dsbulk) return [];
  const [java = '', ...words] = await dsbulk();
  const log = ['--log.directory', resolve(folder, 'dsbulk-logs'), '--log.verbosity', '0'];
  const to = ['-k', keyspace, '-h', host, '-port', port];
  return [{ name: title, run: () => measured(java, [...words, ...work, ...to, ...log], folder) }];
}

const empty = async (): Promise<void> => {
  await client.execute(`TRUNCATE ${keyspace}.readings`);
};

async function loadPart(order: 'scattered' | 'sorted'): Promise<void> {
  const file = resolve(folder, `${order}-${rows}.csv`);
  await csvFile(file, rows, order);
  const contenders: Contender[] = [
    ...(await peerRuns(peerName, ['load', '-url', file, '-t', 'readings', '-header', 'true'])),
    {
      name: 'cqlform load',
      run: () => measured(process.execPath, [program, 'load', file, 'readings', ...cluster], folder),
    },
    {
      name: ceilingName,
      run: async () => {
        const script = fileURLToPath(new URL('./raw-frames.ts', import.meta.url));
        const cost = await measured(process.execPath, [script, file, host, port, keyspace], folder);
        const told = JSON.parse(cost.stdout) as Pick<Cost, 'seconds' | 'cpuSeconds'>;
        return { ...cost, ...told };
      },
    },
  ];
  await inRounds(`Load, partitions ${order}`, contenders, { before: empty });
}

async function flightsPart(): Promise<void> {
  const file = resolve(folder, 'nycflights13.csv');
  await flightsFile(file);
  await client.execute(`CREATE TABLE IF NOT EXISTS ${keyspace}.flights (${flights.columns})`);
  const { nullText } = flights;
  const words = ['load', '-url', file, '-t', 'flights', '-header', 'true', '--codec.nullStrings', nullText];
  const contenders: Contender[] = [
    ...(await peerRuns(peerName, words)),
    {
      name: 'cqlform load',
      run: () => measured(process.execPath, [program, 'load', file, 'flights', '--null', nullText, ...cluster], folder),
    },
  ];
  await inRounds('Load, nycflights13', contenders, {
    rows: flights.rows,
    before: async () => {
      await client.execute(`TRUNCATE ${keyspace}.flights`);
    },
  });
}

async function unloadPart(): Promise<void> {
  const file = resolve(folder, `scattered-${rows}.csv`);
  await csvFile(file, rows, 'scattered');
  await empty();
  await measured(process.execPath, [program, 'load', file, 'readings', ...cluster], folder);
  const out = resolve(folder, 'unloaded');
  const contenders: Contender[] = [
    ...(await peerRuns(peerName, ['unload', '-url', `${out}-dsbulk`, '-t', 'readings'])),
    {
      name: 'cqlform unload',
      run: () =>
        measured(process.execPath, [program, 'unload', 'readings', `${out}.csv`, '--force', ...cluster], folder),
    },
  ];
  await inRounds('Unload to CSV', contenders, {
    before: () => rm(`${out}-dsbulk`, { recursive: true, force: true }),
  });
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
    await inRounds('Verify all of a copied table', contenders, { before: async () => undefined });
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
  await inRounds('Table to table, write times kept', contenders, {
    references: ['columns as they are'],
    before: async () => {
      await client.execute(`TRUNCATE ${keyspace}.readings_copy`);
    },
  });
}

/** A server that has just been started is slow until it has compiled what it does most; whoever comes first would pay. */
async function warm(): Promise<void> {
  const file = resolve(folder, `scattered-${rows}.csv`);
  await csvFile(file, rows, 'scattered');
  for (let time = 0; time < 2; time += 1) {
    await measured(process.execPath, [program, 'load', file, 'readings', ...cluster], folder);
  }
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
  await warm();
  for (const part of parts) {
    if (part === 'scattered' || part === 'sorted') await loadPart(part);
    else if (part === 'flights') await flightsPart();
    else if (part === 'unload') await unloadPart();
    else if (part === 'copy') await copyPart();
    else if (part === 'verify') await verifyPart();
    else throw new Error(`there is no part ${part}; there are scattered, sorted, flights, unload, copy, verify`);
  }
  process.stdout.write(`\nafter: ${machine()}\n`);
} finally {
  await node.end({ purge: true });
}
