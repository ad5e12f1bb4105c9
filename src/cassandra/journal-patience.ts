import { setTimeout as wait } from 'node:timers/promises';
import { isRefusal } from './execute-errors.ts';

const patienceMs = 10_000;
const firstPauseMs = 50;
const longestPauseMs = 1_000;

/**
 * Does again what can be done twice, while nodes restart, connections break or the ledger's Paxos register is contended.
 * What the server refuses is not tried again.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await work();
    } catch (thrown) {
      if (isRefusal(thrown) || thrown instanceof TypeError || performance.now() - start > patienceMs) throw thrown;
      await wait(pause);
    }
  }
}
