import type { Change } from '../model/change.ts';
import type { PlanSummary, Section } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import { isSame, tableDifference } from './difference.ts';

/** What a plan comes to, in numbers. */
export function summaryOf(sections: readonly Section[]): PlanSummary {
  const steps = sections.flatMap((section) => section.steps);
  const changes = sections.flatMap((section) => section.changes.filter((change) => !onlyDrops(change, section)));
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

/** A table that only loses columns is counted by its drops. */
function onlyDrops(change: Change, { steps }: Section): boolean {
  if (change.kind !== 'object' || change.before?.kind !== 'table' || change.after?.kind !== 'table') return false;
  const { dropped, ...rest } = tableDifference(change.before, change.after, change.renamed);
  const drops = steps.filter(({ work }) => dropsFrom(work) === change.name);
  return drops.length > 0 && drops.length === dropped.length && isSame({ ...rest, dropped: [] });
}

/** A rebuild has many steps, all of them about one table. */
function tableAddress({ address }: Step): string {
  return address.split('.').slice(0, 2).join('.');
}

function dropsColumns({ work }: Step): boolean {
  return dropsFrom(work) !== null;
}

/** The table whose columns are dropped. */
function dropsFrom(work: Step['work']): string | null {
  return work.kind === 'ddl' && work.ddl.kind === 'drop-columns' ? work.ddl.table : null;
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
