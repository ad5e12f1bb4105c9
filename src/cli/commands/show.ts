import { exitCodes } from '../../kernel/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { inSession } from '../project.ts';
import { show } from './plan.ts';

export const showCommand: AnyCommand = command({
  usage: 'show <plan>',
  summary: 'Print a plan file, or the plan that a run or a migration was run by',
  positionals: { plan: { type: 'string', demandOption: true, describe: 'File, run id or migration id' } },
  options: {
    ...projectOptions,
    format: { choices: ['text', 'markdown', 'json'] as const, default: 'text' as const, describe: 'How to print it' },
  },
  examples: [
    ['show plan.json', 'A plan that was kept'],
    ['show 20261122093000_movies_by_genre', 'The plan by which this migration was applied'],
  ],
  run: async (flags, output) => {
    const name = word(flags, 'plan') ?? '';
    const { readPlan, storedPlan } = await import('../../app/show.ts');
    const isFile = name.endsWith('.json') || name.includes('/');
    const plan: Plan = isFile ? await readPlan(name) : await inSession(flags, (session) => storedPlan(session, name));
    await show(plan, output, { format: flags.json ? 'json' : flags.format, file: isFile ? name : null });
    return exitCodes.fine;
  },
});
