import { match } from '../kernel/match.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { Ddl } from '../model/ddl.ts';
import type { BackupReference } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { type Notice, type Plan, planFormat, type Section } from '../model/plan.ts';
import type { Step, Work } from '../model/step.ts';
import { reversedChanges } from './apply-changes.ts';
import { ddlTitle } from './ddl-words.ts';
import { driftOf } from './drift.ts';
import { fingerprintOf } from './fingerprint.ts';
import { holds } from './holds.ts';
import type { RollbackInput, TakeBack } from './input.ts';
import { addressOf, freeName, listed, slugOf } from './names.ts';
import { sealPlan } from './plan-hash.ts';
import { refusal } from './rules/refusal.ts';
import { columnOf } from './schema-objects.ts';
import { summaryOf } from './summary.ts';
import { touchedAddresses, workTouches } from './touched.ts';
import { undoStep, workTitle } from './undo-step.ts';
import { afterDdl, type World, worldOf } from './world.ts';

/**
 * The plan that takes migrations back, newest first, by the reverses that their own plans compiled. What cannot be taken
 * back, or no longer fits the cluster, is a notice of severity `error`.
 */
export function planRollback(input: RollbackInput): Plan {
  const scope: RollbackScope = { input, notices: [], backups: {}, world: worldOf(input.live) };
  const sections = input.takeBack.map((one) => takeBackOne(scope, one));
  noteRecreated(scope, sections);
  const { live } = input;
  return sealPlan({
    format: planFormat,
    tool: input.toolVersion,
    kind: 'rollback',
    id: input.planId,
    target: { cluster: live.cluster, keyspace: live.name, version: live.version.text, environment: input.environment },
    fingerprint: fingerprintOf(touchedAddresses(sections, live.name), live, input.ledgerHead),
    source: { gitCommit: input.gitCommit, sumHead: input.sumHead },
    sections,
    drift: input.recorded === null ? [] : driftOf(input.recorded, live),
    notices: scope.notices,
    backups: scope.backups,
    summary: summaryOf(sections, 'rollback'),
    applyable: scope.notices.every((notice) => notice.severity !== 'error'),
  });
}

interface RollbackScope {
  readonly input: RollbackInput;
  readonly notices: Notice[];
  readonly backups: Record<string, BackupReference>;
  /** Follows the steps, as in an apply plan. */
  world: World;
}

function takeBackOne(scope: RollbackScope, takeBack: TakeBack): Section {
  const { section } = takeBack;
  const done = new Set(takeBack.done);
  const undone = section.steps.filter((step) => done.has(step.id)).toReversed();
  const undos = withoutPairs(undone.flatMap((step) => worksOf(scope, step).map((work): Undo => ({ step, work }))));
  const ids = new Set<string>();
  const steps = undos.flatMap((undo): readonly Step[] => {
    const step = planUndo(scope, undo, { takeBack, ids });
    return step === null ? [] : [step];
  });
  return { ...section, changes: reversedChanges(section.changes), steps, skippedData: [], late: null };
}

/** A table of another id is another table: what the steps would undo was done to one that is gone. */
function noteRecreated({ input, notices }: RollbackScope, sections: readonly Section[]): void {
  const { live, recorded } = input;
  const works = sections.flatMap(({ steps }) => steps.map((step) => step.work));
  const tables = new Set(works.flatMap(workTouches).map((name) => tableUnder(live.schema, name)));
  for (const table of tables) {
    const [was, is] = [own(recorded?.tableIds ?? {}, table), own(live.facts, table)?.id];
    if (was === undefined || is === undefined || was === is) continue;
    const address = addressOf(live.name, table);
    notices.push({
      code: 'DRIFT_IN_THE_WAY',
      severity: 'error',
      address,
      message: `table ${table} was dropped and created again by hand: its id is ${is}, recorded is ${was}`,
      next: `Bring back by hand what was in it; or, if it shall count as the recorded one, run \`cqlform resolve --accept ${address}\` and plan the rollback again.`,
    });
  }
}

/** What an index or a view stands on; else the name itself. */
function tableUnder({ indexes, views }: LiveKeyspace['schema'], name: string): string {
  return own(indexes, name)?.table ?? own(views, name)?.table ?? name;
}

interface Undo {
  readonly step: Step;
  readonly work: Work;
}

function worksOf(scope: RollbackScope, step: Step): readonly Work[] {
  return match(step.reverse, {
    none: () => [],
    steps: ({ steps }) => steps,
    irreversible: ({ reason }) => {
      const left = isLeft(scope, step);
      scope.notices.push({
        code: left ? 'LEFT_IN_PLACE' : 'IRREVERSIBLE',
        severity: left ? 'warning' : 'error',
        address: step.address,
        message: `${step.title} ${left ? 'stays' : 'cannot be taken back'}: ${reason}`,
        next: left
          ? 'Mend it by hand if it matters.'
          : `Leave it as it is with --leave=${step.address}, and take back the rest.`,
      });
      return [];
    },
  });
}

