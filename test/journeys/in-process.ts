import { applyPlan, type RunFlags } from '../../src/app/apply.ts';
import { repositoryOf } from '../../src/app/backup.ts';
import { openProject } from '../../src/app/config.ts';
import { planMigrations } from '../../src/app/plan.ts';
import { planRollbackOrUnfinished } from '../../src/app/rollback.ts';
import { type Session, withSession } from '../../src/app/session.ts';
import type { RunEvent } from '../../src/model/event.ts';
import { consentsOf, type Plan } from '../../src/model/plan.ts';
import type { Table } from '../../src/model/schema.ts';
import type { CassandraAddress } from '../support/cassandra.ts';

/** Runs a plan with consent to all that it asks for; gives what it told. */
export async function runAll(session: Session, plan: Plan, more: Partial<RunFlags> = {}): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  await applyPlan(plan, session, {
    allowDestructive: consentsOf(plan),
    allowDown: [],
    allowStillWritten: false,
    backupConsistency: 'ALL',
    leaseTimeoutMs: 60_000,
    agreementTimeoutMs: 60_000,
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
    ...more,
  });
  return events;
}

export function planAll(session: Session): Promise<Plan> {
  return planMigrations(session, { to: null, schemaOnly: false, noBackup: [], check: false });
}

export function planBack(session: Session, to: string | null): Promise<Plan> {
  return planRollbackOrUnfinished(session, { to, leave: [] });
}

/** As a backup would have them. */
export interface Digest {
  readonly rows: number;
  readonly digest: string;
}

/** Rows and value digest of every table of a keyspace. */
export async function digestsOf(keyspace: string, { host, port }: CassandraAddress): Promise<Record<string, Digest>> {
  // Of a folder without a configuration: a test's own process cannot load one.
  const project = await openProject({ contactPoints: `${host}:${port}`, keyspace }, '/');
  return withSession(project, async (session) => {
    const { schema } = await session.cluster.describe(project.keyspace);
    const digests: Record<string, Digest> = {};
    for (const table of Object.values(schema.tables)) digests[table.name] = await digestOf(session, table);
    return digests;
  });
}

/** Rows and value digest of a whole table. */
export async function digestOf(session: Session, table: Table): Promise<Digest> {
  const live = await session.cluster.describe(session.project.keyspace);
  const repository = await repositoryOf(session, undefined);
  return repository.digest(
    { table, columns: null },
    {
      keyspace: live.name,
      types: live.schema.types,
      attempt: 1,
      finished: [],
      onProgress: () => undefined,
      assertHeld: () => undefined,
      checkpoint: () => Promise.resolve(),
    },
  );
}
