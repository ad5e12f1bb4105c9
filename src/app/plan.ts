import { randomUUID } from 'node:crypto';
import { loadMigration } from '../analysis/load-migration.ts';
import { sumHead } from '../analysis/sum-file.ts';
import { own } from '../kernel/own.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Migration } from '../model/migration.ts';
import type { Plan } from '../model/plan.ts';
import { footprintOf } from '../planner/footprint.ts';
import type { ApplyInput } from '../planner/input.ts';
import { nounOf } from '../planner/names.ts';
import { planApply } from '../planner/plan-apply.ts';
import { type Standing, standingOf } from '../runner/standing.ts';
import { gitCommit } from './git.ts';
import { lateAgainst } from './late.ts';
import { ledgerIsInside } from './ledger-home.ts';
import { fileNamed, migrationFiles } from './migration-files.ts';
import { withPackageNotices } from './packages.ts';
import { withKeys } from './privacy.ts';
import type { Session } from './session.ts';
import { sourceFindings } from './source-findings.ts';
import { recordedState } from './status.ts';
import { chooseStore, withPlaceNotice } from './store.ts';
import { unfinishedError } from './unfinished.ts';
import { toolVersion } from './version.ts';

export interface PlanOptions {
  /** Stop after this migration; null: all. */
  readonly to: string | null;
  readonly schemaOnly: boolean;
  readonly noBackup: readonly string[];
  /** Where backups would go, when not where the configuration says. */
  readonly backupStore?: string | undefined;
  /** Whether the migration files are checked first; that applied ones are as they were is looked at in any case. */
  readonly check: boolean;
}

/** From this size on an automatic backup is marked as large. */
const largeTableBytes = 50 * 1024 ** 3;

/** The plan of everything that is pending; with nothing pending, a plan without sections. */
export async function planMigrations(session: Session, options: PlanOptions): Promise<Plan> {
  const standing = standingOf(await session.journal.entries());
  if (standing.unfinished !== null) throw unfinishedError(standing.unfinished);
  return planFrom(session, standing, options);
}

/** The stored plan of an apply that stopped, which goes on unchanged; else a new plan. */
export async function planOrUnfinished(session: Session, options: PlanOptions): Promise<Plan> {
  const standing = standingOf(await session.journal.entries());
  const { unfinished } = standing;
  if (unfinished === null) return planFrom(session, standing, options);
  if (unfinished.direction !== 'apply') throw unfinishedError(unfinished);
  return (await session.journal.getDocument(unfinished.planHash)) as Plan;
}

async function planFrom(session: Session, standing: Standing, options: PlanOptions): Promise<Plan> {
  const { project } = session;
  if (options.check) {
    const { checkForPlan } = await import('./check.ts');
    await checkForPlan(session, standing);
  } else {
    const { assertUnedited } = await import('./check-ledger.ts');
    await assertUnedited(session, standing, null);
  }
  const pending = await pendingMigrations(session, standing, options.to);
  const live = await describe(session, pending);
  const schemaOnly = options.schemaOnly || project.data === 'skip';
  const plan = planApply({
    ...(await planBasis(session, standing, live)),
    pending,
    appliedAfter: await lateAgainst(session, standing, pending),
    replication: project.replication,
    ledgerInside: ledgerIsInside(project),
    emptyTables: await emptyTables(session, live, pending),
    ...(schemaOnly ? {} : { sources: await sourceFindings(session, pending, live) }),
    options: { schemaOnly, noBackup: options.noBackup },
  });
  const noted = withKeys(withPackageNotices(plan, project, standing), project, standing);
  return withPlaceNotice(noted, chooseStore(project, options.backupStore));
}

/** What plans in both directions are made from. */
export async function planBasis(session: Session, standing: Standing, live: LiveKeyspace): Promise<PlanBasis> {
  const { project, rows } = session;
  const untimed = Object.values(live.schema.tables).map((table) => [table.name, rows.untimedColumns(table)] as const);
  return {
    toolVersion: toolVersion(),
    planId: randomUUID(),
    environment: project.environment,
    live,
    recorded: await recordedState(session, standing),
    ledgerHead: standing.head,
    gitCommit: await gitCommit(project.folder),
    sumHead: await sumHead(project.migrationsFolder),
    untimed: Object.fromEntries(untimed.filter(([, columns]) => columns.length > 0)),
    largeTableBytes,
  };
}
type PlanBasis = Omit<
  ApplyInput,
  'pending' | 'appliedAfter' | 'replication' | 'ledgerInside' | 'emptyTables' | 'options'
>;

async function pendingMigrations(
  { project }: Session,
  standing: Standing,
  to: string | null,
): Promise<readonly Migration[]> {
  const files = await migrationFiles(project);
  const inForce = new Set(standing.applied.map((entry) => entry.id));
  if (to !== null) fileNamed(to, files);
  const pending = files.filter((file) => !inForce.has(file.id) && (to === null || file.id <= to));
  return Promise.all(pending.map(loadMigration));
}

/** The live keyspace, with estimates for the tables that the migrations concern. */
export async function describe({ cluster, project }: Session, migrations: readonly Migration[]): Promise<LiveKeyspace> {
  const live = await cluster.describe(project.keyspace);
  if (!live.exists) return live;
  const concerned = new Set(migrations.map(footprintOf).flatMap(({ writes, reads }) => [...writes, ...reads]));
  const tables = Object.keys(live.schema.tables).filter((table) => concerned.has(`${nounOf('table')} ${table}`));
  return { ...live, estimates: await cluster.estimate(project.keyspace, tables) };
}

/** Tables that may have to be made anew: an empty one needs no data function for that. */
function remade(declarations: Migration['declarations']): readonly string[] {
  return declarations.flatMap((one) => (one.kind === 'alter-table' ? [one.table] : []));
}

/** Of the tables that data goes into, or that may be made anew: those without a row. */
async function emptyTables(
  { rows }: Session,
  live: LiveKeyspace,
  pending: readonly Migration[],
): Promise<readonly string[]> {
  const targets = new Set(
    pending.flatMap(({ data, declarations }) => [...data.map((spec) => spec.into.name), ...remade(declarations)]),
  );
  const there = [...targets].filter((table) => own(live.schema.tables, table) !== undefined);
  const empty = await Promise.all(there.map((table) => rows.isEmpty(live.name, table)));
  return there.filter((_, index) => empty[index]);
}
