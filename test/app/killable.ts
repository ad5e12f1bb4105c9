import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { cassandraAddress } from '../support/cassandra.ts';
import type { Orders } from './killed-child.ts';
import type { Place } from './restore-project.ts';

/** Runs a restore or a drill in a process of its own. Gives what it printed; null: it was killed. */
export async function killable(place: Place, orders: Pick<Orders, 'work' | 'dieAfter' | 'wishes'>): Promise<unknown> {
  const { host, port } = cassandraAddress();
  const all: Orders = { contactPoint: `${host}:${port}`, ...place, ...orders };
  const path = join(import.meta.dirname, 'killed-child.ts');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path, JSON.stringify(all)],
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout));
        else if (error.signal === 'SIGKILL') resolve(null);
        else reject(new Error(stderr, { cause: error }));
      },
    );
  });
}
