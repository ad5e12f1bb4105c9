import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { projectOf } from '../project.ts';
import { checkText, nextAfterCheck } from '../view/check.ts';

export const checkCommand: AnyCommand = command({
  usage: 'check',
  summary: 'Look at the migration files: types, pure row functions, cqlform.sum, schema.ts; no cluster is needed',
  options: {
    ...projectOptions,
    fix: {
      type: 'boolean',
      default: false,
      describe: 'Mend what is mechanical: schema.ts, cqlform.sum, a missing return before skip or reject',
    },
  },
  examples: [
    ['check', 'In CI, and before a commit'],
    ['check --fix', 'After a migration was written or edited, or branches were merged'],
  ],
  run: async (flags, output) => {
    const project = await projectOf(flags);
    const { check } = await import('../../app/check.ts');
    const report = await check(project, { fix: flags.fix });
    output.out(output.json ? JSON.stringify(report) : checkText(report, output.paint));
    if (!output.json) output.err(nextAfterCheck(report));
    return report.diagnostics.some((one) => one.severity === 'error') ? exitCodes.error : exitCodes.fine;
  },
});
