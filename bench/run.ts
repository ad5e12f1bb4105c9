import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { devDown } from '../src/devcluster/down.ts';
import { devUp } from '../src/devcluster/up.ts';
import type { CassandraAddress } from '../test/support/cassandra.ts';
import { type TestProject, testProject } from '../test/support/project.ts';
import { benchMemory } from './memory.ts';
import { inTurn, machine, median, node, table, timed } from './timing.ts';

/**
 * Times of the built program on a real node, as tables for docs/benchmarks.md. `npm run bench` runs all parts,
 * `npm run bench -- start plan apply memory` those that are named. `CQLFORM_TEST_CASSANDRA=host:port` uses a running node.
 */

const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const folder = resolve(import.meta.dirname, '../.cqlform/bench');
const parts: Readonly<Record<string, (address: CassandraAddress) => Promise<string>>> = {
  start: benchStart,
  plan: benchPlan,
  apply: benchApply,
  memory: benchMemory,
};
const milliseconds = (value: number): string => `${Math.round(value)} ms`;

async function succeed(project: TestProject, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.run(...words);
  if (code !== 0) throw new Error(`cqlform ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

async function benchStart(address: CassandraAddress): Promise<string> {
  const migration = tablesFile([0]);
  await using project = await testProject({ address, migrations: { '20260101000000_one': migration } });
  await succeed(project, 'apply', '--auto-approve', '--no-check');
  const { host, port } = address;
  const env = { ...process.env, CQLFORM_CONTACT_POINTS: `${host}:${port}`, CI: '' };
  // A node that is live has answered such questions before: the first ones it answers a tenth of a second later.
  for (let asked = 0; asked < 30; asked += 1) await succeed(project, 'status');
  const times = await inTurn(11, {
    'node -e 0': () => node(['-e', '0']),
    'cqlform --version': () => node([program, '--version']),
    'cqlform --help': () => node([program, '--help']),
    'cqlform status': () => node([program, 'status'], { cwd: project.folder, env }),
  });
  const base = times['node -e 0'] ?? 0;
  const rows = Object.entries(times).map(([name, time]) => [
    `\`${name}\``,
    milliseconds(time),
    milliseconds(time - base),
  ]);
  return `### Start\n\n${table(['Command', 'Median of 11', 'Beyond `node -e 0`'], rows)}`;
}

/** Plain tables of eight columns, as `CREATE TABLE` makes them and as a migration declares them. */
function columnsOf(number: number): string {
  return `id uuid, at timestamp, name text, count int, total bigint, tags set<text>, score double, note_${number} text`;
}

function tablesFile(numbers: readonly number[]): string {
  const declared = numbers.map((number) => {
    const columns = `{ id: t.uuid(), at: t.timestamp(), name: t.text(), count: t.int(), total: t.bigint(), tags: t.set(t.text()), score: t.double(), note_${number}: t.text() }`;
    return `table('table_${number}', { columns: ${columns}, partitionKey: ['id'], clusteringKey: ['at'] })`;
  });
  return `import { migration, t, table } from 'cqlform';\nexport default migration({ description: 'Tables', schema: [\n  ${declared.join(',\n  ')},\n] });\n`;
}

async function benchPlan(address: CassandraAddress): Promise<string> {
  const rows: string[][] = [];
  for (const count of [10, 100, 500]) rows.push(await planOf(count, address));
  const head = ['Live tables', '`cqlform plan --no-check`', '`cqlform plan`', 'tables made in'];
  return `### Plan\n\n${table(head, rows)}`;
}

