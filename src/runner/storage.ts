import type { UmzugStorage } from 'umzug';
import type { FinishedStep } from './step.ts';

/** umzug's bookkeeping on our journal: a step is logged as done together with its result. */
export function journalStorage(
  done: ReadonlySet<string>,
  finished: ReadonlyMap<string, FinishedStep>,
  record: (step: FinishedStep) => Promise<void>,
): UmzugStorage {
  return {
    executed: () => Promise.resolve([...done]),
    logMigration: async ({ name }) => {
      const step = finished.get(name);
      if (step === undefined) throw new TypeError(`step ${name} ended without a result`);
      await record(step);
    },
    unlogMigration: ({ name }) => Promise.reject(new TypeError(`step ${name} is taken back by a rollback plan`)),
  };
}
