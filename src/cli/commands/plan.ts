import { type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { deviations } from '../../model/change.ts';
import type { Plan } from '../../model/plan.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import type { Output } from '../output.ts';
import { inSession } from '../project.ts';
import { mentionRunner } from '../view/lease.ts';
import { planningFlags, planningOptions } from './planning-options.ts';

export const planCommand: AnyCommand = command({
  usage: 'plan',
  aliases: ['diff'],
  summary: 'Show what apply would do, step by step, and change nothing',
  options: {
    ...projectOptions,
    ...planningOptions,
    out: { type: 'string', describe: 'Write the plan to this file, for `cqlform apply FILE`' },
    format: { choices: ['text', 'markdown', 'json'] as const, default: 'text' as const, describe: 'How to print it' },
    'detailed-exitcode': {
      type: 'boolean',
      default: false,
      describe: 'Exit 2 when there is something to apply, or drift',
    },
  },
  examples: [
    ['plan', 'What would be done now'],
    ['plan --out plan.json --detailed-exitcode', 'In CI: keep the plan, exit 2 when there are changes'],
    ['plan --format markdown', 'For a pull-request comment'],
  ],
  run: async (flags, output) => {
    const plan = await inSession(flags, async (session) => {
      const { planMigrations } = await import('../../app/plan.ts');
      const made = await planMigrations(session, planningFlags(flags));
      await mentionRunner(session, output);
      return made;
    });
    if (flags.out !== undefined) await keep(plan, flags.out);
    await show(plan, output, { format: flags.json ? 'json' : flags.format, file: flags.out });
    return exitCodeOf(plan, flags['detailed-exitcode']);
  },
});

/** Writes a plan to a file. Throws `FILE_UNWRITABLE`. */
export async function keep(plan: Plan, path: string): Promise<void> {
  const { writePlan } = await import('../../app/show.ts');
  await writePlan(plan, path);
}

export interface ShowOptions {
  readonly format: 'text' | 'markdown' | 'json';
  /** Where the plan lies, so that the next command can name it; null: in the past, with nothing to do next. */
  readonly file: string | undefined | null;
}

/** Prints a plan to stdout in the format asked for, and the next command to stderr. */
export async function show(plan: Plan, output: Output, { format, file }: ShowOptions): Promise<void> {
  if (format === 'json') output.out(JSON.stringify(plan));
  else if (format === 'markdown') output.out((await import('../view/plan-markdown.ts')).planMarkdown(plan));
  else output.out((await import('../view/plan-text.ts')).planText(plan, output.paint));
  if (output.json || file === null) return;
  const { nextAfterPlan } = await import('../view/next.ts');
  output.err(nextAfterPlan(plan, file));
}

function exitCodeOf(plan: Plan, detailed: boolean): ExitCode {
  if (!plan.applyable) return exitCodes.blocked;
  const open = plan.sections.length > 0 || deviations(plan.drift).length > 0;
  return detailed && open ? exitCodes.changes : exitCodes.fine;
}
