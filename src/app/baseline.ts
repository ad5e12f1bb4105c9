import { loadMigration } from '../analysis/load-migration.ts';
import { sumHead } from '../analysis/sum-file.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Schema } from '../model/schema.ts';
import { composeAll } from '../planner/compose.ts';
import { driftOf } from '../planner/drift.ts';
import { planBaseline } from '../planner/plan-baseline.ts';
import type { StateDocument } from '../ports/journal.ts';
import { laterThan, noState, standingOf } from '../runner/standing.ts';
import { newRunId } from './actor.ts';
import { recordSources } from './check-ledger.ts';
import { gitCommit } from './git.ts';
import { type LeaseOptions, withLease } from './lease.ts';
import { fileNamed, migrationFiles } from './migration-files.ts';
import type { Session } from './session.ts';
import { toolVersion } from './version.ts';

/**
 * Records migrations as applied without running them, for a keyspace that already is what they say. Refused when it
 * is not. Gives the ids that were recorded.
 */
export async function baseline(session: Session, to: string | null, options: LeaseOptions): Promise<readonly string[]> {
  const { project, journal, clock, cluster } = session;
  return withLease(session, options, async () => {
    const standing = standingOf(await journal.entries());
    if (standing.head !== noState) throw alreadyRecorded(project.keyspace);
    const all = await migrationFiles(project);
    if (to !== null) fileNamed(to, all);
    const files = all.filter((file) => to === null || file.id <= to);
    const migrations = await Promise.all(files.map(loadMigration));
    const live = await cluster.describe(project.keyspace);
    const schema = composeAll(migrations);
    const tableIds = Object.fromEntries(
      Object.keys(schema.tables).map((table) => [table, own(live.facts, table)?.id ?? 'absent']),
    );
    const differing = driftOf({ schema, tableIds }, live).filter((item) => item.kind !== 'unmanaged');
    if (differing.length > 0) throw notTheSame(differing.map((item) => `${item.address} is ${item.kind}`));
    const run = newRunId(clock, standing);
    const plan = planBaseline({
      toolVersion: toolVersion(),
      planId: run,
      environment: project.environment,
      live,
      ledgerHead: noState,
      gitCommit: await gitCommit(project.folder),
      sumHead: await sumHead(project.migrationsFolder),
      migrations,
    });
    const planHash = await journal.putDocument(plan);
    await recordSources(session, plan);
    for (const [index, migration] of migrations.entries()) {
      const before = await journal.putDocument(stateOf(composeAll(migrations.slice(0, index)), tableIds));
      const after = await journal.putDocument(stateOf(composeAll(migrations.slice(0, index + 1)), tableIds));
      const { id, description, schemaHash, codeHash } = migration;
      const at = laterThan(standingOf(await journal.entries()), clock.now());
      const states = { stateBefore: before, stateAfter: after };
      await journal.write({
        kind: 'migration',
        id,
        description,
        status: 'baselined',
        schemaHash,
        codeHash,
        ...(migration.packages === undefined ? {} : { packages: migration.packages }),
        ...(migration.sourceHash === undefined ? {} : { sourceHash: migration.sourceHash }),
        ...states,
        run,
        planHash,
        at,
      });
    }
    return migrations.map((migration) => migration.id);
  });
}

function stateOf(schema: Schema, ids: Readonly<Record<string, string>>): StateDocument {
  const tableIds = Object.fromEntries(Object.keys(schema.tables).map((table) => [table, own(ids, table) ?? 'absent']));
  return { kind: 'state', schema, tableIds };
}

function alreadyRecorded(keyspace: string): CqlformError {
  return new CqlformError('ALREADY_RECORDED', `migrations of ${keyspace} are recorded already`, {
    next: 'See `cqlform status`. `cqlform resolve --accept` records hand-made changes.',
    exitCode: exitCodes.usage,
  });
}

function notTheSame(differences: readonly string[]): CqlformError {
  return new CqlformError(
    'BASELINE_DIFFERS',
    `the keyspace is not what the migrations say: ${differences.join('; ')}`,
    {
      next: 'Mend the migrations (`cqlform introspect` writes one from the live keyspace), or stop earlier with --to.',
      fields: { differences },
      exitCode: exitCodes.blocked,
    },
  );
}
