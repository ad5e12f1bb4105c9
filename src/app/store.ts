import type { Project } from './project.ts';

/** The project's store for automatic backups, as the ledger keeps it and `backupsAt` finds it again. */
export function storeName({ store, ledgerKeyspace }: Project): string {
  return store.kind === 'cluster' ? `cluster:${ledgerKeyspace}` : `local:${store.folder}`;
}
