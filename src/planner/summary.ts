import type { Change, KeyspaceChange } from '../model/change.ts';
import type { Ddl } from '../model/ddl.ts';
import type { Plan, PlanSummary, Section } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import { isSame, tableDifference } from './difference.ts';

/** What a plan comes to, in numbers. */
export function summaryOf(sections: readonly Section[], kind: Plan['kind']): PlanSummary {
  const steps = sections.flatMap((section) => section.steps);
  const changes = sections.flatMap((section) => section.changes.filter((change) => !onlyDrops(change, section)));
  const rebuilt = new Set(steps.filter((step) => step.class === 'rebuild').map(tableAddress));
  const objects = changes.filter((change) => change.kind === 'object');
  const rest = objects.filter((change) => !change.adopted);
  const gone = rest.filter((change) => change.after === null);
  const emptied = tablesLosingRows(steps).filter((table) => !gone.some(({ name }) => name === table));
  const keyspaces = sections.flatMap((section) => (altersKeyspace(section) ? section.changes.filter(isKeyspace) : []));
  const kept = changes.filter(isKeyspace).length - keyspaces.length;
  const backups = steps.filter((step) => step.work.kind === 'backup');
  return {
    add: [...keyspaces, ...rest].filter((change) => change.before === null).length,
    change: [...keyspaces, ...rest].filter((change) => change.before !== null && change.after !== null).length,
    rebuild: rebuilt.size,
    destroy: gone.length + columnsDropped(steps) + emptied.length,
    adopt: kind === 'apply' ? objects.length - rest.length + kept : 0,
    data: steps.filter((step) => step.work.kind === 'data').length,
    backups: backups.length,
    backupBytes: bytesOf(backups),
  };
}

function isKeyspace(change: Change): change is KeyspaceChange {
  return change.kind === 'keyspace';
}

/** Settings that the keyspace has already need no step: they only become managed. */
function altersKeyspace({ steps }: Section): boolean {
  return steps.some(({ work }) => work.kind === 'ddl' && keyspaceDdl.includes(work.ddl.kind));
}
const keyspaceDdl: readonly Ddl['kind'][] = ['create-keyspace', 'alter-keyspace'];

/**
 * Tables that stay, but lose rows or values that were written since: a rollback drops and refills them, or restores
 * them to what they were. The rebuilds of an apply bring all rows over and are counted by themselves.
 */
function tablesLosingRows(steps: readonly Step[]): readonly string[] {
  const made = new Set<string>();
  const losing = new Set<string>();
  for (const { work, class: of, hazards } of steps) {
    if (work.kind === 'restore' && work.mode === 'exact') losing.add(work.scope.table.name);
    if (work.kind !== 'ddl' || of === 'rebuild') continue;
    if (work.ddl.kind === 'create-table') made.add(work.ddl.table.name);
    const loses = hazards.some(({ code }) => code === 'DATA_LOSS');
    if (work.ddl.kind === 'drop-table' && loses && !made.has(work.ddl.name)) losing.add(work.ddl.name);
  }
  return [...losing];
}

/** A table that only loses columns is counted by its drops. */
function onlyDrops(change: Change, { steps }: Section): boolean {
  if (change.kind !== 'object' || change.before?.kind !== 'table' || change.after?.kind !== 'table') return false;
  const { dropped, ...rest } = tableDifference(change.before, change.after, change.renamed);
  const drops = steps.filter(({ work }) => dropsFrom(work) === change.name);
  return drops.length > 0 && columnsDropped(drops) === dropped.length && isSame({ ...rest, dropped: [] });
}

/** A rebuild has many steps, all of them about one table. */
function tableAddress({ address }: Step): string {
  return address.split('.').slice(0, 2).join('.');
}

function columnsDropped(steps: readonly Step[]): number {
  return steps.reduce(
    (sum, { work }) => sum + (work.kind === 'ddl' && work.ddl.kind === 'drop-columns' ? work.ddl.columns.length : 0),
    0,
  );
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
