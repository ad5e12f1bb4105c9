import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadMigration } from '../../src/analysis/load-migration.ts';
import { migrationFiles } from '../../src/app/migration-files.ts';
import type { Session } from '../../src/app/session.ts';
import { recordedState } from '../../src/app/status.ts';
import type { LiveKeyspace } from '../../src/model/live.ts';
import type { Plan } from '../../src/model/plan.ts';
import { emptySchema } from '../../src/model/schema.ts';
import { composeAll } from '../../src/planner/compose.ts';
import { driftOf } from '../../src/planner/drift.ts';
import { standingOf } from '../../src/runner/standing.ts';
import type { TestProject } from '../support/project.ts';
import { digestOf, planAll, planBack, runAll } from './in-process.ts';

/** What is applied first, what is then applied upon it, and what has to be true of the rows. `$ks` is the keyspace. */
export interface Convergence {
  readonly from?: readonly string[];
  /** CQL that is run before `from` is applied, by hand as it were. */
  readonly byHand?: readonly string[];
  /** CQL that is run between `from` and `to`. */
  readonly rows?: readonly string[];
  /** Migrations that are applied together. */
  readonly to: readonly string[];
  /** Applied after `to`, though its file sorts before. */
  readonly late?: string;
  /** Queries and what they give when `to` is applied. */
  readonly reads?: Readonly<Record<string, readonly object[]>>;
  /** Titles that the plan of `to` must have, in this order among others. */
  readonly steps?: readonly string[];
  /** CQL that is run before the rollback. */
  readonly meanwhile?: readonly string[];
  /** The code of the notice that refuses the rollback, where there is none. */
  readonly noWayBack?: string;
}

export interface Lab {
  readonly project: TestProject;
  readonly session: Session;
}

interface Picture {
  readonly live: LiveKeyspace;
  readonly rows: Readonly<Record<string, readonly string[]>>;
  readonly digests: Readonly<Record<string, object>>;
}

let minutes = 0;

/** The next id, half a minute after the minute, so that there is room before it for a late file. */
function nextId(): string {
  minutes += 1;
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `20260101${hour}${minute}30_m`;
}

/**
 * Applies `from`, then `to`, and reads the keyspace back: it is what the files compose to, and there is nothing more
 * to plan. Then takes `to` back: schema, rows and digests are as before.
 */
export async function expectConverges(lab: Lab, given: Convergence): Promise<void> {
  const { project, session } = lab;
  const earlier = Object.keys((await session.cluster.describe(project.keyspace)).schema.tables);
  for (const cql of given.byHand ?? []) await execute(project, cql);
  if ((given.from ?? []).length > 0) {
    for (const source of given.from ?? []) await project.write(nextId(), source);
    await runAll(session, await planAll(session));
    await expectSettled(lab);
  }
  if (given.to.length === 0) return;
  for (const cql of given.rows ?? []) await execute(project, cql);
  const before = await picture(lab, earlier);
  const base = standingOf(await session.journal.entries()).applied.at(-1)?.id ?? '0';

  const later = [];
  for (const source of given.to) {
    later.push(nextId());
    await project.write(later.at(-1) ?? '', source);
  }
  const plan = await planAll(session);
  expectSteps(plan, given.steps ?? []);
  await runAll(session, plan);
  if (given.late !== undefined) {
    later.push((later[0] ?? '').replace(/30_m$/, '15_late'));
    await project.write(later.at(-1) ?? '', given.late);
    const late = await planAll(session);
    assert.notEqual(late.sections[0]?.late ?? null, null, 'the plan says that the file is late');
    await runAll(session, late);
  }
  await expectSettled(lab);
  for (const [query, rows] of Object.entries(given.reads ?? {}))
    assert.deepEqual(await project.rows(query), rows, query);

  for (const cql of given.meanwhile ?? []) await execute(project, cql);
  await takeBack(lab, base, given.noWayBack);
  if (given.noWayBack !== undefined) return;
  for (const id of later) await rm(join(project.folder, 'migrations', `${id}.ts`));
  const after = await picture(lab, earlier);
  assert.deepEqual(after.live.schema, before.live.schema, 'the schema is as before');
  assert.deepEqual(after.rows, before.rows, 'the rows are as before');
  assert.deepEqual(after.digests, before.digests, 'the digests are as before');
  await expectSettled(lab);
}

async function takeBack({ session }: Lab, base: string, refused: string | undefined): Promise<void> {
  const plan = await planBack(session, base);
  const errors = plan.notices.filter((notice) => notice.severity === 'error').map((notice) => notice.code);
  assert.deepEqual(errors, refused === undefined ? [] : [refused]);
  if (refused === undefined) await runAll(session, plan);
}

/** The live keyspace is what the files compose to, so is what was recorded, and a plan has nothing to do. */
async function expectSettled({ session }: Lab): Promise<void> {
  const files = await migrationFiles(session.project);
  const migrations = await Promise.all(files.map(loadMigration));
  const replication = session.project.replication ?? {};
  const composed = composeAll(migrations, { ...emptySchema, keyspace: { kind: 'keyspace', replication } });
  const live = await session.cluster.describe(session.project.keyspace);
  assert.deepEqual(driftOf({ schema: composed, tableIds: {} }, live), [], 'live is what the files compose to');
  const recorded = await recordedState(session, standingOf(await session.journal.entries()));
  const asRecorded = { ...live, schema: recorded?.schema ?? emptySchema };
  assert.deepEqual(
    driftOf({ schema: composed, tableIds: {} }, asRecorded),
    [],
    'recorded is what the files compose to',
  );
  const plan = await planAll(session);
  assert.deepEqual([plan.sections, plan.drift, plan.notices], [[], [], []], 'nothing is left to plan');
}

function expectSteps(plan: Plan, wanted: readonly string[]): void {
  const titles = plan.sections.flatMap((section) => section.steps.map((step) => step.title));
  let at = -1;
  for (const title of wanted) {
    at = titles.indexOf(title, at + 1);
    assert.notEqual(at, -1, `the plan has no “${title}” in its place: ${titles.join('; ')}`);
  }
}

/** All that is in the tables which were not there before the case. */
async function picture({ project, session }: Lab, earlier: readonly string[]): Promise<Picture> {
  const live = await session.cluster.describe(project.keyspace);
  const own = Object.values(live.schema.tables).filter((table) => !earlier.includes(table.name));
  const rows: Record<string, readonly string[]> = {};
  const digests: Record<string, object> = {};
  for (const table of own) {
    const found = await project.rows(`SELECT JSON * FROM $ks."${table.name.replaceAll('"', '""')}"`);
    rows[table.name] = found.map((row) => String(row['[json]']));
    digests[table.name] = await digestOf(session, table);
  }
  return { live, rows, digests };
}

async function execute(project: TestProject, cql: string): Promise<void> {
  await project.client.execute(cql.replaceAll('$ks', project.keyspace), [], { readTimeout: 60_000 });
}
