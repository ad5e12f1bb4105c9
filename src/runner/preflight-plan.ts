import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import type { Emit } from '../model/event.ts';
import { qualified, quoted } from '../model/identifier.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { Resource, Right } from '../model/right.ts';
import type { Work } from '../model/step.ts';
import { rightsFor } from '../planner/rights.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, Rows } from '../ports/cluster.ts';
import { assertNotInTheFuture } from './decide.ts';

export interface PlanPreflightDeps {
  readonly cluster: Cluster;
  readonly rows: Rows;
  readonly clock: Clock;
  readonly emit: Emit;
}

/**
 * Looks before the first step for what would stop a later one: rights that are missing, and cells of the future in
 * columns that are dropped. Throws `PERMISSION_MISSING` or `FUTURE_WRITE_TIMES`.
 */
export async function preflightPlan(plan: Plan, deps: PlanPreflightDeps): Promise<void> {
  const works = plan.sections.flatMap((section) => section.steps.map((step) => step.work));
  if (works.length === 0) return;
  const live = await deps.cluster.describe(plan.target.keyspace);
  await checkRights(works, live, deps);
  await checkWriteTimes(works, live, deps);
}

async function checkRights(works: readonly Work[], live: LiveKeyspace, deps: PlanPreflightDeps): Promise<void> {
  const held = await deps.cluster.rights();
  const missing = held.kind === 'some' ? rightsFor(works, live).filter((right) => !held.holds(right)) : [];
  const detail = { everything: 'all', unknown: 'not told', some: missing.length === 0 ? 'granted' : 'missing' };
  deps.emit({ kind: 'preflight', check: 'permissions', ok: missing.length === 0, detail: detail[held.kind] });
  if (held.kind === 'some' && missing.length > 0) throw permissionMissing(held.role, missing);
}

function permissionMissing(role: string, missing: readonly Right[]): CqlformError {
  const grants = missing.map(({ permission, on }) => `GRANT ${permission} ON ${resourceText(on)} TO ${quoted(role)};`);
  const what = missing.map(({ permission, on }) => `${permission} on ${resourceText(on)}`).join(', ');
  return new CqlformError('PERMISSION_MISSING', `role ${role} lacks what this plan needs: ${what}`, {
    next: `Nothing was changed. Have an administrator run ${grants.join(' ')} then run the same command again. docs/permissions.md lists all that cqlform may need.`,
    fields: { role, grants },
    exitCode: exitCodes.blocked,
  });
}

function resourceText(on: Resource): string {
  return match<Resource, string>(on, {
    'all-keyspaces': () => 'ALL KEYSPACES',
    keyspace: ({ keyspace }) => `KEYSPACE ${quoted(keyspace)}`,
    table: ({ keyspace, table }) => `TABLE ${qualified(keyspace, table)}`,
    functions: ({ keyspace }) => `ALL FUNCTIONS IN KEYSPACE ${quoted(keyspace)}`,
  });
}

/** Each table is asked once, whatever number of its columns goes. */
async function checkWriteTimes(works: readonly Work[], live: LiveKeyspace, deps: PlanPreflightDeps): Promise<void> {
  for (const [name, dropped] of droppedColumns(works)) {
    const table = own(live.schema.tables, name);
    const columns = (table?.columns ?? []).map((column) => column.name).filter((column) => dropped.includes(column));
    if (table === undefined || columns.length === 0) continue;
    const newest = await deps.rows.newestWriteTime({
      keyspace: live.name,
      table,
      types: live.schema.types,
      columns,
    });
    assertNotInTheFuture(newest, deps.clock.micros(), `${live.name}.${name}`);
    deps.emit({ kind: 'preflight', check: `write times of ${name}`, ok: true, detail: 'none in the future' });
  }
}

function droppedColumns(works: readonly Work[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const work of works) {
    if (work.kind !== 'ddl' || work.ddl.kind !== 'drop-columns') continue;
    const { table, columns } = work.ddl;
    found.set(table, [...(found.get(table) ?? []), ...columns.map((column) => column.name)]);
  }
  return found;
}
