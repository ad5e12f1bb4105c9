import { exitCodes } from '../../kernel/errors.ts';
import { approve } from '../ask.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { movingRows } from '../project.ts';
import { run } from './apply.ts';
import { keep, show } from './plan.ts';
import { backupStore } from './planning-options.ts';
import { runOptions } from './run-options.ts';

export const rollbackCommand: AnyCommand = command({
  usage: 'rollback',
  summary: 'Take the newest migration back, data included; also one that stopped half-way',
  options: {
    ...projectOptions,
    ...runOptions,
    'backup-store': backupStore,
    to: { type: 'string', describe: 'Take back everything newer than this migration; `0` takes back all' },
    plan: { type: 'boolean', default: false, describe: 'Only show the rollback plan' },
    out: { type: 'string', describe: 'Write the rollback plan to this file, for `cqlform apply FILE`; runs nothing' },
    format: {
      choices: ['text', 'markdown', 'json'] as const,
      default: 'text' as const,
      describe: 'How --plan prints it',
    },
    leave: {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Address of a change that cannot be undone and may stay; repeatable',
    },
  },
  examples: [
    ['rollback --plan', 'What taking back the newest migration would do'],
    ['rollback', 'Show it, ask, run it'],
    ['rollback --to 20261122093000_movies_by_genre --auto-approve', 'Back to the state after that migration'],
  ],
  run: (flags, output) =>
    movingRows(flags, { output, events: true }, async (session) => {
      const { planRollbackOrUnfinished } = await import('../../app/rollback.ts');
      const plan = await planRollbackOrUnfinished(session, {
        to: flags.to ?? null,
        leave: flags.leave,
        backupStore: flags['backup-store'],
      });
      if (flags.out !== undefined) await keep(plan, flags.out);
      if (flags.plan || flags.out !== undefined) {
        await show(plan, output, { format: flags.json ? 'json' : flags.format, file: flags.out });
        return plan.applyable ? exitCodes.fine : exitCodes.blocked;
      }
      if (!output.json) output.err((await import('../view/plan-text.ts')).planText(plan, output.paint));
      const { applyPlan, assertApplyable } = await import('../../app/apply.ts');
      assertApplyable(plan);
      const to = flags.to === undefined ? '' : ` --to ${flags.to}`;
      const approval = {
        autoApprove: flags['auto-approve'],
        allowed: flags['allow-destructive'],
        keep: `cqlform rollback${to} --out plan.json`,
      };
      const consented = await approve(plan, approval, output);
      await run(output, flags, consented, (options) => applyPlan(plan, session, options));
      if (!output.json) output.err(`\n${output.paint.good('Rolled back.')} Next: \`cqlform status\``);
      return exitCodes.fine;
    }),
});
