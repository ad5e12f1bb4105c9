import type { Plan } from '../model/plan.ts';
import type { KeyspaceSettings } from '../model/schema.ts';
import type { Project } from './project.ts';

/** True where the ledger is in the keyspace that is migrated. */
export function ledgerIsInside({ keyspace, ledgerKeyspace }: Pick<Project, 'keyspace' | 'ledgerKeyspace'>): boolean {
  return keyspace === ledgerKeyspace;
}

/**
 * How the ledger's keyspace is made where it is the one that is migrated: as the plan's own step would, else as the
 * configuration says. Undefined: as the ledger's keyspaces are.
 */
export function ledgerSettings(project: Project, plan?: Plan): KeyspaceSettings | undefined {
  if (!ledgerIsInside(project)) return undefined;
  const planned = plan === undefined ? undefined : sharedKeyspace(plan);
  if (planned !== undefined || project.replication === null) return planned;
  return { kind: 'keyspace', replication: project.replication };
}

/** The settings of a keyspace that the plan makes and that its ledger may have made before. */
export function sharedKeyspace({ sections }: Plan): KeyspaceSettings | undefined {
  for (const { steps } of sections) {
    for (const { work } of steps) {
      if (work.kind === 'ddl' && work.ddl.kind === 'create-keyspace' && work.ddl.ifNotExists === true)
        return work.ddl.settings;
    }
  }
  return undefined;
}
