import { setOwn } from '../kernel/own.ts';
import type { Migration } from '../model/migration.ts';
import type { Plan, Section } from '../model/plan.ts';
import type { Footprint } from '../planner/footprint.ts';
import type { AppliedAfter, ApplyInput } from '../planner/input.ts';
import { nounOf } from '../planner/names.ts';
import type { Standing } from '../runner/standing.ts';
import type { Session } from './session.ts';

/** Files that sort before something applied, with what was applied after them. */
export async function lateAgainst(
  { journal }: Session,
  standing: Standing,
  pending: readonly Migration[],
): Promise<ApplyInput['appliedAfter']> {
  const late: Record<string, readonly AppliedAfter[]> = {};
  for (const { id } of pending) {
    const after = standing.applied.filter((entry) => entry.id > id && entry.status === 'applied');
    const plans = await Promise.all(after.map((entry) => journal.getDocument(entry.planHash)));
    const sections = plans
      .flatMap((plan) => (plan as Plan).sections)
      .filter((one) => after.some((entry) => entry.id === one.migration));
    if (sections.length > 0)
      setOwn(
        late,
        id,
        sections.map((section) => ({ migration: section.migration, footprint: footprintOfSection(section) })),
      );
  }
  return late;
}

/** From what was run, because the file may not be in this checkout. */
function footprintOfSection(section: Section): Footprint {
  const changed = section.changes.map((change) =>
    change.kind === 'object' ? `${nounOf(change.of)} ${change.name}` : 'keyspace',
  );
  const data = section.steps.flatMap(({ work }) => (work.kind === 'data' ? [work.data] : []));
  const table = nounOf('table');
  const writes = [...changed, ...data.map((one) => `${table} ${one.into}`)];
  const reads = data.filter((one) => one.from.kind === 'table').map((one) => `${table} ${one.from.name}`);
  return { writes: [...new Set(writes)], reads: [...new Set(reads)] };
}
