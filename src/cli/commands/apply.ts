import type { Session } from '../../app/session.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { deviations } from '../../model/change.ts';
import type { Plan } from '../../model/plan.ts';
import { approve } from '../ask.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import type { Output } from '../output.ts';
import { movingRows } from '../project.ts';
import { untilSignalled } from '../signals.ts';
import { mentionRunner } from '../view/lease.ts';
import { type PlanningFlags, planningFlags, planningOptions } from './planning-options.ts';
import { type GivenRunFlags, runFlags, runOptions } from './run-options.ts';

export const applyCommand: AnyCommand = command({
  usage: 'apply [plan]',
  summary: 'Plan, show, ask, run; or run a stored plan; or go on with a run that stopped',
  positionals: { plan: { type: 'string', describe: 'A file that `plan --out` wrote' } },
  options: { ...projectOptions, ...planningOptions, ...runOptions },
  examples: [
    ['apply', 'Plan, show, ask, run'],
    ['apply plan.json', 'Run exactly this plan; refused when the keyspace has changed since'],
    ['apply --auto-approve --allow-destructive=shop.users.nickname', 'Without a terminal'],
  ],
  run: (flags, output) =>
    movingRows(flags, { output, events: true }, async (session) => {
      const file = word(flags, 'plan');
      if (file !== undefined) assertAsStored(file, planningFlags(flags));
      const plan = await planFor(session, file, planningFlags(flags));
      if (isEmpty(plan)) return nothingToDo(plan, session, output);
      const { applyPlan, assertApplyable, assertTarget } = await import('../../app/apply.ts');
      if (file !== undefined) await assertTarget(plan, session);
      if (!output.json) output.err((await import('../view/plan-text.ts')).planText(plan, output.paint));
      assertApplyable(plan);
      const approval = {
        autoApprove: flags['auto-approve'] || file !== undefined,
        allowed: flags['allow-destructive'],
        keep: 'cqlform plan --out plan.json',
      };
      const consented = await approve(plan, approval, output);
      try {
        await run(output, flags, consented, (options) => applyPlan(plan, session, options));
      } catch (thrown) {
        const now =
          file === undefined && wasOvertaken(thrown) ? await planFor(session, file, planningFlags(flags)) : null;
        if (now === null || !isEmpty(now)) throw thrown;
        return nothingToDo(now, session, output);
      }
      if (!output.json)
        output.err(
          plan.kind === 'apply'
            ? `\n${output.paint.good('Applied.')} Next: \`cqlform status\`; \`cqlform rollback\` takes it back.`
            : `\n${output.paint.good('Rolled back.')} Next: \`cqlform status\``,
        );
      return exitCodes.fine;
    }),
});

/** What shapes a plan comes too late for one that is stored. */
function assertAsStored(file: string, { to, schemaOnly, noBackup }: PlanningFlags): void {
  const given = [
    ...(to === null ? [] : ['--to']),
    ...(schemaOnly ? ['--schema-only'] : []),
    ...(noBackup.length === 0 ? [] : ['--no-backup']),
  ];
  if (given.length === 0) return;
  throw new CqlformError('USAGE', `${file} is run as it is: ${given.join(' and ')} would make another plan`, {
    next: `Leave ${given.join(' and ')} out, or make the plan with it: \`cqlform plan --out ${file}\`.`,
    exitCode: exitCodes.usage,
  });
}

/** Another run took the lease first; where it did the same work, nothing is left to do, which is no failure. */
function wasOvertaken(thrown: unknown): boolean {
  return thrown instanceof CqlformError && ['PLAN_ALREADY_APPLIED', 'STALE_PLAN'].includes(thrown.code);
}

type RunOptions = ReturnType<typeof runFlags>;

/** Shows a run and lets Ctrl-C stop it between two statements. */
export async function run(
  output: Output,
  flags: GivenRunFlags,
  consented: readonly string[],
  work: (options: RunOptions) => Promise<void>,
): Promise<void> {
  const { runView } = await import('../view/run.ts');
  const view = runView(output);
  try {
    await untilSignalled((signal) => work(runFlags(flags, consented, { emit: view, signal })));
  } finally {
    view.close();
  }
}

async function planFor(session: Session, file: string | undefined, flags: PlanningFlags): Promise<Plan> {
  if (file !== undefined) {
    const { readPlan } = await import('../../app/show.ts');
    return readPlan(file);
  }
  const { planOrUnfinished } = await import('../../app/plan.ts');
  return planOrUnfinished(session, flags);
}

/** True when nothing is pending; what is pending and cannot be planned has no section either. */
function isEmpty({ sections, applyable }: Plan): boolean {
  return sections.length === 0 && applyable;
}

async function nothingToDo(plan: Plan, session: Session, output: Output): Promise<typeof exitCodes.fine> {
  const drift = deviations(plan.drift).map((item) => item.address);
  if (output.json) output.out(JSON.stringify({ kind: 'nothing-to-do', keyspace: plan.target.keyspace, drift }));
  else output.err((await import('../view/plan-text.ts')).planText(plan, output.paint));
  await mentionRunner(session, output);
  return exitCodes.fine;
}
