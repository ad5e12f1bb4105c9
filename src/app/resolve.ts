import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { MigrationEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { Schema, SchemaObject } from '../model/schema.ts';
import { withObject, withoutObject } from '../planner/schema-objects.ts';
import type { StateDocument } from '../ports/journal.ts';
import { laterThan, type Standing, standingOf } from '../runner/standing.ts';
import { actorOf, newRunId } from './actor.ts';
import { type LeaseOptions, withLease } from './lease.ts';
import type { Session } from './session.ts';
import { driftNow, recordedState } from './status.ts';

/** Records managed objects as they are live, so that they are drift no longer. Gives the addresses that were accepted. */
export async function acceptDrift(
  session: Session,
  addresses: readonly string[],
  options: LeaseOptions,
): Promise<readonly string[]> {
  return withLease(session, options, async () => {
    const standing = standingOf(await session.journal.entries());
    const live = await session.cluster.describe(session.project.keyspace);
    const recorded = await recordedState(session, standing);
    const drift = (await driftNow(session, standing, live)).filter((item) => item.kind !== 'unmanaged');
    const wanted =
      addresses.length === 0 ? drift : drift.filter((item) => addresses.some((one) => isWithin(item.address, one)));
    const unknown = addresses.find((one) => !drift.some((item) => isWithin(item.address, one)));
    if (recorded === null || unknown !== undefined)
      throw noSuchDrift(
        unknown ?? addresses[0] ?? live.name,
        drift.map((item) => item.address),
      );
    const names = [...new Set(wanted.map((item) => objectName(item.address, live.name)))];
    const schema = names.reduce((so, name) => asLive(so, name, live), recorded.schema);
    const tableIds = Object.fromEntries(
      Object.keys(schema.tables).map((table) => [table, idOf(table, { names, recorded, live })]),
    );
    await record(session, standing, {
      state: { kind: 'state', schema, tableIds },
      reason: `accepted ${names.join(', ')} as found`,
    });
    return wanted.map((item) => item.address);
  });
}

function isWithin(address: string, wanted: string): boolean {
  return address === wanted || address.startsWith(`${wanted}.`);
}

function objectName(address: string, keyspace: string): string {
  return address.slice(keyspace.length + 1).split('.')[0] ?? address;
}

interface Accepted {
  readonly names: readonly string[];
  readonly recorded: StateDocument;
  readonly live: LiveKeyspace;
}

function idOf(table: string, { names, recorded, live }: Accepted): string {
  const now = own(live.facts, table)?.id ?? 'absent';
  return names.includes(table) ? now : (own(recorded.tableIds, table) ?? now);
}

/** The recorded schema with everything of this name as the cluster has it; gone when it is gone there. */
function asLive(schema: Schema, name: string, live: LiveKeyspace): Schema {
  const rooms = (of: Schema): readonly SchemaObject[] =>
    [of.types, of.tables, of.indexes, of.views, of.functions, of.aggregates].flatMap((room) =>
      Object.values<SchemaObject>(room),
    );
  const bare = rooms(schema)
    .filter((one) => one.name === name)
    .reduce((so, one) => withoutObject(so, one.kind, name), schema);
  return rooms(live.schema)
    .filter((one) => one.name === name)
    .reduce((so, one) => withObject(so, one), bare);
}

async function record(
  { journal, clock }: Session,
  standing: Standing,
  { state, reason }: { readonly state: StateDocument; readonly reason: string },
): Promise<void> {
  await journal.write({
    kind: 'state',
    id: newRunId(clock, standing),
    stateBefore: standing.head,
    stateAfter: await journal.putDocument(state),
    reason,
    actor: actorOf(),
    at: laterThan(standing, clock.now()),
  });
}

export type Mark = 'applied' | 'rolled-back';

/** Ends an unfinished run by a person's word: the migration counts as applied or as rolled back; nothing is run. */
export async function markMigration(
  session: Session,
  mark: { readonly id: string; readonly as: Mark },
  options: LeaseOptions,
): Promise<void> {
  await withLease(session, options, async () => {
    const { journal, clock } = session;
    const standing = standingOf(await journal.entries());
    const entry = standing.partial?.id === mark.id ? standing.partial : null;
    if (entry === null) throw notPartial(mark.id, standing.partial?.id ?? null);
    const { unfinished } = standing;
    if (unfinished !== null) {
      await journal.write({ ...unfinished, status: 'superseded', finishedAt: clock.now().toISOString() });
    }
    const live = await session.cluster.describe(session.project.keyspace);
    const stateAfter =
      mark.as === 'rolled-back' ? entry.stateBefore : await journal.putDocument(await liveState(session, entry, live));
    await journal.write({ ...entry, status: mark.as, stateAfter, at: laterThan(standing, clock.now()) });
  });
}

/** The recorded state with what the half-way migration changes as the cluster has it now. */
async function liveState({ journal }: Session, entry: MigrationEntry, live: LiveKeyspace): Promise<StateDocument> {
  const [before, plan] = await Promise.all([
    journal.getDocument(entry.stateBefore),
    journal.getDocument(entry.planHash),
  ]);
  const changes = (plan as Plan).sections.find((section) => section.migration === entry.id)?.changes ?? [];
  const names = changes.flatMap((change) =>
    change.kind === 'object' ? [change.after?.name ?? change.before?.name ?? change.name] : [],
  );
  const schema = names.reduce((so, name) => asLive(so, name, live), (before as StateDocument).schema);
  const tableIds = Object.fromEntries(
    Object.keys(schema.tables).map((table) => [table, own(live.facts, table)?.id ?? 'absent']),
  );
  return { kind: 'state', schema, tableIds };
}

function noSuchDrift(address: string, known: readonly string[]): CqlformError {
  return new CqlformError('NO_SUCH_DRIFT', `nothing at ${address} differs from what was recorded`, {
    next: known.length === 0 ? 'There is no drift: nothing to accept.' : `Drift is at ${known.join(', ')}.`,
    exitCode: exitCodes.usage,
  });
}

function notPartial(id: string, partial: string | null): CqlformError {
  return new CqlformError('NOT_HALF_WAY', `${id} is not half-way`, {
    next: partial === null ? 'No migration is: nothing to mark.' : `Half-way is ${partial}.`,
    exitCode: exitCodes.usage,
  });
}
