import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { devDown } from '../../src/devcluster/down.ts';

/** Ends every cluster below a folder, with its data, and deletes the folder. */
export async function endClustersIn(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const clusters = files
    .filter((file) => /(^|[/\\])cluster\.json$/.test(file))
    .map((file) => join(folder, dirname(file)));
  await Promise.all(clusters.map((cluster) => devDown({ folder: cluster, purge: true })));
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

// Also run as a program, by a test run that is ending and can no longer wait for promises.
if (import.meta.main && process.argv[2] !== undefined) await endClustersIn(process.argv[2]);
