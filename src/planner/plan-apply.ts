import { emitDdl } from '../cql/ddl.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Change } from '../model/change.ts';
import type { Ddl } from '../model/ddl.ts';
import type { Migration } from '../model/migration.ts';
import { type Plan, planFormat, type Section } from '../model/plan.ts';
import { emptySchema, type Schema } from '../model/schema.ts';
import { applyChanges } from './apply-changes.ts';
import { managedLive } from './base.ts';
import { composeLive, type LiveStates } from './compose-live.ts';
import { dataTitle } from './data-steps.ts';
import { driftOf } from './drift.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { ApplyInput } from './input.ts';
import { createKeyspace } from './keyspace-steps.ts';
import { lateHazard, lateness } from './late.ts';
import { listed } from './names.ts';
import { replicationHolds } from './options.ts';
import { sealPlan } from './plan-hash.ts';
import { withObject, withoutObject } from './schema-objects.ts';
import { planSection } from './section.ts';
import { summaryOf } from './summary.ts';
import { touchedAddresses } from './touched.ts';
import { worldOf } from './world.ts';
import { type PlanScope, SectionWriter } from './writer.ts';

/**
 * The plan that brings the live keyspace to where the pending migrations lead. Never throws for what a migration or the
 * cluster says: what stands in the way is a notice of severity `error`, and the plan is not applyable.
 */
export function planApply(input: ApplyInput): Plan {
  const scope: PlanScope = { input, labels: new Set(), filled: new Set(), made: new Set(), notices: [] };
  const sections = planSections(input, scope);
  noteReplication(scope, sections);
  const drift = input.recorded === null ? [] : driftOf(input.recorded, input.live);
  const { live } = input;
  return sealPlan({
    format: planFormat,
    tool: input.toolVersion,
    kind: 'apply',
    id: input.planId,
    target: { cluster: live.cluster, keyspace: live.name, version: live.version.text, environment: input.environment },
    fingerprint: fingerprintOf(touchedAddresses(sections, live.name), live, input.ledgerHead),
    source: { gitCommit: input.gitCommit, sumHead: input.sumHead },
    sections,
    drift,
    notices: scope.notices,
    backups: {},
    summary: summaryOf(sections, 'apply'),
    applyable: scope.notices.every((notice) => notice.severity !== 'error'),
  });
}

function planSections(input: ApplyInput, scope: PlanScope): readonly Section[] {
  const recorded = input.recorded?.schema ?? emptySchema;
  let standing: LiveStates = {
    recorded,
    managed: managedLive(recorded, input.live.schema),
    world: worldOf(input.live),
  };
  const sections: Section[] = [];
  for (const [at, migration] of input.pending.entries()) {
    const planned = planOne(migration, { scope, standing });
    if (planned !== null) {
      sections.push(planned.section);
      standing = planned.standing;
    }
    // What comes after a migration that cannot be applied would be compared with a state that is never reached.
    if (scope.notices.some((notice) => notice.severity === 'error')) {
      noteUnplanned(scope, input.pending.slice(at + 1), migration);
      break;
    }
  }
  return sections;
}

interface OneContext {
  readonly scope: PlanScope;
  readonly standing: LiveStates;
}

/** One section, or null when the migration cannot be applied to the state before it. */
function planOne(
  migration: Migration,
  { scope, standing }: OneContext,
): { readonly section: Section; readonly standing: LiveStates } | null {
  const { input } = scope;
  const writer = new SectionWriter(scope, migration.id, standing.world);
  const late = lateness(writer, migration, own(input.appliedAfter, migration.id) ?? []);
  const found = composeLive(writer, migration, standing);
  if (found === null) return null;
  const { changes, schema } = found;
  const keyspace = standing.world.exists ? [] : firstKeyspace(writer, changes);
  const rest = keyspace.length > 0 ? changes.filter((change) => change.kind !== 'keyspace') : changes;
  planSection({ writer, migration, changes: rest, after: schema });
  const all = [...keyspace, ...rest];
  const section: Section = {
    migration: migration.id,
    description: migration.description,
    schemaHash: migration.schemaHash,
    codeHash: migration.codeHash,
    ...(migration.packages === undefined ? {} : { packages: migration.packages }),
    ...(migration.sourceHash === undefined ? {} : { sourceHash: migration.sourceHash }),
    changes: all,
    steps: late === null ? writer.steps : withLateHazard(writer, late),
    skippedData: input.options.schemaOnly ? migration.data.map(dataTitle) : [],
    late,
  };
  const next: LiveStates = {
    recorded: applyChanges(standing.recorded, all),
    managed: managedAfter(standing, schema, all),
    world: writer.world,
  };
  return { section, standing: next };
}

/** Objects that the migration only reads stay unmanaged. */
function managedAfter({ managed }: LiveStates, schema: Schema, changes: readonly Change[]): Schema {
  let next: Schema = { ...managed, keyspace: schema.keyspace };
  for (const change of changes) {
    if (change.kind !== 'object') continue;
    next = change.after === null ? withoutObject(next, change.of, change.name) : withObject(next, change.after);
  }
  return next;
}

function firstKeyspace(writer: SectionWriter, changes: readonly Change[]): readonly Change[] {
  const wanted = changes.find((change) => change.kind === 'keyspace');
  createKeyspace(writer, wanted?.after ?? { kind: 'keyspace' });
  return [{ kind: 'keyspace', before: null, after: { ...writer.world.schema.keyspace, ...wanted?.after } }];
}

function withLateHazard(writer: SectionWriter, late: string): Section['steps'] {
  const [first, ...rest] = writer.steps;
  return first === undefined
    ? []
    : [{ ...first, hazards: [...first.hazards, lateHazard(first.address, late)] }, ...rest];
}

function noteUnplanned(scope: PlanScope, rest: readonly Migration[], stopped: Migration): void {
  if (rest.length === 0) return;
  scope.notices.push({
    code: 'NOT_PLANNED',
    severity: 'info',
    address: scope.input.live.name,
    message: `${listed(rest.map((one) => one.id))} ${rest.length === 1 ? 'is' : 'are'} not planned: ${stopped.id} comes first`,
    next: `Mend ${stopped.id}, then plan again.`,
  });
}

/** Replication comes from the configuration; that of an existing keyspace is changed by people, who repair it as well. */
function noteReplication({ input, notices }: PlanScope, sections: readonly Section[]): void {
  const { live, replication } = input;
  const alters = sections.some((section) => section.changes.some((change) => change.kind === 'keyspace'));
  const there = live.schema.keyspace.replication;
  if (!live.exists || there === undefined || replication === null || alters || replicationHolds(replication, there))
    return;
  const ddl: Ddl = { kind: 'alter-keyspace', settings: { kind: 'keyspace', replication } };
  const alter = emitDdl(ddl, { keyspace: live.name, tableId: null, dropTimestamp: null });
  notices.push({
    code: 'REPLICATION_DIFFERS',
    severity: 'warning',
    address: live.name,
    message: `the configuration wants replication ${canonicalJson(replication)}, the keyspace has ${canonicalJson(there)}`,
    next: `Correct the configuration; or run ${alter} by hand, then a full repair (nodetool repair -full) on every node.`,
  });
}
