/** Waits until all of them have ended, and throws what the first of those that failed throws: nothing is left at work. */
export async function allEnded(works: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  for (const ended of await Promise.allSettled(works)) if (ended.status === 'rejected') throw ended.reason;
}
