import { relative } from 'node:path';
import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { inSession } from '../project.ts';

export const rebaseCommand: AnyCommand = command({
  usage: 'rebase <file>',
  summary: 'Give a migration that is not applied yet a time after all others, when another branch came first',
  positionals: { file: { type: 'string', describe: 'Its file or its name' } },
  options: projectOptions,
  examples: [['rebase migrations/20261122093000_movies_by_genre.ts', 'After a merge']],
  run: (flags, output) =>
    inSession(flags, async (session) => {
      const { rebase } = await import('../../app/rebase.ts');
      const report = await rebase(session, word(flags, 'file') ?? '');
      if (output.json) output.out(JSON.stringify(report));
      else if (report.from === report.to) output.out(`${report.from} is the newest already: nothing was changed.`);
      else output.out(`${report.from} → ${relative(process.cwd(), report.path)}`);
      for (const { code, reason, fix } of output.json ? [] : report.problems) {
        output.err(`${output.paint.fail(`error[${code}]`)} ${reason}\n  → ${fix}`);
      }
      if (!output.json) {
        output.err(
          report.problems.length === 0 ? 'Next: `cqlform plan`' : 'Next: mend these, then `cqlform check --fix`.',
        );
      }
      return report.problems.length === 0 ? exitCodes.fine : exitCodes.error;
    }),
});
