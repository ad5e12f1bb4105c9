import type { Session } from '../../app/session.ts';
import { exitCodes } from '../../kernel/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { approve } from '../ask.ts';
import { type AnyCommand, command, type Given, projectOptions } from '../command.ts';
import type { Output } from '../output.ts';
import { movingRows } from '../project.ts';
import { run } from './apply.ts';
import { backupStore } from './planning-options.ts';
import { runOptions } from './run-options.ts';

const options = {
  ...projectOptions,
  ...runOptions,
  'backup-store': backupStore,
  'schema-only': { type: 'boolean', default: false, describe: 'Record data steps as skipped, run the rest' },
  leave: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Address of a change that cannot be undone and may stay; repeatable',
  },
} as const;
type Flags = Given<typeof options>;

export const redoCommand: AnyCommand = command({
  usage: 'redo',
  summary: 'Take the newest migration back and apply its edited file; for development, refused where protected',
  options,
  examples: [['redo', 'After an edit of the newest migration']],
  run: (flags, output) =>
    movingRows(flags, { output, events: true }, async (session) => {
      const { prepareRedo } = await import('../../app/redo.ts');
      const { id } = await prepareRedo(session);
      const { planRollbackOrUnfinished } = await import('../../app/rollback.ts');
      const back = await planRollbackOrUnfinished(session, {
        to: null,
        leave: flags.leave,
        backupStore: flags['backup-store'],
      });
      await runOne(back, { session, flags, output });
      const { planMigrations } = await import('../../app/plan.ts');
      const again = await planMigrations(session, {
        to: id,
        schemaOnly: flags['schema-only'],
        noBackup: [],
        check: true,
        backupStore: flags['backup-store'],
      });
      await runOne(again, { session, flags, output });
      if (!output.json) output.err(`\n${output.paint.good('Done again.')} Next: \`cqlform status\``);
      return exitCodes.fine;
    }),
});

async function runOne(
  plan: Plan,
  { session, flags, output }: { readonly session: Session; readonly flags: Flags; readonly output: Output },
): Promise<void> {
  const [{ planText }, { applyPlan, assertApplyable }] = await Promise.all([
    import('../view/plan-text.ts'),
    import('../../app/apply.ts'),
  ]);
  if (!output.json) output.err(planText(plan, output.paint));
  assertApplyable(plan);
  const approval = {
    autoApprove: flags['auto-approve'],
    allowed: flags['allow-destructive'],
    keep: null,
  };
  const consented = await approve(plan, approval, output);
  await run(output, flags, consented, (runOptions) => applyPlan(plan, session, runOptions));
}
