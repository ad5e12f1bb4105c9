import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { convergences } from './converge-cases.ts';

const program = fileURLToPath(new URL('converge-worker.ts', import.meta.url));

describe('a keyspace converges, and comes back', () => {
  let worker: ChildProcess;
  let exited: Promise<string>;
  const problems = new Map<unknown, string | null>();
  const waiting = new Map<unknown, () => void>();
  const problemOf = async (name: string): Promise<string | null | undefined> => {
    const answered = new Promise<void>((resolve) => waiting.set(name, resolve));
    const early = await Promise.race([problems.has(name) ? undefined : answered, exited]);
    return early ?? problems.get(name);
  };
  beforeAll(async () => {
    worker = fork(program, [JSON.stringify(cassandraAddress())], { execArgv: [] });
    exited = once(worker, 'exit').then(([code, signal]) => `the worker ended with ${code ?? signal}`);
    worker.on('message', ({ name, problem }: { readonly name: string; readonly problem: string | null }) => {
      problems.set(name, problem);
      waiting.get(name)?.();
    });
    expect(await problemOf('ready')).toBeNull();
  });
  afterAll(async () => {
    if (worker.connected) worker.disconnect();
    await exited;
  });

  it.each(Object.keys(convergences))('%s', { timeout: 120_000 }, async (name) => {
    worker.send(name);
    expect(await problemOf(name)).toBeNull();
  });
});
