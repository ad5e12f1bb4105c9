import type { PlanSummary, Section } from '../model/plan.ts';
import type { Step } from '../model/step.ts';

/** What a plan comes to, in numbers. */
export function summaryOf(sections: readonly Section[]): PlanSummary {
  const steps = sections.flatMap((section) => section.steps);
  const changes = sections.flatMap((section) => section.changes);
  const rebuilt = new Set(steps.filter((step) => step.class === 'rebuild').map(tableAddress));
  const objects = changes.filter((change) => change.kind === 'object');
  const rest = objects.filter((change) => !change.adopted);
  const keyspaces = changes.filter((change) => change.kind === 'keyspace');
  const backups = steps.filter((step) => step.work.kind === 'backup');
  return {
    add: [...keyspaces, ...rest].filter((change) => change.before === null).length,
    change: [...keyspaces, ...rest].filter((change) => change.before !== null && change.after !== null).length,
    rebuild: rebuilt.size,
    destroy: rest.filter((change) => change.after === null).length + steps.filter(dropsColumns).length,
    adopt: objects.length - rest.length,
    data: steps.filter((step) => step.work.kind === 'data').length,
    backups: backups.length,
    backupBytes: bytesOf(backups),
  };
}

/** A rebuild has many steps, all of them about one table. */
function tableAddress({ address }: Step): string {
  return address.split('.').slice(0, 2).join('.');
}

function dropsColumns({ work }: Step): boolean {
  return work.kind === 'ddl' && work.ddl.kind === 'drop-columns';
}

/** Null as soon as one of them is unknown: a sum of the others would pass for the whole. */
function bytesOf(steps: readonly Step[]): number | null {
  let total = 0;
  for (const { estimate } of steps) {
    if (estimate.bytes === null) return null;
    total += estimate.bytes;
  }
  return total;
}
