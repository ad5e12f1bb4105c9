import { emitDdl } from '../cql/ddl.ts';
import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import type { Ddl } from '../model/ddl.ts';
import type { Hazard } from '../model/hazard.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Step, StepClass, TableScope, Work } from '../model/step.ts';
import { markerInferred } from './backups.ts';
import { ddlObject, ddlTitle } from './ddl-words.ts';
import { estimateOf } from './estimates.ts';
import { breaksReaders, counterQuiesce, hazard, indexBuild, quiesceWriters, viewRebuild } from './hazards.ts';
import { addressOf, listed } from './names.ts';
import { isCounterTable } from './schema-objects.ts';

export interface UndoOptions {
  readonly id: string;
  /** The title of the step that is taken back. */
  readonly undoes: string;
  readonly live: LiveKeyspace;
  /** Whether the reverse backs up what it drops; a staging table holds nothing of its own. */
  readonly backsUp: boolean;
}

/** One work of a reverse as a step of a rollback. */
export function undoStep(work: Work, { id, undoes, live, backsUp }: UndoOptions): Step {
  const object = objectOfWork(work);
  const address = object === '' ? live.name : addressOf(live.name, object);
  const cql = work.kind === 'ddl' ? emitDdl(work.ddl, { keyspace: live.name, tableId: null, dropTimestamp: null }) : '';
  return {
    id,
    address,
    work,
    class: classes[work.kind],
    title: workTitle(work),
    why: `takes back: ${undoes}`,
    cql,
    hazards: hazardsOf(work, address, backsUp),
    // A rollback is asked for by name, and what it drops is backed up before.
    consent: null,
    reverse: { kind: 'none', why: undoOf(work) },
    estimate: estimateOf(work, own(live.estimates, object.split('.')[0] ?? '')),
  };
}

/** What brings back what an undo step takes away. */
function undoOf(work: Work): string {
  if (work.kind === 'backup') return 'a backup changes nothing; it is kept';
  const loses =
    (work.kind === 'ddl' && (work.ddl.kind === 'drop-table' || work.ddl.kind === 'drop-columns')) ||
    (work.kind === 'restore' && work.mode === 'exact');
  const again = 'apply the migration again';
  return loses ? `${again}; what was written since stays in the backup before (\`cqlform backup restore\`)` : again;
}

const classes: Readonly<Record<Work['kind'], StepClass>> = {
  ddl: 'in-place',
  backup: 'backup',
  restore: 'copy',
  data: 'copy',
  'copy-table': 'copy',
  compare: 'verify',
  wait: 'wait',
};

/** `restore users.nickname`, `back up users`. */
export function workTitle(work: Work): string {
  return match(work, {
    ddl: ({ ddl }) => ddlTitle(ddl),
    backup: ({ scope }) => `back up ${scopeText(scope)}`,
    restore: ({ scope }) => `restore ${scopeText(scope)}`,
    data: ({ data }) => `${data.kind} ${data.from.name} → ${data.into}`,
    'copy-table': ({ from, into }) => `copy ${from.name} to ${into.name}`,
    compare: ({ from, into }) => `compare ${from.name} with ${into.name}`,
    wait: (wait) => `wait until index ${wait.for.index} is built`,
  });
}

function scopeText({ table, columns }: TableScope): string {
  return columns === null ? table.name : listed(columns.map((column) => `${table.name}.${column}`));
}

function objectOfWork(work: Work): string {
  const scoped = ({ table, columns }: TableScope): string =>
    columns?.length === 1 ? `${table.name}.${columns[0]}` : table.name;
  return match(work, {
    ddl: ({ ddl }) => ddlObject(ddl),
    backup: ({ scope }) => scoped(scope),
    restore: ({ scope }) => scoped(scope),
    data: ({ into }) => into.name,
    'copy-table': ({ into }) => into.name,
    compare: ({ into }) => into.name,
    wait: (wait) => wait.for.index,
  });
}

function hazardsOf(work: Work, address: string, backsUp: boolean): readonly Hazard[] {
  if (work.kind === 'ddl') return dropsStaging(work.ddl, backsUp) ? [] : ddlHazards(work.ddl, address, backsUp);
  if (work.kind === 'backup') return isCounterTable(work.scope.table) ? [counterQuiesce(address)] : [];
  if (work.kind === 'copy-table') return [quiesceWriters(address, 'the new table')];
  if (work.kind !== 'restore') return [];
  if (isCounterTable(work.scope.table)) return [counterQuiesce(address)];
  const marker = work.scope.columns === null ? [markerInferred(address)] : [];
  return work.mode === 'exact' ? [...marker, overwrites(address)] : marker;
}

function dropsStaging(ddl: Ddl, backsUp: boolean): boolean {
  return ddl.kind === 'drop-table' && !backsUp;
}

function overwrites(address: string): Hazard {
  return hazard(
    'OVERWRITES_ROWS',
    address,
    'The table becomes what it was before the migration: what the application wrote there since is overwritten.',
  );
}

function ddlHazards(ddl: Ddl, address: string, backsUp: boolean): readonly Hazard[] {
  switch (ddl.kind) {
    case 'drop-table':
    case 'drop-columns':
      return [
        hazard('DATA_LOSS', address, 'What is in it goes away; the backup before keeps it.'),
        breaksReaders(address, ddl.kind === 'drop-table' ? ddl.name : listed(ddl.columns.map((column) => column.name))),
      ];
    case 'rename-columns':
    case 'rename-fields':
      return [breaksReaders(address, listed(Object.keys(ddl.renames)))];
    case 'drop-index':
    case 'drop-view':
    case 'drop-type':
      return [breaksReaders(address, ddl.name)];
    case 'drop-function':
    case 'drop-aggregate':
      return [breaksReaders(address, ddl.signature)];
    case 'create-table':
      return backsUp ? [] : [hazard('GRANTS_LOST', address, 'It comes back without its grants: grant them again.')];
    case 'create-index':
      return [indexBuild(address)];
    case 'create-view':
      return [viewRebuild(address, ddl.view.name)];
    default:
      return [];
  }
}