function isLeft({ input }: RollbackScope, step: Step): boolean {
  return input.leave.includes(step.address) || input.leave.includes(step.id);
}

/** A table or view that would be made only to be dropped again, untouched between, is not made. */
function withoutPairs(undos: readonly Undo[]): readonly Undo[] {
  const useless = new Set<Undo>();
  for (const [at, undo] of undos.entries()) {
    const made = undo.work.kind === 'ddl' ? madeBy(undo.work.ddl) : null;
    if (made === null) continue;
    const next = undos.slice(at + 1).find(({ work }) => workTouches(work).includes(made.name));
    if (next?.work.kind === 'ddl' && next.work.ddl.kind === made.undoneBy) useless.add(undo).add(next);
  }
  return undos.filter((undo) => !useless.has(undo));
}

function madeBy(ddl: Ddl): { readonly name: string; readonly undoneBy: Ddl['kind'] } | null {
  if (ddl.kind === 'create-table') return { name: ddl.table.name, undoneBy: 'drop-table' };
  return ddl.kind === 'create-view' ? { name: ddl.view.name, undoneBy: 'drop-view' } : null;
}

interface UndoContext {
  readonly takeBack: TakeBack;
  readonly ids: Set<string>;
}

/** The step, or null where there is nothing left to do or something stands in the way, which a notice tells. */
function planUndo(scope: RollbackScope, { step, work }: Undo, { takeBack, ids }: UndoContext): Step | null {
  if (work.kind === 'ddl' && !canRun(scope, step, work)) return null;
  if (work.kind === 'restore' && !hasBackup(scope, work.label, { step, takeBack })) return null;
  const left = work.kind === 'backup' ? stillThere(scope, work) : work;
  if (left === null) return null;
  const number = /^\d+/.exec(step.id.slice(takeBack.section.migration.length + 1))?.[0] ?? '00';
  const wanted = `${takeBack.section.migration}/undo-${number}-${slugOf(workTitle(left))}`;
  const id = freeName(wanted, (name) => ids.has(name));
  ids.add(id);
  const backsUp = step.reverse.kind === 'steps' && step.reverse.steps.some((one) => one.kind === 'backup');
  return undoStep(left, { id, undoes: step.title, live: scope.input.live, backsUp });
}

/** Follows the statement in the world. A drift that did its work already is passed over; any other is in the way. */
function canRun(
  scope: RollbackScope,
  step: Step,
  { ddl, pre, post }: Extract<Work, { readonly kind: 'ddl' }>,
): boolean {
  const { world } = scope;
  const live = { exists: world.exists, schema: world.schema };
  const broken = pre.map((condition) => holds(condition, live)).filter((words) => words !== null);
  if (broken.length > 0 && post.every((condition) => holds(condition, live) === null)) {
    note(scope, step, {
      code: 'ALREADY_SO',
      severity: 'info',
      message: `${ddlTitle(ddl)}: nothing to do, ${listed(broken)}`,
      next: 'Look at `cqlform drift` if you did not expect it.',
    });
    return false;
  }
  const refused = broken.length > 0 ? null : refusal(world, ddl);
  scope.world = afterDdl(world, ddl);
  if (broken.length === 0 && refused === null) return true;
  note(scope, step, {
    code: refused?.code ?? 'DRIFT_IN_THE_WAY',
    severity: 'error',
    message: `${ddlTitle(ddl)}: ${refused?.message ?? listed(broken)}`,
    next:
      refused?.next ?? 'Look at `cqlform drift`, undo by hand what was changed by hand, and plan the rollback again.',
  });
  return false;
}

function hasBackup(
  scope: RollbackScope,
  label: string,
  { step, takeBack }: { readonly step: Step; readonly takeBack: TakeBack },
): boolean {
  const backup = own(takeBack.backups, label);
  if (backup !== undefined) {
    setOwn(scope.backups, label, backup);
    return true;
  }
  const left = isLeft(scope, step);
  note(scope, step, {
    code: 'BACKUP_MISSING',
    severity: left ? 'warning' : 'error',
    message: `the backup ${label}, which would bring it back, is not recorded`,
    next: left
      ? 'What was in it stays away.'
      : `See \`cqlform backup list\`; or go without what was in it by --leave=${step.address}.`,
  });
  return false;
}

/** A backup of what is about to go, without the columns that are gone already. */
function stillThere({ world }: RollbackScope, work: Extract<Work, { readonly kind: 'backup' }>): Work | null {
  const table = own(world.schema.tables, work.scope.table.name);
  if (table === undefined) return null;
  if (work.scope.columns === null) return { ...work, scope: { table, columns: null } };
  const columns = work.scope.columns.filter((name) => columnOf(table, name) !== undefined);
  return columns.length === 0 ? null : { ...work, scope: { table, columns } };
}

function note(scope: RollbackScope, step: Step, notice: Omit<Notice, 'address'>): void {
  const message = `${step.id}: ${notice.message}`;
  scope.notices.push({ ...notice, address: step.address, message });
}
