import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { convergences } from './converge-cases.ts';

const program = fileURLToPath(new URL('converge-worker.ts', import.meta.url));

describe('a keyspace converges, and comes back', () => {
  let worker: ChildProcess;
  const answer = async (): Promise<unknown> => {
    const [said] = await Promise.race([
      once(worker, 'message'),
      once(worker, 'exit').then(([code]) => [`the worker ended with ${code}`]),
    ]);
    return said;
  };
  beforeAll(async () => {
    worker = fork(program, [JSON.stringify(cassandraAddress())], { execArgv: [] });
    expect(await answer()).toBe('ready');
  });
  afterAll(async () => {
    const ended = once(worker, 'exit');
    worker.disconnect();
    await ended;
  });

  it.each(Object.keys(convergences))('%s', { timeout: 120_000 }, async (name) => {
    const said = answer();
    worker.send(name);
    expect(await said).toBeNull();
  });
});
