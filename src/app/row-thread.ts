import { parentPort, workerData } from 'node:worker_threads';
import { compileFile } from '../analysis/load-migration.ts';
import type { ThreadData } from '../copy/threads/messages.ts';
import { serveRows } from '../copy/threads/serve-rows.ts';
import { useKeys } from '../dsl/key-ring.ts';
import type { DataSpec } from '../model/data.ts';
import { treatedSpec } from './privacy.ts';
import { assertSameModules, type RowCode } from './row-threads.ts';

// A thread that runs the functions of one data step, with an instance of its migration of its own.
if (parentPort !== null) {
  const data = workerData as ThreadData;
  await serveRows(parentPort, data, () => specOf(data.code as RowCode));
}

async function specOf(code: RowCode): Promise<DataSpec | undefined> {
  const { migration, index, lower, keys } = code;
  useKeys(new Map(Object.entries(keys).map(([name, key]) => [name, () => key])));
  const { data } = await compileFile(migration);
  assertSameModules(code);
  const spec = data[index];
  return spec === undefined ? undefined : treatedSpec({ lower }, spec);
}
