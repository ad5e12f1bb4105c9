import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Contender, compare } from '../load/compare.ts';
import { columns, csvFile } from '../load/data.ts';
import { dsbulk } from '../load/dsbulk.ts';
import { type Cost, measured } from '../load/measure.ts';
import { benchNode } from '../node.ts';
import { machine, table } from '../timing.ts';

/**
 * Backups beside DSBulk, on one node, in one run: `node bench/backup/run.ts` after a build. Ours are compressed with
 * zstd and encrypted; DSBulk's are plain CSV. `--rows 1000000 --rounds 3 --parts create,restore,again`; `--no-dsbulk`
 * leaves the peer out. `CQLFORM_TEST_CASSANDRA=host:port` uses a running node.
 */

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    parts: { type: 'string', default: 'create,restore,again' },
    dsbulk: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const rows = Number(given.rows);
const rounds = Number(given.rounds);
const folder = resolve(import.meta.dirname, '../../.cqlform/bench');
const project = join(folder, 'backup-project');
const program = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const keyspace = 'bench_backup';
const peerName = 'DSBulk';
const peerFolder = join(folder, 'backup-dsbulk');
const store = join(project, 'backups');
const megabyte = 1024 * 1024;

const node = await benchNode(folder);
const { host, port, client } = node;
process.env['CQLFORM_CONTACT_POINTS'] = `${host}:${port}`;
process.env['BENCH_PASSPHRASE'] = 'a passphrase that is long enough';

const cqlform = (...words: readonly string[]): Promise<Cost> =>
  measured(process.execPath, [program, ...words], project);

async function peer(work: readonly string[]): Promise<Cost> {
  const [java = '', ...words] = await dsbulk();
  const log = ['--log.directory', join(folder, 'dsbulk-logs'), '--log.verbosity', '0'];
  return measured(
    java,
    [...words, ...work, '-k', keyspace, '-t', 'readings', '-h', host, '-port', port, ...log],
    folder,
  );
}

const unloaded = (): Promise<Cost> => peer(['unload', '-url', peerFolder]);

async function bytesIn(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

const clean = async (): Promise<void> => {
  await rm(store, { recursive: true, force: true });
  await rm(peerFolder, { recursive: true, force: true });
};

async function createPart(): Promise<void> {
  const bytes = new Map<string, number>();
  const weighed = async (name: string, work: Promise<Cost>, at: string): Promise<Cost> => {
    const cost = await work;
    bytes.set(name, await bytesIn(at));
    return cost;
  };
  const flags = [[], ['--no-write-times']];
  const ours = flags.map((more): Contender => {
    const name = ['cqlform backup create', ...more].join(' ');
    return { name, run: () => weighed(name, cqlform('backup', 'create', 'readings', ...more), store) };
  });
  const theirs: Contender[] = given.dsbulk
    ? [{ name: peerName, run: () => weighed(peerName, unloaded(), peerFolder) }]
    : [];
  const references = theirs.map(({ name }) => name);
  await compare([...theirs, ...ours], { title: 'Create', rows, rounds, references, server: node.pid, before: clean });
  const lines = [...bytes].map(([name, size]) => [name, (size / megabyte).toFixed(1)]);
  process.stdout.write(`\n${table(['on disk', 'MiB'], lines)}\n`);
}

async function restorePart(): Promise<void> {
  await clean();
  await cqlform('backup', 'create', 'readings', '--label', 'whole');
  const ours: Contender = {
    name: 'cqlform backup restore',
    run: () => cqlform('backup', 'restore', '--label', 'whole', '--table', 'readings'),
  };
  const theirs: Contender[] = given.dsbulk ? [{ name: peerName, run: () => peer(['load', '-url', peerFolder]) }] : [];
  if (given.dsbulk) await unloaded();
  const references = theirs.map(({ name }) => name);
  const before = async (): Promise<void> => {
    await client.execute(`TRUNCATE ${keyspace}.readings`);
  };
  await compare([...theirs, ours], { title: 'Restore', rows, rounds, references, server: node.pid, before });
}

/** What later backups add: of the unchanged table, and after one in a hundred partitions was changed. */
async function againPart(): Promise<void> {
  await clean();
  await cqlform('backup', 'create', 'readings');
  const first = await bytesIn(store);
  const unchanged = await cqlform('backup', 'create', 'readings');
  const second = await bytesIn(store);
  await changePartitions(100);
  const changed = await cqlform('backup', 'create', 'readings');
  const third = await bytesIn(store);
  const line = (name: string, bytes: number, seconds: number | null): string[] => [
    name,
    (bytes / megabyte).toFixed(2),
    `${((100 * bytes) / first).toFixed(2)} %`,
    seconds === null ? '' : seconds.toFixed(1),
  ];
  const lines = [
    line('first', first, null),
    line('second, nothing changed', second - first, unchanged.seconds),
    line('third, 1 % of the partitions changed', third - second, changed.seconds),
  ];
  process.stdout.write(
    `\n### Backups one after another\n\n${table(['', 'new MiB', 'of the first', 'seconds'], lines)}\n`,
  );
}

/** One row of each `nth` partition. */
async function changePartitions(nth: number): Promise<void> {
  const { rows: keys } = await client.execute(`SELECT DISTINCT device, day FROM ${keyspace}.readings`, [], {
    prepare: true,
    fetchSize: 100_000,
  });
  for (const [index, key] of keys.entries()) {
    if (index % nth !== 0) continue;
    const partition = [key['device'], key['day']];
    const where = 'WHERE device = ? AND day = ?';
    const { rows: found } = await client.execute(
      `SELECT at, owner FROM ${keyspace}.readings ${where} LIMIT 1`,
      partition,
      { prepare: true },
    );
    await client.execute(
      `UPDATE ${keyspace}.readings SET note = 'changed' ${where} AND at = ? AND owner = ?`,
      [...partition, found[0]?.['at'], found[0]?.['owner']],
      { prepare: true },
    );
  }
}

const works: Readonly<Record<string, () => Promise<void>>> = {
  create: createPart,
  restore: restorePart,
  again: againPart,
};

try {
  await client.connect();
  await client.execute(
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  await client.execute(`CREATE TABLE IF NOT EXISTS ${keyspace}.readings (${columns})`);
  await mkdir(join(project, 'migrations'), { recursive: true });
  await writeFile(
    join(project, 'cqlform.config.ts'),
    `import { defineConfig, env } from 'cqlform';
export default defineConfig({
  keyspace: '${keyspace}',
  replication: 1,
  backup: { store: { local: 'backups' }, encryption: { passphrase: env('BENCH_PASSPHRASE') } },
});
`,
  );
  const file = join(folder, `scattered-${rows}.csv`);
  await csvFile(file, rows, 'scattered');
  for (let time = 0; time < 2; time += 1) await cqlform('load', file, 'readings');
  process.stdout.write(`${machine()}\n`);
  for (const part of given.parts.split(',')) {
    const work = works[part];
    if (work === undefined) throw new Error(`there is no part ${part}; there are ${Object.keys(works).join(', ')}`);
    await work();
  }
  process.stdout.write(`\nafter: ${machine()}\n`);
} finally {
  await node.end({ purge: true });
}
