import { allEnded } from './all-ended.ts';

/**
 * Works on items, so many of them at a time. The first failure is thrown, when all that was under way has come to rest;
 * the others are told by `stopped` and no more are begun.
 */
export async function eachAtATime<T>(
  items: Iterable<T>,
  atATime: number,
  work: (item: T, stopped: () => boolean) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const stopped = (): boolean => failed;
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true && !failed; next = queue.next()) {
      try {
        await work(next.value, stopped);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  const workers = Array.from({ length: atATime }, worker);
  await allEnded(workers);
}
