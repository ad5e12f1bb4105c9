import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CassandraAddress } from '../test/support/cassandra.ts';
import { type TestProject, testProject } from '../test/support/project.ts';
import { table } from './timing.ts';

/** Row counts to compare: where memory is flat, their peaks are the same. `CQLFORM_BENCH_ROWS=1000,2000` asks for others. */
const counts = (process.env['CQLFORM_BENCH_ROWS'] ?? '100000,1000000').split(',').map(Number);
/** MiB that V8 may fill with what lives longer; 0: what it allows itself on this machine. `CQLFORM_BENCH_HEAPS=64` asks for others. */
const heaps = (process.env['CQLFORM_BENCH_HEAPS'] ?? '0,128').split(',').map(Number);

const columns = (t: string): string =>
  `{ id: ${t}.int(), day: ${t}.int(), name: ${t}.text(), city: ${t}.text(), note: ${t}.text(), count: ${t}.int(), total: ${t}.bigint(), score: ${t}.double(), active: ${t}.boolean() }`;
const things = (name: string): string => `table('${name}', { columns: ${columns('t')}, partitionKey: ['id'] })`;
const migrations = {
  '20260101000000_load': `
import { copy, migration, t, table } from 'cqlform';
import { csv } from 'cqlform/files';
const things = ${things('things')};
const file = csv.file('things.csv', { columns: ${columns('csv')}, required: ['id'] });
export default migration({ description: 'Load', schema: [things], data: [copy({ from: file, into: things })] });
`,
};
const copied = `
import { copy, existing, migration, t, table } from 'cqlform';
const things = existing('things', { columns: ${columns('t')}, partitionKey: ['id'] });
const others = ${things('others')};
export default migration({ description: 'Copy', schema: [others], data: [copy({ from: things, into: others })] });
`;
const dropped = `
import { drop, existing, migration, t } from 'cqlform';
const others = existing('others', { columns: { id: t.int() }, partitionKey: ['id'] });
export default migration({ description: 'Drop', schema: [drop(others)] });
`;

/** Peak memory of whole commands that load, copy, back up and restore tables of nine columns. */
export async function benchMemory(address: CassandraAddress): Promise<string> {
  const rows: string[][] = [];
  for (const count of counts) for (const heap of heaps) rows.push(...(await peaksOf(count, heap, address)));
  const head = ['Rows', '`--max-old-space-size`', 'Command', 'Peak RSS', 'Time', 'Rows/s'];
  return `### Memory\n\n${table(head, rows)}`;
}

async function peaksOf(count: number, heap: number, address: CassandraAddress): Promise<string[][]> {
  const config = `backup: { store: { local: 'backups' } }`;
  await using project = await testProject({ address, migrations, config, env: watching(heap) });
  await writeRows(join(project.folder, 'things.csv'), count);
  const drop = `--allow-destructive=${project.keyspace}.others`;
  const apply = ['apply', '--auto-approve', '--no-check'];
  const lines: string[][] = [];
  const measure = async (title: string, ...words: readonly string[]): Promise<void> => {
    const { peak, seconds } = await measured(project, words);
    const limit = heap === 0 ? 'as it comes' : `${heap} MiB`;
    lines.push([
      String(count),
      limit,
      title,
      `${peak} MiB`,
      `${seconds.toFixed(0)} s`,
      String(Math.round(count / seconds)),
    ]);
  };
  await measure('load a CSV file', ...apply);
  await project.write('20260102000000_copy', copied);
  await measure('copy the table', ...apply);
  await project.write('20260103000000_drop', dropped);
  await measure('back it up, drop it', ...apply, drop);
  await measure('restore it (`rollback`)', 'rollback', '--auto-approve');
  await project.client.execute(`DROP KEYSPACE ${project.keyspace}`, [], { readTimeout: 300_000 });
  return lines;
}

/** Each process says its peak when it ends. */
function watching(heap: number): Readonly<Record<string, string>> {
  const said = `import{isMainThread}from'node:worker_threads';import{writeFileSync}from'node:fs';if(isMainThread)process.on('exit',()=>writeFileSync('peak',String(process.resourceUsage().maxRSS)))`;
  const limit = heap === 0 ? '' : ` --max-old-space-size=${heap}`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(said)}${limit}` };
}

async function measured(
  project: TestProject,
  words: readonly string[],
): Promise<{ readonly peak: number; readonly seconds: number }> {
  const begun = performance.now();
  const { code, stderr } = await project.run(...words);
  const seconds = (performance.now() - begun) / 1000;
  if (code !== 0) throw new Error(`cqlform ${words.join(' ')} ended with ${code}: ${stderr}`);
  const kibibytes = Number(await readFile(join(project.folder, 'peak'), 'utf8'));
  return { peak: Math.round(kibibytes / 1024), seconds };
}

async function writeRows(path: string, count: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('id,day,name,city,note,count,total,score,active\n');
  for (let id = 0; id < count; id += 1) {
    const row = `${id},${id % 365},name ${id},city ${id % 5000},a note of some length about thing ${id},${id % 97},${id * 1_000_003},${id / 7},${id % 2 === 0}\n`;
    if (!file.write(row)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}