async function planOf(count: number, address: CassandraAddress): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_none, index) => index);
  const files = Object.fromEntries(
    Array.from({ length: count / 10 }, (_none, index) => [
      `202601010000${String(index).padStart(2, '0')}_tables_${index}`,
      tablesFile(numbers.slice(index * 10, index * 10 + 10)),
    ]),
  );
  await using project = await testProject({ address, migrations: files });
  const { keyspace, client } = project;
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
  const made = await timed(async () => {
    for (const number of numbers) {
      const key = 'PRIMARY KEY (id, at)';
      await client.execute(`CREATE TABLE ${keyspace}.table_${number} (${columnsOf(number)}, ${key})`);
    }
  });
  await succeed(project, 'check', '--fix');
  await succeed(project, 'apply', '--auto-approve', '--no-check');
  await project.write('20260201000000_alter', alterFile());
  await succeed(project, 'check', '--fix');
  const times = await inTurn(5, {
    unchecked: () => succeed(project, 'plan', '--no-check'),
    checked: () => succeed(project, 'plan'),
  });
  await client.execute(`DROP KEYSPACE ${keyspace}`, [], { readTimeout: 300_000 });
  const [unchecked = 0, checked = 0] = [times['unchecked'], times['checked']];
  return [String(count), milliseconds(unchecked), milliseconds(checked), `${(made / 1000).toFixed(1)} s`];
}

function alterFile(): string {
  return `import { alter, existing, migration, t } from 'cqlform';
const one = existing('table_1', { columns: { id: t.uuid(), at: t.timestamp() }, partitionKey: ['id'], clusteringKey: ['at'] });
export default migration({ description: 'One more column', schema: [alter(one, { add: { more: t.text() } })] });
`;
}

const statements = 20;

async function benchApply(address: CassandraAddress): Promise<string> {
  const bare: number[] = [];
  const perStep: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const numbers = Array.from({ length: statements }, (_none, index) => index);
    const migrations = { '20260101000000_keyspace': keyspaceFile(), '20260102000000_tables': tablesFile(numbers) };
    await using project = await testProject({ address, migrations });
    await succeed(project, 'apply', '--auto-approve', '--no-check', '--to', '20260101000000_keyspace');
    bare.push(...(await bareTables(project)));
    const events = await succeed(project, 'apply', '--auto-approve', '--no-check', '--json');
    perStep.push(...stepTimes(events));
  }
  const [driver, step] = [median(bare), median(perStep)];
  const rows = [
    ['bare driver: `CREATE TABLE` and schema agreement', milliseconds(driver)],
    ['`apply`: the same as a step', milliseconds(step)],
    ['overhead per step', milliseconds(step - driver)],
  ];
  const note = `The driver's line is the median of ${bare.length} statements; the step's the mean over the ${statements} steps of a run with all that is recorded, median of ${perStep.length} runs, each right after the driver's.`;
  return `### Apply\n\n${table(['Per statement', 'Time'], rows)}\n\n${note}`;
}

function keyspaceFile(): string {
  return tablesFile([999]);
}

/** The driver itself waits for schema agreement. */
async function bareTables({ client, keyspace }: TestProject): Promise<readonly number[]> {
  const times: number[] = [];
  for (let number = 0; number < statements; number += 1) {
    const create = `CREATE TABLE ${keyspace}.bare_${number} (${columnsOf(number)}, PRIMARY KEY (id, at))`;
    times.push(await timed(() => client.execute(create, [], { readTimeout: 60_000 })));
  }
  return times;
}

interface Event {
  readonly kind: string;
  readonly milliseconds?: number;
}

/** From one step's end to the next one's: with everything that is recorded between. */
function stepTimes(ndjson: string): readonly number[] {
  const events = ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
  const run = events.find(({ kind }) => kind === 'run-done')?.milliseconds ?? Number.NaN;
  return [run / statements];
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0)
  throw new Error(`there is no benchmark ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);

const named = /^(.+):(\d+)$/.exec(process.env['CQLFORM_TEST_CASSANDRA'] ?? '');
const own = named === null ? await devUp({ folder, ports: 'any' }) : null;
const [first] = own?.nodes ?? [];
const address = {
  host: first?.address ?? named?.[1] ?? '',
  port: first?.port ?? Number(named?.[2]),
  localDataCenter: own?.localDataCenter ?? 'datacenter1',
};
try {
  process.stdout.write(`${machine()}\n`);
  for (const [name, bench] of Object.entries(parts)) {
    if (wanted.length === 0 || wanted.includes(name)) process.stdout.write(`\n${await bench(address)}\n`);
  }
  process.stdout.write(`\nafter: ${machine()}\n`);
} finally {
  if (own !== null) await devDown({ folder, purge: true });
}
