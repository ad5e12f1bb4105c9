import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { projectOf } from '../project.ts';

export const dualWriteCommand: AnyCommand = command({
  usage: 'dual-write <migration>',
  summary:
    'Write a module for an application that writes to source and target: the row types and functions of the copies',
  positionals: { migration: { type: 'string', describe: 'A migration with copies; it need not be applied yet' } },
  options: {
    ...projectOptions,
    out: { type: 'string', alias: 'o', describe: 'The file to write; standard output without it' },
  },
  examples: [
    ['dual-write 20261201090000_users --out src/users-dual-write.ts', 'The application imports it and writes to both'],
  ],
  run: async (flags, output) => {
    const [project, { writeDualWrite }] = await Promise.all([projectOf(flags), import('../../app/dual-write.ts')]);
    const { out = null } = flags;
    const source = await writeDualWrite(project, { migration: word(flags, 'migration') ?? '', out });
    if (output.json) output.out(JSON.stringify({ path: out, source }));
    else output.out(out ?? source.trimEnd());
    if (!output.json && out !== null)
      output.err('Next: call `toTarget` of it wherever the application writes the source.');
    return exitCodes.fine;
  },
});
