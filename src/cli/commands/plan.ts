import { writeFile } from 'node:fs/promises';
import { type ExitCode, exitCodes } from '../../kernel/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import type { Output } from '../output.ts';
import { inSession } from '../project.ts';
import { nextAfterPlan } from '../view/next.ts';
import { planMarkdown } from '../view/plan-markdown.ts';
import { planText } from '../view/plan-text.ts';
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
    'detailed-exitcode': { type: 'boolean', default: false, describe: 'Exit 2 when there is something to apply' },
  },
  examples: [
    ['plan', 'What would be done now'],
    ['plan --out plan.json --detailed-exitcode', 'In CI: keep the plan, exit 2 when there are changes'],
    ['plan --format markdown', 'For a pull-request comment'],
  ],
  run: async (flags, output) => {
    const plan = await inSession(flags, async (session) => {
      const { planMigrations } = await import('../../app/plan.ts');
      return planMigrations(session, planningFlags(flags));
    });
    if (flags.out !== undefined) await keep(plan, flags.out);
    show(plan, output, flags.json ? 'json' : flags.format);
    if (!output.json) output.err(nextAfterPlan(plan, flags.out));
    return exitCodeOf(plan, flags['detailed-exitcode']);
  },
});

async function keep(plan: Plan, path: string): Promise<void> {
  const { planFileText } = await import('../../app/plan-file.ts');
  await writeFile(path, planFileText(plan));
}

/** Prints a plan to stdout in the format asked for. */
export function show(plan: Plan, output: Output, format: 'text' | 'markdown' | 'json'): void {
  if (format === 'json') output.out(JSON.stringify(plan));
  else if (format === 'markdown') output.out(planMarkdown(plan));
  else output.out(planText(plan, output.paint));
}

function exitCodeOf(plan: Plan, detailed: boolean): ExitCode {
  if (!plan.applyable) return exitCodes.blocked;
  return detailed && plan.sections.length > 0 ? exitCodes.changes : exitCodes.fine;
}
