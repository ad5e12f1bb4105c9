import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { isRunning, type ProcessRecord, startMarkOf, thisProcess } from '../../src/devcluster/processes.ts';
import { devUp } from '../../src/devcluster/up.ts';
import { addressOf, type CassandraAddress } from './cassandra.ts';
import { endClustersIn } from './end-clusters.ts';

const runs = resolve(import.meta.dirname, '../../.cqlform/test');
const endProgram = join(import.meta.dirname, 'end-clusters.ts');

/**
 * Starts the one Cassandra that all tests of a run use, or takes the running one that `CQLFORM_TEST_CASSANDRA`
 * (`host:port`) names. Returns the teardown, which ends every cluster that the run has started.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepDeadRuns();
  const runFolder = join(runs, `run-${process.pid}`);
  await mkdir(runFolder, { recursive: true });
  await writeFile(join(runFolder, 'owner.json'), JSON.stringify(await thisProcess()));
  // Normally the teardown has done it by then; after a signal or a crash nothing asynchronous runs any more.
  process.on('exit', () => {
    if (existsSync(runFolder)) spawnSync(process.execPath, [endProgram, runFolder], { stdio: 'inherit' });
  });
  project.provide('runFolder', runFolder);
  const teardown = (): Promise<void> => endClustersIn(runFolder);
  try {
    project.provide('cassandra', namedCassandra() ?? (await startCassandra(runFolder)));
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

async function startCassandra(runFolder: string): Promise<CassandraAddress> {
  const folder = join(runFolder, 'cluster');
  return addressOf(await devUp({ folder, ports: 'any', compiler: 'quick', schemaChanges: 'logged' }));
}

function namedCassandra(): CassandraAddress | undefined {
  const named = process.env['CQLFORM_TEST_CASSANDRA'];
  if (named === undefined || named === '') return undefined;
  const [, host, port] = /^(.+):(\d+)$/.exec(named) ?? [];
  if (host === undefined) throw new Error(`CQLFORM_TEST_CASSANDRA is ${named}; it must be host:port`);
  return { host, port: Number(port), localDataCenter: 'datacenter1' };
}

/** Ends what earlier runs left behind that were killed before they could. */
async function sweepDeadRuns(): Promise<void> {
  for (const name of await readdir(runs).catch(() => [])) {
    const folder = join(runs, name);
    const owner = await readFile(join(folder, 'owner.json'), 'utf8').catch(() => undefined);
    const alive =
      owner === undefined
        ? (await startMarkOf(Number(name.replace('run-', '')))) !== undefined
        : await isRunning(JSON.parse(owner) as ProcessRecord);
    if (!alive) await endClustersIn(folder);
  }
}
