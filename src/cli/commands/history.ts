import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';

export const historyCommand: AnyCommand = command({
  usage: 'history',
  summary: 'Every run and its steps, oldest first',
  options: { ...projectOptions, steps: { type: 'boolean', default: false, describe: 'Show the steps of each run' } },
  examples: [['history --steps', 'What was run, by whom, and how each step ended']],
  run: async (flags, output) => {
    const runs = await inSession(flags, async (session) => {
      const { history } = await import('../../app/history.ts');
      return history(session);
    });
    const { historyText } = await import('../view/history.ts');
    output.out(output.json ? JSON.stringify(runs) : historyText(runs, flags.steps, output.paint));
    if (!output.json) output.err('Next: `cqlform show RUN` prints the plan of a run.');
    return exitCodes.fine;
  },
});
