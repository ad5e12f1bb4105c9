import { openProject } from '../../src/app/config.ts';
import { withSession } from '../../src/app/session.ts';
import { reasonOf } from '../../src/kernel/errors.ts';
import type { CassandraAddress } from '../support/cassandra.ts';
import { testProject } from '../support/project.ts';
import { expectConverges } from './converge.ts';
import { convergences } from './converge-cases.ts';

// Tries cases in a process of plain Node, where migration files load as they do for users. Told the address first,
// then names of cases; answers each with what went wrong, or null. A few cases share a keyspace, until one goes wrong.
const address: CassandraAddress = JSON.parse(process.argv[2] ?? '{}');
const beginning = `import { keyspace, migration } from 'cqlform';
export default migration({ description: 'Begin', schema: [keyspace({ durableWrites: true })] });`;
const casesPerKeyspace = 6;
const names: string[] = [];
let told = Promise.withResolvers<void>();
process.on('message', (name: string) => {
  names.push(name);
  told.resolve();
});
process.on('disconnect', () => told.resolve());
process.send?.({ name: 'ready', problem: null });

async function next(): Promise<string | undefined> {
  while (names.length === 0 && process.connected) {
    await told.promise;
    told = Promise.withResolvers();
  }
  return names.shift();
}

async function trySome(): Promise<void> {
  await using project = await testProject({ address });
  const settings = await openProject({ contactPoints: `${address.host}:${address.port}` }, project.folder);
  await withSession(settings, async (session) => {
    // A rollback keeps the keyspace, so the first case must find it.
    await expectConverges({ project, session }, { from: [beginning], to: [] });
    for (let tried = 0; tried < casesPerKeyspace; tried += 1) {
      const name = await next();
      if (name === undefined) return;
      const given = convergences[name];
      const problem =
        given === undefined
          ? `there is no case ${name}`
          : await problemOf(expectConverges({ project, session }, given));
      process.send?.({ name, problem });
      if (problem !== null) return;
    }
  });
}

async function problemOf(trying: Promise<void>): Promise<string | null> {
  try {
    await trying;
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? `${thrown.stack}` : reasonOf(thrown);
  }
}

while (process.connected) await trySome();
