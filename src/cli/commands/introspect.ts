import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';
import { introspectText } from '../view/introspect.ts';

export const introspectCommand: AnyCommand = command({
  usage: 'introspect',
  aliases: ['pull'],
  summary: 'Write what the keyspace has, and no migration makes, as one migration file',
  options: {
    ...projectOptions,
    name: { type: 'string', default: 'as_found', describe: 'The name of the migration' },
  },
  examples: [['introspect', 'Begin with a keyspace that is there; `apply` then adopts it and changes nothing']],
  run: (flags, output) =>
    inSession(flags, async (session) => {
      const { introspect } = await import('../../app/introspect.ts');
      const report = await introspect(session, { name: flags.name });
      output.out(output.json ? JSON.stringify(report) : introspectText(report, output.paint));
      if (!output.json && report.path !== null)
        output.err('Next: `cqlform plan` shows what it adopts; commit the file.');
      return report.problems.length > 0 ? exitCodes.error : exitCodes.fine;
    }),
});
